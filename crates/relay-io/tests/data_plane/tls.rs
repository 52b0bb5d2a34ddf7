//! TLS clients, as the program serves them: rustls below `serve_stream`; and rooms in which everybody comes by
//! another transport and another family of addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use parlour_relay::{FiveTuple, Transport};
use parlour_relay_io::Settings;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::bench::{Bench, eventually};
use crate::client::{Client, Heard, Wire};

/// A TLS listener in front of a relay, and a plain door to it for clients that know no TLS.
struct Tls {
    door: SocketAddr,
}

impl Tls {
    fn start(bench: &Bench, ip: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["relay.test".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let bind = |ip: &str| bench.runtime.block_on(TcpListener::bind((ip, 0))).unwrap();
        let (listener, door) = (bind(ip), bind("127.0.0.1"));
        let (at, told) = (listener.local_addr().unwrap(), door.local_addr().unwrap());
        bench.runtime.spawn(serve(
            bench.handle.clone(),
            listener,
            TlsAcceptor::from(Arc::new(server)),
        ));
        bench
            .runtime
            .spawn(open_door(door, at, TlsConnector::from(Arc::new(client))));
        Self { door: told }
    }
}

/// What the program does with the connections of its TLS listener.
async fn serve(handle: parlour_relay_io::Handle, listener: TcpListener, acceptor: TlsAcceptor) {
    while let Ok((socket, client)) = listener.accept().await {
        let (handle, acceptor) = (handle.clone(), acceptor.clone());
        tokio::spawn(async move {
            parlour_relay_io::tune(&socket);
            let from = FiveTuple {
                client,
                server: socket.local_addr().unwrap(),
                transport: Transport::Tls,
            };
            if let Ok(stream) = acceptor.accept(socket).await {
                handle.serve_stream(stream, from, &[]).await;
            }
        });
    }
}

/// Plain bytes in, TLS out.
async fn open_door(door: TcpListener, to: SocketAddr, connector: TlsConnector) {
    while let Ok((mut plain, _)) = door.accept().await {
        let connector = connector.clone();
        tokio::spawn(async move {
            let socket = TcpStream::connect(to).await.unwrap();
            let name = ServerName::try_from("relay.test").unwrap();
            let mut tls = connector.connect(name, socket).await.expect("the handshake");
            let _end = tokio::io::copy_bidirectional(&mut plain, &mut tls).await;
        });
    }
}

#[test]
fn a_room_of_udp_tcp_tls_ipv4_and_ipv6_hears_everybody() {
    let bench = Bench::listening(Settings::default(), &["127.0.0.1:0", "[::1]:0"]);
    let at: Vec<SocketAddr> = bench.handle.local_addrs().collect();
    let (tls_v4, tls_v6) = (Tls::start(&bench, "127.0.0.1"), Tls::start(&bench, "::1"));
    let wires = [
        Wire::udp(at[0]),
        Wire::udp(at[1]),
        Wire::tcp(at[0]),
        Wire::tcp(at[1]),
        Wire::tcp(tls_v4.door),
        Wire::tcp(tls_v6.door),
    ];
    let mut clients: Vec<Client> = (1..)
        .zip(wires)
        .map(|(n, wire)| {
            let mut client = Client::new(wire, bench.seat(n, 1).1);
            client.allocate();
            client
        })
        .collect();
    let relayed: Vec<SocketAddr> = clients.iter().map(Client::relayed).collect();
    assert!(
        relayed.iter().all(SocketAddr::is_ipv4),
        "everybody gets IPv4 and can pair with everybody"
    );
    for client in &mut clients {
        client.permit(relayed[0]);
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            // Lengths that need padding, long ones too.
            let payload = vec![(from * 8 + to) as u8; 1 + (from * 331 + to * 97) % 1200];
            clients[from].send_to(relayed[to], &payload);
            assert_eq!(
                clients[to].hear(),
                Heard::Data(relayed[from], payload.clone()),
                "{from} to {to}"
            );
        }
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            let number = 0x4000 + to as u16;
            clients[from].bind(number, relayed[to]);
            let payload = vec![(from * 8 + to) as u8; 1 + (from * 53 + to * 7) % 300];
            clients[from].send_channel(number, &payload);
            let heard = clients[to].hear();
            // Whoever has bound the sender hears it on that channel.
            let expected = if to < from {
                Heard::Channel(0x4000 + from as u16, payload)
            } else {
                Heard::Data(relayed[from], payload)
            };
            assert_eq!(heard, expected, "{from} to {to}");
        }
    }
}

#[test]
fn a_closed_seat_closes_its_tls_connection() {
    let bench = Bench::new();
    let tls = Tls::start(&bench, "127.0.0.1");
    let (seat, credential) = bench.seat(1, 1);
    let mut client = Client::new(Wire::tcp(tls.door), credential);
    client.allocate();
    bench.handle.seat_closed(seat);
    assert_eq!(client.hear(), Heard::Closed);
    eventually("the connection is forgotten", || {
        bench.handle.stats().streams == 0
    });
}
