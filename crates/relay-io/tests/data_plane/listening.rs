//! What an operator hears when an address cannot be had, and of the buffers.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use parlour_relay_io::{Listeners, Settings};

fn refusal(address: SocketAddr) -> String {
    match Listeners::bind(&[address], &Settings::default()) {
        Ok(_) => panic!("{address} was free"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_second_relay_on_the_port_is_told_so() {
    let first = Listeners::bind(&["127.0.0.1:0".parse().unwrap()], &Settings::default()).unwrap();
    let address = first.local_addrs().next().unwrap();
    assert_eq!(
        refusal(address),
        format!(
            "cannot bind {address} (UDP): address in use; is another TURN server running? choose another with \
             --relay-listen"
        )
    );
}

#[test]
fn a_foreign_server_on_either_transport_is_found_out() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert!(refusal(udp.local_addr().unwrap()).contains("(UDP): address in use"));
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(refusal(tcp.local_addr().unwrap()).contains("(TCP): address in use"));
}

/// Even one that would share the port: it would take some clients' packets, and nobody would know why.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_would_share_the_port_is_found_out() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_port(true).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    assert!(refusal(address).contains("(UDP): address in use"));
}

#[test]
fn an_address_of_another_machine_is_refused_with_advice() {
    assert_eq!(
        refusal("192.0.2.77:0".parse().unwrap()),
        "cannot bind 192.0.2.77:0 (UDP): this machine has no such address; choose one of its own with --relay-listen"
    );
}

#[test]
fn the_granted_buffers_are_told() {
    let modest = Settings {
        receive_buffer_bytes: 64 << 10,
        send_buffer_bytes: 64 << 10,
        ..Settings::default()
    };
    let listen = ["127.0.0.1:0".parse().unwrap()];
    let buffers = Listeners::bind(&listen, &modest).unwrap().buffers();
    assert_eq!(
        (buffers.receive_asked, buffers.receive_granted),
        (64 << 10, 64 << 10)
    );
    assert_eq!((buffers.send_asked, buffers.send_granted), (64 << 10, 64 << 10));
    let greedy = Settings {
        receive_buffer_bytes: 1 << 30,
        ..modest
    };
    let buffers = Listeners::bind(&listen, &greedy).unwrap().buffers();
    assert!(
        buffers.receive_granted < buffers.receive_asked,
        "no kernel lends that much by itself"
    );
}
