//! The files that browsers get: `web/index.html`, `web/pages`, `web/app`, `web/sdk`, embedded in release builds and
//! read from disk in debug builds, so that editing needs no rebuild.
//!
//! Paths are looked up in the embedded table, never in the file system by what a stranger typed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

#[derive(RustEmbed)]
#[folder = "../../web/app"]
struct App;

#[derive(RustEmbed)]
#[folder = "../../web/sdk"]
struct Sdk;

/// Pages beside the call: `/security` and `/privacy`, to be read, where no script runs, and `/check`.
#[derive(RustEmbed)]
#[folder = "../../web/pages"]
struct Pages;

/// Smaller than this, compression saves less than its header costs.
const WORTH_COMPRESSING: usize = 256;

/// One file as it goes out.
#[derive(Clone)]
pub struct Asset {
    /// MIME type with charset.
    pub content_type: &'static str,
    /// Strong entity tag with its quotes (RFC 9110 §8.8.3): the first 16 bytes of the SHA-256 in hex.
    pub etag: Arc<str>,
    /// The file's bytes.
    pub plain: Cow<'static, [u8]>,
    /// The same, gzipped, if that is worth it.
    pub gzip: Option<Arc<[u8]>>,
}

/// All files of the page. What is compressed and hashed at first use is kept: bounded by the number of files.
#[derive(Default)]
pub struct Assets {
    ready: Mutex<HashMap<String, Asset>>,
}

impl Assets {
    /// The file at an absolute URL path, `None` if there is none.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Asset> {
        // In debug builds files change under us, so nothing is kept.
        if cfg!(debug_assertions) {
            return prepare(path);
        }
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asset) = ready.get(path) {
            return Some(asset.clone());
        }
        let asset = prepare(path)?;
        ready.insert(path.to_owned(), asset.clone());
        Some(asset)
    }
}

/// A file that the page consists of.
pub struct PageFile {
    /// Where it lies in the repository, from `web/` on.
    pub file: String,
    /// Where browsers find it: an absolute URL path, without what a proxy puts before it.
    pub path: String,
    /// Its MIME type with charset.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

/// All files of the page in the order of their names, as they are in release builds; without `/transparency`, in which the server
/// writes.
#[must_use]
pub fn all() -> Vec<PageFile> {
    let app = App::iter().map(|name| format!("app/{name}"));
    let sdk = Sdk::iter().map(|name| format!("sdk/{name}"));
    let mut found: Vec<(String, String)> = app
        .chain(sdk)
        .map(|file| (file.clone(), format!("/{file}")))
        .collect();
    found.push(("index.html".to_owned(), "/".to_owned()));
    for path in PAGES {
        let name = page_name(path).unwrap_or_default();
        found.push((format!("pages/{name}"), path.to_owned()));
    }
    found.sort();
    let files = found
        .into_iter()
        .filter(|(file, _)| !file.starts_with("app/gallery"));
    files
        .filter_map(|(file, path)| {
            let Asset {
                content_type, plain, ..
            } = prepare(&path)?;
            Some(PageFile {
                file,
                path,
                content_type,
                bytes: plain,
            })
        })
        .collect()
}

fn prepare(path: &str) -> Option<Asset> {
    let plain = read(path)?;
    let page = path == "/" || page_name(path).is_some();
    let content_type = content_type(if page { "index.html" } else { path })?;
    let hash = Sha256::digest(&plain);
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let gzip = (plain.len() >= WORTH_COMPRESSING).then(|| compress(&plain));
    Some(Asset {
        content_type,
        etag: format!("\"{hex}\"").into(),
        plain,
        gzip,
    })
}

fn compress(plain: &[u8]) -> Arc<[u8]> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail").into()
}

