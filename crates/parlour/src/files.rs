//! How the files of the page are answered: by which address, what may be kept of them, and in which coding.

use http::HeaderMap;
use http::Response;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use warp::reply::Response as Reply;

use crate::assets::Assets;

/// Never asked for again: the same address will always be the same bytes (RFC 8246).
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// What an address shows. `/r/NAME` is the page, whatever the name: it says itself what is wrong with one, and the server
/// has no need to know. The page names its files relative to its own address, so they are found from there, too.
fn file_at(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("/r/") else {
        return path;
    };
    match rest.split_once('/') {
        None if !rest.is_empty() => "/",
        Some(("app" | "sdk" | "v", _)) => &path["/r".len()..],
        Some(_) | None => path,
    }
}

/// The file at a path, or that the browser has it already; `None` if there is none.
pub(crate) fn answer(path: &str, headers: &HeaderMap, assets: &Assets) -> Option<Reply> {
    let path = file_at(path);
    let stamped = assets.behind_stamp(path);
    let path = stamped.unwrap_or(path);
    let asset = assets.find(path)?;
    let etag = HeaderValue::from_str(&asset.etag).expect("quotes and hex are a header value");
    let wants = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    };
    let keep = match (stamped, path) {
        (Some(_), _) => FOR_GOOD,
        (None, "/") => "no-store",
        // Asked again each time and answered 304.
        (None, _) => "no-cache",
    };

    let mut response = Response::builder()
        .header(ETAG, etag)
        .header(CONTENT_TYPE, asset.content_type)
        .header(CACHE_CONTROL, keep)
        .header(VARY, "accept-encoding");
    if path.starts_with("/sdk/") {
        // Other people's pages import the SDK from a running server.
        response = response
            .header("access-control-allow-origin", "*")
            .header("cross-origin-resource-policy", "cross-origin");
    }
    if wants("if-none-match")
        .flat_map(|list| list.split(','))
        .any(|tag| tag.trim() == &*asset.etag)
    {
        return Some(finish(response.status(StatusCode::NOT_MODIFIED), Vec::new()));
    }
    let takes_gzip = wants("accept-encoding")
        .flat_map(|list| list.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip") || coding.trim().starts_with("gzip;q=1"));
    Some(match asset.gzip {
        Some(gzip) if takes_gzip => finish(response.header(CONTENT_ENCODING, "gzip"), gzip.to_vec()),
        Some(_) | None => finish(response, asset.plain.into_owned()),
    })
}

fn finish(response: http::response::Builder, body: Vec<u8>) -> Reply {
    response
        .body(body)
        .expect("every header above is well formed")
        .map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_room_is_the_page_and_finds_its_files() {
        for (path, shows) in [
            ("/r/choir", "/"),
            ("/r/app", "/"),
            ("/r/%C3%A9", "/"),
            ("/r/app/main.js", "/app/main.js"),
            ("/r/sdk/parlour.js", "/sdk/parlour.js"),
            ("/r/", "/r/"),
            ("/r", "/r"),
            ("/r/choir/", "/r/choir/"),
            ("/r/choir/app/main.js", "/r/choir/app/main.js"),
            ("/r//app/main.js", "/r//app/main.js"),
            ("/room", "/room"),
        ] {
            assert_eq!(file_at(path), shows, "{path}");
        }
    }

    fn kept(path: &str, assets: &Assets) -> Option<String> {
        let answer = answer(path, &HeaderMap::new(), assets)?;
        Some(answer.headers()[CACHE_CONTROL].to_str().unwrap().to_owned())
    }

    #[test]
    fn what_the_page_names_is_kept_for_good_and_the_page_itself_never() {
        let assets = Assets::new(true);
        let page = String::from_utf8(assets.find("/").unwrap().plain.into_owned()).unwrap();
        let named: Vec<_> = page.split('"').filter(|text| text.starts_with("v/")).collect();
        assert!(named.len() > 100 && !page.contains("=\"app/") && !page.contains("=\"sdk/"));
        for path in named {
            assert_eq!(
                kept(&format!("/{path}"), &assets).as_deref(),
                Some(FOR_GOOD),
                "{path}"
            );
            assert_eq!(
                kept(&format!("/r/{path}"), &assets).as_deref(),
                Some(FOR_GOOD),
                "{path}"
            );
        }
        assert_eq!(kept("/", &assets).as_deref(), Some("no-store"));
        assert_eq!(kept("/r/choir", &assets).as_deref(), Some("no-store"));
        assert_eq!(kept("/app/main.js", &assets).as_deref(), Some("no-cache"));
    }

    #[test]
    fn by_the_stamp_of_another_version_there_is_nothing() {
        let assets = Assets::new(true);
        for path in [
            "/v/00000000000000000000000000000000/app/main.js",
            "/v/app/main.js",
            "/v//app/main.js",
            "/v/",
        ] {
            assert_eq!(kept(path, &assets), None, "{path}");
        }
    }

    #[test]
    fn files_that_change_under_us_carry_no_stamp() {
        let page = String::from_utf8(Assets::new(false).find("/").unwrap().plain.into_owned()).unwrap();
        assert!(page.contains("=\"app/main.js\"") && !page.contains("\"v/"));
    }
}
