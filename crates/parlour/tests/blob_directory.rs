//! What rooms in standard mode keep in `rooms.blob_directory`: as in memory, in files that are this server's alone and gone
//! with their blobs.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_blobs;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{exchange, server, settings, stop};
use common_blobs::{ask, code, guest, host, id, read, request, shows};
use parlour::Server;
use parlour_signaling::{BlobErrorCode, BlobList};

/// A directory of a test's own, removed in the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("parlour-blobs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn word(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The files but the lock.
    fn blobs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|end| end == "blob"))
            .collect()
    }

    /// Files go a moment after their blobs.
    async fn holds(&self, count: usize) {
        for _ in 0..500 {
            if self.blobs().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(self.blobs().len(), count);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Why it does not start.
async fn refusal(words: &[&str]) -> String {
    match Server::start(&settings(words)).await {
        Ok(_) => panic!("it starts"),
        Err(fault) => fault.to_string(),
    }
}

#[tokio::test]
async fn blobs_are_files_of_this_server_alone_and_go_with_them() {
    let place = Place::new("files");
    let server = server(&[
        "--rooms-blob-directory",
        place.word(),
        "--rooms-blobs-per-room",
        "16",
    ])
    .await;
    let mut host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    // Longer than what is read at a time.
    let long: String = (0..300_000)
        .map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap()))
        .collect();
    let at = |method: &str, n: u8| format!("{method} /blob/{}", id(n));
    assert_eq!(ask(&server, &at("PUT", 1), token, &long).await.0, 204);
    assert_eq!(ask(&server, &at("PUT", 2), token, "short").await.0, 204);
    place.holds(2).await;
    assert_eq!(mode(&place.0), 0o700);
    for blob in place.blobs() {
        assert_eq!(mode(&blob), 0o600);
        let name = blob.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(!name.contains(&id(1)) && !name.contains(&id(2)), "{name}");
    }
    for blob in place.blobs() {
        let lies = String::from_utf8_lossy(&fs::read(blob).unwrap()).into_owned();
        assert!(
            !lies.contains("abcdef") && !lies.contains("short"),
            "sealed once more"
        );
    }
    assert_eq!(ask(&server, &at("GET", 1), token, "").await, (200, long));
    let got = exchange(&server, &request(&at("GET", 2), &shows(token), "")).await;
    assert!(
        got.contains("\r\ncontent-length: 5\r\n") && got.contains("application/octet-stream"),
        "{got}"
    );
    // What is refused leaves no file behind.
    assert_eq!(
        code(&ask(&server, &at("PUT", 2), token, "again").await),
        (409, BlobErrorCode::BlobExists)
    );
    for n in 3..=16 {
        assert_eq!(ask(&server, &at("PUT", n), token, "x").await.0, 204);
    }
    assert_eq!(
        code(&ask(&server, &at("PUT", 17), token, "x").await),
        (507, BlobErrorCode::BlobsFull)
    );
    place.holds(16).await;
    assert_eq!(ask(&server, &at("DELETE", 1), token, "").await.0, 204);
    place.holds(15).await;
    let (mut ben, _) = guest(&server, &host).await;
    host.client.leave().await.unwrap();
    ben.leave().await.unwrap();
    place.holds(0).await;
    stop(server).await;
}

#[tokio::test]
async fn a_stop_empties_it_and_so_does_a_start_after_a_crash() {
    let place = Place::new("empties");
    fs::create_dir(&place.0).unwrap();
    fs::write(place.0.join("00000000000000ff.blob"), "of a crash").unwrap();
    let first = server(&["--rooms-blob-directory", place.word()]).await;
    place.holds(0).await;
    let host = host(&first, false).await;
    let token = host.place.as_ref().unwrap().token;
    assert_eq!(
        ask(&first, &format!("PUT /blob/{}", id(1)), token, "x").await.0,
        204
    );
    place.holds(1).await;
    let another = refusal(&["--rooms-blob-directory", place.word()]).await;
    assert!(another.contains("another Parlour does"), "{another}");
    place.holds(1).await;
    stop(first).await;
    place.holds(0).await;
}

#[tokio::test]
async fn what_is_not_ours_is_not_touched() {
    let place = Place::new("foreign");
    fs::create_dir(&place.0).unwrap();
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o755)).unwrap();
    for foreign in ["thesis.txt", "1.blob", "0000000000000001.blob.txt"] {
        fs::write(place.0.join(foreign), "mine").unwrap();
        fs::write(place.0.join("00000000000000ff.blob"), "looks like ours").unwrap();
        let said = refusal(&["--rooms-blob-directory", place.word()]).await;
        assert!(
            said.contains(foreign) && said.contains("choose an empty one"),
            "{said}"
        );
        assert!(
            place.0.join("00000000000000ff.blob").exists(),
            "nothing was removed"
        );
        assert_eq!(mode(&place.0), 0o755, "nor changed");
        fs::remove_file(place.0.join(foreign)).unwrap();
    }
    fs::remove_file(place.0.join("00000000000000ff.blob")).unwrap();
    fs::create_dir(place.0.join("00000000000000fe.blob")).unwrap();
    let said = refusal(&["--rooms-blob-directory", place.word()]).await;
    assert!(said.contains("00000000000000fe.blob"), "{said}");
    let file = place.0.join("file");
    fs::write(&file, "").unwrap();
    let said = refusal(&["--rooms-blob-directory", file.to_str().unwrap()]).await;
    assert!(said.contains("cannot keep blobs in"), "{said}");
}

/// As when the disk is full: the room hears that the server takes no more for now, and loses nothing.
#[tokio::test]
async fn a_disk_that_takes_nothing_is_a_busy_server() {
    let place = Place::new("disk");
    let server = server(&["--rooms-blob-directory", place.word()]).await;
    let host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    let at = |method: &str, n: u8| format!("{method} /blob/{}", id(n));
    assert_eq!(ask(&server, &at("PUT", 1), token, "kept").await.0, 204);
    let away = place.0.with_extension("away");
    fs::rename(&place.0, &away).unwrap();
    let answer = exchange(&server, &request(&at("PUT", 2), &shows(token), "x")).await;
    assert!(answer.contains("\r\nretry-after: 60\r\n"), "{answer}");
    assert_eq!(code(&read(&answer)), (503, BlobErrorCode::Busy));
    assert_eq!(
        code(&ask(&server, &at("GET", 1), token, "").await),
        (503, BlobErrorCode::Busy)
    );
    fs::rename(&away, &place.0).unwrap();
    assert_eq!(
        ask(&server, &at("GET", 1), token, "").await,
        (200, "kept".to_owned())
    );
    assert_eq!(ask(&server, &at("PUT", 2), token, "x").await.0, 204);
    let list: BlobList = serde_json::from_str(&ask(&server, "GET /blob/", token, "").await.1).unwrap();
    assert_eq!(list.blobs.len(), 2);
    stop(server).await;
}

/// Somebody who changes a file on the disk makes an answer that breaks off, never one that looks whole.
#[tokio::test]
async fn a_file_that_was_changed_is_not_given_out() {
    let place = Place::new("cut");
    let server = server(&["--rooms-blob-directory", place.word()]).await;
    let host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    assert_eq!(
        ask(&server, &format!("PUT /blob/{}", id(1)), token, "all of it")
            .await
            .0,
        204
    );
    fs::write(&place.blobs()[0], "all").unwrap();
    let got = exchange(
        &server,
        &request(&format!("GET /blob/{}", id(1)), &shows(token), ""),
    )
    .await;
    assert!(!got.contains("all"), "{got}");
    stop(server).await;
}
