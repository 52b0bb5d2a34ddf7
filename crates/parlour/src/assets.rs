//! The files that browsers get: `web/index.html`, `web/pages`, `web/app`, `web/sdk`, embedded in release builds and
//! read from disk in debug builds, so that editing needs no rebuild.
//!
//! Paths are looked up in the embedded table, never in the file system by what a stranger typed.
//!
//! The page names its files below `v/STAMP/`, so that browsers keep them for good and never mix two versions; the stamp is a
//! hash of all of them. That prefix is all in which the page that is served differs from the files of the repository.

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
pub struct Assets {
    ready: Mutex<HashMap<String, Asset>>,
    /// What addresses below it begin with, `/v/STAMP`; `None` where files change under us.
    stamp: Option<String>,
}

impl Default for Assets {
    /// As this build serves them: in debug builds files change under us.
    fn default() -> Self {
        Self::new(!cfg!(debug_assertions))
    }
}

impl Assets {
    /// `settled`: as they are now they stay.
    pub(crate) fn new(settled: bool) -> Self {
        Self {
            ready: Mutex::default(),
            stamp: settled.then(|| format!("/v/{}", stamp())),
        }
    }

    /// The path of a file that was asked for by its stamp; `None` for all others.
    pub(crate) fn behind_stamp<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.stamp.as_deref()?)?;
        is_stamped(rest).then_some(rest)
    }

    /// The file at an absolute URL path, `None` if there is none.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Asset> {
        let Some(stamp) = &self.stamp else {
            return prepare(path, None);
        };
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asset) = ready.get(path) {
            return Some(asset.clone());
        }
        let asset = prepare(path, Some(stamp))?;
        ready.insert(path.to_owned(), asset.clone());
        Some(asset)
    }
}

/// A file that the page consists of.
pub struct PageFile {
    /// Where it lies in the repository, from `web/` on.
    pub file: String,
    /// Where browsers find it: absolute URL paths, without what a proxy puts before them.
    pub paths: Vec<String>,
    /// Its MIME type with charset.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its bytes as they go out: those of the document name the version.
    pub served: Cow<'static, [u8]>,
}

/// All files of the page in the order of their names, as they are in release builds; without `/transparency`, in which the server
/// writes.
#[must_use]
pub fn all() -> Vec<PageFile> {
    all_by(Assets::default().stamp.as_deref())
}

/// `stamp` as in `Assets`: files are found below it and without it.
fn all_by(stamp: Option<&str>) -> Vec<PageFile> {
    let found = names()
        .into_iter()
        .filter(|(file, _)| !file.starts_with("app/gallery"));
    found
        .filter_map(|(file, path)| {
            let (served, content_type) = as_served(&path, stamp)?;
            let stamped = stamp
                .filter(|_| is_stamped(&path))
                .map(|stamp| format!("{stamp}{path}"));
            Some(PageFile {
                file,
                content_type,
                bytes: read(&path)?,
                served,
                paths: stamped.into_iter().chain([path]).collect(),
            })
        })
        .collect()
}

/// Of every file that is served its name from `web/` on and its path, in the order of their names.
fn names() -> Vec<(String, String)> {
    let app = App::iter().map(|name| format!("app/{name}"));
    let sdk = Sdk::iter().map(|name| format!("sdk/{name}"));
    let mut found: Vec<(String, String)> = app
        .chain(sdk)
        .map(|file| (file.clone(), format!("/{file}")))
        .collect();
    found.push(("index.html".to_owned(), "/".to_owned()));
    let pages = PAGES.map(|(path, name)| (format!("pages/{name}"), path.to_owned()));
    found.extend(pages);
    found.sort();
    found
}

/// What the document may name by its version.
fn is_stamped(path: &str) -> bool {
    path.starts_with("/app/") || path.starts_with("/sdk/")
}

/// The first 16 bytes of the SHA-256 in hex of every file's name, length and bytes, in the order of their names.
fn stamp() -> String {
    let mut hash = Sha256::new();
    for (file, path) in names() {
        let bytes = read(&path).unwrap_or_default();
        hash.update(format!("{file} {}\n", bytes.len()));
        hash.update(bytes);
    }
    short(&hash.finalize())
}

/// The first 16 bytes of a hash.
fn short(hash: &[u8]) -> String {
    hex(&hash[..16])
}

/// Lowercase, two letters a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The document, with its files by their stamp.
fn stamped(document: &[u8], stamp: &str) -> Vec<u8> {
    let below = stamp.trim_start_matches('/');
    String::from_utf8_lossy(document)
        .replace("=\"app/", &format!("=\"{below}/app/"))
        .replace("=\"sdk/", &format!("=\"{below}/sdk/"))
        .into_bytes()
}

/// What goes out at a path, and its MIME type.
fn as_served(path: &str, stamp: Option<&str>) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let mut plain = read(path)?;
    if let (Some(stamp), "/") = (stamp, path) {
        plain = stamped(&plain, stamp).into();
    }
    let page = path == "/" || page_name(path).is_some();
    let content_type = content_type(if page { "index.html" } else { path })?;
    Some((plain, content_type))
}

fn prepare(path: &str, stamp: Option<&str>) -> Option<Asset> {
    let (plain, content_type) = as_served(path, stamp)?;
    let hash = short(&Sha256::digest(&plain));
    let gzip = (plain.len() >= WORTH_COMPRESSING).then(|| compress(&plain));
    Some(Asset {
        content_type,
        etag: format!("\"{hash}\"").into(),
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

/// The pages beside the call: short address and file.
const PAGES: [(&str, &str); 3] = [
    ("/check", "check.html"),
    ("/privacy", "privacy.html"),
    ("/security", "security.html"),
];

/// The file behind a page's short address.
fn page_name(path: &str) -> Option<&'static str> {
    PAGES
        .iter()
        .find(|(short, _)| *short == path)
        .map(|(_, name)| *name)
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

    /// What is compared with a server is what browsers run there.
    #[test]
    fn every_file_is_listed_with_the_addresses_at_which_it_is_served() {
        let assets = Assets::new(true);
        for file in all_by(assets.stamp.as_deref()) {
            let below = file.file.starts_with("app/") || file.file.starts_with("sdk/");
            assert_eq!(file.paths.len(), 1 + usize::from(below), "{}", file.file);
            assert_eq!(
                file.bytes == file.served,
                file.file != "index.html",
                "{}",
                file.file
            );
            for path in &file.paths {
                let served = assets.find(assets.behind_stamp(path).unwrap_or(path)).unwrap();
                assert_eq!(served.plain, file.served, "{path}");
            }
        }
    }

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