fn read(path: &str) -> Option<Cow<'static, [u8]>> {
    if path == "/" {
        return Some(index());
    }
    if let Some(name) = page_name(path) {
        return Pages::get(name).map(|file| file.data);
    }
    if let Some(name) = path.strip_prefix("/app/") {
        // The gallery shows every part in every state to whoever works on it; it is no part of the product.
        if !cfg!(debug_assertions) && name.starts_with("gallery") {
            return None;
        }
        return App::get(name).map(|file| file.data);
    }
    let name = path.strip_prefix("/sdk/")?;
    Sdk::get(name).map(|file| file.data)
}

/// Where the pages beside the call are.
const PAGES: [&str; 3] = ["/check", "/privacy", "/security"];

/// The file behind a page's short address.
fn page_name(path: &str) -> Option<&'static str> {
    match path {
        "/security" => Some("security.html"),
        "/privacy" => Some("privacy.html"),
        "/check" => Some("check.html"),
        _ => None,
    }
}

#[cfg(not(debug_assertions))]
fn index() -> Cow<'static, [u8]> {
    Cow::Borrowed(include_bytes!("../../../web/index.html"))
}

#[cfg(debug_assertions)]
fn index() -> Cow<'static, [u8]> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/index.html");
    std::fs::read(file).map_or(Cow::Borrowed(b"".as_slice()), Cow::Owned)
}

/// Only kinds of file that the page consists of are served; others are not there.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_there_and_compresses() {
        let assets = Assets::default();
        let page = assets.find("/").unwrap();
        assert_eq!(page.content_type, "text/html; charset=utf-8");
        assert!(page.plain.starts_with(b"<!doctype html>") || page.plain.starts_with(b"<!DOCTYPE html>"));
        assert_eq!(page.etag.len(), 34);
        let script = assets.find("/sdk/parlour.js").unwrap();
        assert!(script.gzip.unwrap().len() < script.plain.len());
    }

    #[test]
    fn pages_to_be_read_have_short_addresses_and_no_script() {
        let assets = Assets::default();
        for path in ["/security", "/privacy"] {
            let page = assets.find(path).unwrap();
            assert_eq!(page.content_type, "text/html; charset=utf-8");
            let text = String::from_utf8(page.plain.into_owned()).unwrap();
            assert!(!text.contains("<script") && !text.contains("style="), "{path}");
        }
    }

    #[test]
    fn the_check_is_a_page_of_its_own_with_one_script_and_nothing_inline() {
        let page = Assets::default().find("/check").unwrap();
        let text = String::from_utf8(page.plain.into_owned()).unwrap();
        assert_eq!(text.matches("<script").count(), 1);
        assert!(
            text.contains(r#"<script type="module" src="app/check.js"></script>"#)
                && !text.contains("style=")
        );
    }

    #[test]
    fn whoever_compares_sees_every_file_that_is_served() {
        let names: Vec<String> = all().into_iter().map(|file| file.file).collect();
        for file in [
            "index.html",
            "app/main.js",
            "app/words/de/door.js",
            "sdk/seal/pair.js",
            "pages/security.html",
        ] {
            assert!(names.iter().any(|name| name == file), "{file}");
        }
        assert!(names.is_sorted() && !names.iter().any(|name| name.contains("gallery")));
        for file in all() {
            assert!(
                Assets::default()
                    .find(&file.path)
                    .is_some_and(|asset| asset.plain == file.bytes),
                "{}",
                file.path
            );
        }
        // That of the operator is filled in by the server, and nothing that the call loads leads to it.
        let mut fixed = Pages::iter().filter(|name| name != "transparency.html");
        assert!(fixed.all(|name| names.contains(&format!("pages/{name}"))));
    }

    #[test]
    fn nothing_else_of_the_repository_is_served() {
        let assets = Assets::default();
        for path in [
            "",
            "index.html",
            "/package.json",
            "/tsconfig.json",
            "/test/app-grid.test.js",
            "/app/../../Cargo.toml",
            "/app/../page/index.html",
            "/sdk/README.md",
            "/security/",
            "/security.html",
            "/pages/security.html",
            "/app/",
            "//",
            "/app//etc/passwd",
            "/%2e%2e/Cargo.toml",
        ] {
            assert!(assets.find(path).is_none(), "{path}");
        }
    }
}
