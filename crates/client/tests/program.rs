//! The client against the real program, on loopback, by both carriers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, SystemTime};

use clap::Parser as _;
use parlour::Server;
use parlour::cli::Cli;
use parlour::settings::Settings;
use parlour_client::{
    Carrier, Client, Door, Error, ErrorCode, Event, HostKey, Options, PagePapers, Resumption, RoomId, Rules,
    random_room_id,
};

/// Each test runs by WebSocket and by polling.
macro_rules! by_both_carriers {
    ($($test:ident),* $(,)?) => {
        mod by_websocket {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Carrier::WebSocket).await;
            })*
        }
        mod by_polling {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Carrier::Polling).await;
            })*
        }
    };
}

by_both_carriers![
    two_meet_signal_and_leave,
    refusals_are_typed,
    who_knocks_gets_a_seat_from_inside_and_loses_it_by_new_rules,
    a_broken_connection_loses_and_doubles_nothing,
    a_server_that_is_not_there_or_forgot_is_told_apart,
];

async fn server(carrier: Carrier) -> (Server, Options) {
    server_with(carrier, &[]).await
}

async fn server_with(carrier: Carrier, words: &[&str]) -> (Server, Options) {
    let typed = [
        "parlour",
        "--listen",
        "127.0.0.1:0",
        "--relay-listen",
        "127.0.0.1:0",
    ];
    let typed = [&typed, words].concat();
    let (_, settings) = Settings::load(&Cli::parse_from(typed).serve.0).unwrap();
    let server = Server::start(&settings).await.unwrap();
    let options = Options {
        carrier,
        ..Options::to(server.http().unwrap())
    };
    (server, options)
}

async fn stop(server: Server) {
    server
        .stop(Duration::from_millis(50), std::future::pending())
        .await;
}

fn tomorrow() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.as_secs() + 24 * 3600
}

struct Room {
    host: HostKey,
    id: RoomId,
}

/// A room with its host in it.
async fn room(options: &Options, rules: impl FnOnce(RoomId) -> Rules) -> (Room, Client) {
    let room = Room {
        host: HostKey::random().unwrap(),
        id: random_room_id().unwrap(),
    };
    let mut client = Client::connect(options).await.unwrap();
    let state = room.host.state(&rules(room.id), tomorrow());
    client
        .create(room.host.claim(room.id, &[state]).unwrap())
        .await
        .unwrap();
    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    let joined = client
        .join(papers.join_as_host(room.id, client.session(), &room.host))
        .await
        .unwrap();
    assert!(joined.seat);
    (room, client)
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> ErrorCode {
    match answer {
        Err(Error::Refused(body)) => body.code,
        other => panic!("not refused: {other:?}"),
    }
}

async fn next_signal(client: &mut Client) -> (parlour_client::Pid, String) {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(10), client.next_event()).await;
        if let Event::Signal(signal) = event.unwrap().unwrap() {
            return (signal.from, signal.body);
        }
    }
}

/// coturn's own clients, two on one seat, with the credentials of that seat: over TLS on the port of the page, and
/// over what `--relay-listen` offers. By indications only, see `data_plane/coturn.rs` of `parlour-relay-io`. Slowly, because
/// its TLS side takes what one `SSL_read` gives for one message, so that on a busy machine some are lost to it; the relay's
/// count is exact.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coturns_clients_meet_by_the_relay_over_tls_tcp_and_udp() {
    let (server, options) =
        server_with(Carrier::WebSocket, &["--lan", "--https-listen", "127.0.0.1:0"]).await;
    let (_room, mut ana) = room(&options, |id| Rules::open(id, 8)).await;
    let servers = ana.ice_servers().await.unwrap();
    let (user, password) = (servers[0].username.clone(), servers[0].credential.clone());
    let (user, password) = (user.unwrap(), password.unwrap());
    let relay = server.relay().local_addrs().next().unwrap().port();
    let mut packets = 0;
    for (mode, port) in [
        (&["-t", "-S"][..], server.page().port()),
        (&["-t"], relay),
        (&[], relay),
    ] {
        let port = port.to_string();
        let output = tokio::process::Command::new("turnutils_uclient")
            .args(mode)
            .args(["-y", "-s", "-c", "-m", "2", "-z", "100", "-l", "200", "-n", "20"])
            .args(["-p", &port, "-u", &user, "-w", &password, "127.0.0.1"])
            .output();
        let output = tokio::time::timeout(Duration::from_secs(30), output).await;
        let output = output.unwrap().expect("turnutils_uclient runs: install coturn");
        let said = String::from_utf8_lossy(&output.stdout);
        let heard: Option<u32> = said
            .rsplit("tot_recv_msgs=")
            .find_map(|text| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(heard >= Some(20), "{mode:?}: {said}\n{errors}");
        packets += 40;
        assert!(
            server.relay().stats().forwarded.packets >= packets,
            "{mode:?}: by way of this relay"
        );
    }
    stop(server).await;
}

