//! What the metrics count of people by a real run: how long they stayed, and the countries of a file. Never few of anything.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common_mmdb;
mod running;

use std::net::{Ipv4Addr, SocketAddr};

use common_mmdb::{database, nested};
use parlour_client::{Carrier, Client, HostKey, Options, PagePapers, Rules, random_room_id};
use running::{Running, Scratch, output, text};

/// Connections of a country that must have come before its name appears (`countries::FEW`).
const FEW: usize = 20;

#[tokio::test]
async fn stays_are_classes_and_a_country_appears_when_it_is_no_longer_few() {
    let scratch = Scratch::new("counted");
    let (file, socket) = (
        scratch.path("countries.mmdb"),
        format!("unix:{}", scratch.path("admin.sock")),
    );
    std::fs::write(
        &file,
        database(&[(Ipv4Addr::new(127, 7, 0, 0), 16, &nested("DE"))]),
    )
    .unwrap();
    let running = Running::start(&["--countries-file", &file, "--admin-listen", &socket]);
    let metrics = || text(&output(&["admin", "--admin-listen", &socket, "metrics"]));
    let has = |page: &str, sample: &str| page.lines().any(|line| line == sample);
    let page = running.page.parse::<SocketAddr>().unwrap();
    let by = |carrier| Options {
        from: Some(Ipv4Addr::new(127, 7, 0, 1).into()),
        carrier,
        ..Options::to(page)
    };

    let (host, room) = (HostKey::random().unwrap(), random_room_id().unwrap());
    let until = parlour::clock::unix().as_secs() + 600;
    let mut somebody = Client::connect(&by(Carrier::Polling)).await.unwrap();
    let claim = host
        .claim(room, &[host.state(&Rules::open(room, 2), until)])
        .unwrap();
    somebody.create(claim).await.unwrap();
    let papers = PagePapers::fresh(host.pk()).unwrap();
    somebody
        .join(papers.join(room, somebody.session()))
        .await
        .unwrap();
    assert!(
        has(&metrics(), "parlour_stay_seconds_count 0"),
        "it has not ended"
    );
    somebody.leave().await.unwrap();
    let told = metrics();
    for sample in [
        "parlour_stay_seconds_bucket{le=\"60.0\"} 1",
        "parlour_stay_seconds_bucket{le=\"14400.0\"} 1",
        "parlour_stay_seconds_bucket{le=\"+Inf\"} 1",
        "parlour_stay_seconds_count 1",
        "parlour_connections_from_total{country=\"other\"} 1",
    ] {
        assert!(has(&told, sample), "{sample} is missing in\n{told}");
    }
    assert!(!told.contains("DE"), "{told}");

    let mut crowd = Vec::new();
    for _ in 0..FEW + 2 {
        crowd.push(Client::connect(&by(Carrier::WebSocket)).await.unwrap());
    }
    let told = metrics();
    let (few, more) = (
        format!("parlour_connections_from_total{{country=\"other\"}} {FEW}"),
        "parlour_connections_from_total{country=\"DE\"} 3",
    );
    assert!(has(&told, &few) && has(&told, more), "{told}");
}
