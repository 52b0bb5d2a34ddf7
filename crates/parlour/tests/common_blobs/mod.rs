//! Somebody in a room in standard mode, and requests for what it keeps.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]

use std::time::SystemTime;

use parlour::Server;
use parlour_client::{Client, HostKey, Options, PagePapers, RoomId, Rules};
use parlour_signaling::{BlobError, BlobErrorCode, BlobId, BlobPlace, Token};

use crate::common::exchange;

const ROOM: RoomId = RoomId([5; 12]);

pub(crate) fn id(n: u8) -> String {
    BlobId([n; 16]).to_text()
}

/// Somebody who made a room, with the way to its blobs.
pub(crate) struct Host {
    pub(crate) key: HostKey,
    pub(crate) client: Client,
    pub(crate) place: Option<BlobPlace>,
}

pub(crate) async fn host(server: &Server, off_the_record: bool) -> Host {
    let key = HostKey::from_seed([7; 32]);
    let rules = Rules {
        off_the_record,
        ..Rules::open(ROOM, 8)
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let states = [key.state(&rules, now.as_secs() + 3600)];
    let mut client = Client::connect(&Options::to(server.page())).await.unwrap();
    client.create(key.claim(ROOM, &states).unwrap()).await.unwrap();
    let page = PagePapers::fresh(key.pk()).unwrap();
    let join = page.join_as_host(ROOM, client.session(), &key);
    let place = client.join(join).await.unwrap().blobs;
    Host { key, client, place }
}

pub(crate) async fn guest(server: &Server, host: &Host) -> (Client, Option<BlobPlace>) {
    let mut client = Client::connect(&Options::to(server.page())).await.unwrap();
    let page = PagePapers::fresh(host.key.pk()).unwrap();
    let join = page.join(ROOM, client.session());
    let place = client.join(join).await.unwrap().blobs;
    (client, place)
}

pub(crate) fn request(line: &str, more: &str, body: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn shows(token: Token) -> String {
    format!("parlour-blobs: {}\r\n", token.to_text())
}

pub(crate) async fn ask(server: &Server, line: &str, token: Token, body: &str) -> (u16, String) {
    read(&exchange(server, &request(line, &shows(token), body)).await)
}

pub(crate) fn read(answer: &str) -> (u16, String) {
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

pub(crate) fn code((status, body): &(u16, String)) -> (u16, BlobErrorCode) {
    (*status, serde_json::from_str::<BlobError>(body).unwrap().code)
}