async fn two_meet_signal_and_leave(carrier: Carrier) {
    let (server, options) = server(carrier).await;
    let (room, mut ana) = room(&options, |id| Rules::open(id, 8)).await;
    let mut ben = Client::connect(&options).await.unwrap();
    let announced = ben.relay_urls().to_vec();

    let hosts = ben.look(room.id).await.unwrap().hosts;
    assert_eq!(hosts.len(), 1);
    assert_eq!((hosts[0].host_pk, hosts[0].seats), (room.host.pk(), 1));

    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    let joined = ben.join(papers.join(room.id, ben.session())).await.unwrap();
    assert_eq!(joined.pid, papers.pid());
    assert_eq!(joined.view.seats.len(), 2);
    let host = joined.view.seats[0].pid;

    let servers = ben.ice_servers().await.unwrap();
    assert_eq!(servers, joined.ice_servers);
    assert!(servers[0].urls[0].starts_with("turn:127.0.0.1:") && servers[0].username.is_some());
    assert_eq!(
        announced, servers[0].urls,
        "the same addresses before there is a seat"
    );

    ben.signal(host, "sealed").await.unwrap();
    assert_eq!(next_signal(&mut ana).await, (papers.pid(), "sealed".to_owned()));
    ana.ping().await.unwrap();
    ben.leave().await.unwrap();
    assert_eq!(refusal(ben.leave().await), ErrorCode::NotInRoom);
    assert_eq!(
        refusal(ana.signal(papers.pid(), "late").await),
        ErrorCode::NoSuchParticipant
    );
    ben.close().await;
    stop(server).await;
}

async fn refusals_are_typed(carrier: Carrier) {
    let (server, options) = server(carrier).await;
    let (room, _ana) = room(&options, |id| Rules::open(id, 1)).await;
    let mut ben = Client::connect(&options).await.unwrap();
    assert_eq!(
        refusal(ben.look(random_room_id().unwrap()).await),
        ErrorCode::NoSuchRoom
    );
    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    assert_eq!(
        refusal(ben.join(papers.join(room.id, ben.session())).await),
        ErrorCode::RoomFull
    );
    let mut forged = papers.join(room.id, ben.session());
    forged.core.0[100] ^= 1;
    assert_eq!(refusal(ben.join(forged).await), ErrorCode::BadSignature);
    stop(server).await;
}

async fn who_knocks_gets_a_seat_from_inside_and_loses_it_by_new_rules(carrier: Carrier) {
    let (server, options) = server(carrier).await;
    let knock = |id| Rules {
        door: Door::Knock,
        ..Rules::open(id, 8)
    };
    let (room, mut ana) = room(&options, knock).await;
    let mut ben = Client::connect(&options).await.unwrap();
    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    let joined = ben.join(papers.join(room.id, ben.session())).await.unwrap();
    assert!(!joined.seat && joined.ice_servers.is_empty());

    ana.give_seat(papers.pid()).await.unwrap();
    let credentials = loop {
        if let Event::Seat(servers) = ben.next_event().await.unwrap() {
            break servers;
        }
    };
    assert!(credentials[0].credential.is_some());

    let without = Rules {
        version: 2,
        removed: vec![papers.spk()],
        ..knock(room.id)
    };
    ana.tell_states(vec![room.host.state(&without, tomorrow())])
        .await
        .unwrap();
    let ended = loop {
        match ben.next_event().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(ended, Error::Ended(bye) if bye.code == parlour_client::ByeCode::Removed));
    stop(server).await;
}

