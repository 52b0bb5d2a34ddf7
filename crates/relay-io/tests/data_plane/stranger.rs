//! An independent TURN client (`turn::client`) over UDP: allocate, permit, bind, send, be closed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

use crate::bench::Bench;

const SOON: Duration = Duration::from_secs(10);

struct Member {
    client: Client,
    relay: Arc<dyn Conn + Send + Sync>,
}

impl Member {
    async fn join(bench: &Bench, n: u8, room: u64) -> Self {
        let (_, credential) = bench.seat(n, room);
        let config = ClientConfig {
            stun_serv_addr: bench.server.to_string(),
            turn_serv_addr: bench.server.to_string(),
            username: credential.username,
            password: credential.password,
            realm: String::new(),
            software: String::new(),
            rto_in_ms: 0,
            conn: Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap()),
            vnet: None,
        };
        let client = Client::new(config).await.unwrap();
        client.listen().await.unwrap();
        let relay = Arc::new(client.allocate().await.unwrap());
        Self { client, relay }
    }

    fn relayed(&self) -> SocketAddr {
        self.relay.local_addr().unwrap()
    }

    async fn hears(&self, patience: Duration) -> Option<(Vec<u8>, SocketAddr)> {
        let mut bytes = [0; 2048];
        let (len, from) = tokio::time::timeout(patience, self.relay.recv_from(&mut bytes))
            .await
            .ok()?
            .unwrap();
        Some((bytes[..len].to_vec(), from))
    }
}

/// It sends indications at first, binds a channel behind the scenes and goes over to it.
#[test]
fn two_strangers_of_one_room_talk_until_one_seat_closes() {
    let bench = Bench::new();
    bench.runtime.block_on(async {
        let (a, b) = (Member::join(&bench, 1, 1).await, Member::join(&bench, 2, 1).await);
        // The first send installs the permission at the sender, as this client does it.
        b.relay.send_to(b"open", a.relayed()).await.unwrap();
        for n in 0..50_u8 {
            a.relay.send_to(&[n; 400], b.relayed()).await.unwrap();
            assert_eq!(
                b.hears(SOON).await,
                Some((vec![n; 400], a.relayed())),
                "packet {n}"
            );
        }
        assert!(a.client.send_binding_request().await.unwrap().ip().is_loopback());
        let (seat, _) = bench.seat(2, 1);
        bench.handle.seat_closed(seat);
        a.relay.send_to(b"gone?", b.relayed()).await.unwrap();
        assert_eq!(b.hears(Duration::from_millis(200)).await, None);
    });
}

#[test]
fn strangers_of_two_rooms_do_not_meet() {
    let bench = Bench::new();
    bench.runtime.block_on(async {
        let (a, b) = (Member::join(&bench, 1, 1).await, Member::join(&bench, 2, 2).await);
        b.relay.send_to(b"open", a.relayed()).await.unwrap();
        for _ in 0..5 {
            a.relay.send_to(b"hello?", b.relayed()).await.unwrap();
        }
        assert_eq!(b.hears(Duration::from_millis(300)).await, None);
        assert_eq!(a.hears(Duration::from_millis(10)).await, None);
    });
}