async fn a_broken_connection_loses_and_doubles_nothing(carrier: Carrier) {
    let (server, options) = server(carrier).await;
    let (room, mut ana) = room(&options, |id| Rules::open(id, 8)).await;
    let mut ben = Client::connect(&options).await.unwrap();
    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    let host = ben
        .join(papers.join(room.id, ben.session()))
        .await
        .unwrap()
        .view
        .seats[0]
        .pid;

    ana.cut();
    assert!(matches!(ana.next_event().await, Err(Error::Disconnected(None))));
    // More than one acknowledgement's worth, all said while nobody listens.
    for n in 0..40 {
        ben.signal(host, n.to_string()).await.unwrap();
    }
    assert_eq!(ana.resume().await.unwrap(), Resumption::Resumed);
    for n in 0..40 {
        assert_eq!(next_signal(&mut ana).await.1, n.to_string());
    }
    ana.cut();
    assert_eq!(
        ana.resume().await.unwrap(),
        Resumption::Resumed,
        "the second token works, too"
    );
    ana.ping().await.unwrap();
    stop(server).await;
}

async fn a_server_that_is_not_there_or_forgot_is_told_apart(carrier: Carrier) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    assert!(matches!(
        Client::connect(&Options {
            carrier,
            ..Options::to(address)
        })
        .await,
        Err(Error::Unreachable(_))
    ));

    let (server, options) = server(carrier).await;
    let foreign = Options {
        origin: Some("https://evil.example".to_owned()),
        ..options.clone()
    };
    assert!(matches!(
        Client::connect(&foreign).await,
        Err(Error::Handshake(_))
    ));
    let mut client = Client::connect(&options).await.unwrap();
    // Who polls hears the last word only while it asks.
    let waiting = tokio::spawn(async move { client.next_event().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.stop(Duration::from_secs(2), std::future::pending()).await;
    assert!(matches!(waiting.await.unwrap(), Err(Error::Ended(_))));
}

#[tokio::test]
async fn a_session_goes_from_carrier_to_carrier_and_nobody_notices() {
    let (server, options) = server(Carrier::WebSocket).await;
    let (room, mut ana) = room(&options, |id| Rules::open(id, 8)).await;
    let mut ben = Client::connect(&options).await.unwrap();
    let papers = PagePapers::fresh(room.host.pk()).unwrap();
    let joined = ben.join(papers.join(room.id, ben.session())).await.unwrap();
    let host = joined.view.seats[0].pid;

    let carriers = [
        Carrier::Polling,
        Carrier::WebSocket,
        Carrier::Polling,
        Carrier::Polling,
    ];
    for (turn, carrier) in carriers.into_iter().enumerate() {
        for n in 0..10 {
            ben.signal(host, format!("{turn} {n}")).await.unwrap();
        }
        assert_eq!(ana.switch(carrier).await.unwrap(), Resumption::Resumed);
        for n in 0..10 {
            assert_eq!(next_signal(&mut ana).await.1, format!("{turn} {n}"));
        }
        ana.signal(papers.pid(), turn.to_string()).await.unwrap();
        loop {
            match ben.next_event().await.unwrap() {
                Event::View(view) => assert!(view.seats.iter().all(|seat| !seat.away), "{carrier:?}"),
                Event::Signal(signal) => break assert_eq!(signal.body, turn.to_string()),
                Event::Seat(_) => {}
            }
        }
    }
    stop(server).await;
}
