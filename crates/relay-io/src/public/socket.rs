//! The socket of one relayed address, and the task that receives on it.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parlour_relay::public::{AllocationId, Permit};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::runtime;
use tokio::task::AbortHandle;

use crate::public::hub::Hub;

/// Datagrams taken before others get their turn.
const RUN: usize = 32;
/// The longest UDP payload.
const MAX_DATAGRAM: usize = 65_535;

/// A bound relay socket. Dropping it stops receiving; it is closed when the last sender is done.
pub(crate) struct RelaySocket {
    socket: Arc<UdpSocket>,
    receiving: AbortHandle,
}

/// The sending side, for use without the lock.
pub(crate) struct Sender(Arc<UdpSocket>);

impl RelaySocket {
    /// Binds `wanted`, or its port at the wildcard address if this host is known outside by an address that it does
    /// not have itself, and begins to receive.
    ///
    /// # Errors
    /// What the system says: mostly that the port is taken, or that there are no descriptors left.
    pub(crate) fn bind(
        hub: &Arc<Hub>,
        runtime: &runtime::Handle,
        id: AllocationId,
        wanted: SocketAddr,
    ) -> io::Result<Self> {
        let socket = match open(wanted) {
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                let any: IpAddr = match wanted {
                    SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                    SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
                };
                open(SocketAddr::new(any, wanted.port()))?
            }
            result => result?,
        };
        let _context = runtime.enter();
        let socket = Arc::new(UdpSocket::from_std(socket.into())?);
        let task = runtime.spawn(receive(Arc::downgrade(hub), id, Arc::clone(&socket)));
        Ok(Self {
            socket,
            receiving: task.abort_handle(),
        })
    }

    pub(crate) fn sender(&self) -> Sender {
        Sender(Arc::clone(&self.socket))
    }
}

impl Drop for RelaySocket {
    fn drop(&mut self) {
        self.receiving.abort();
    }
}

impl Sender {
    /// Sends to the peer that policy has permitted; true if the kernel took it.
    pub(crate) fn send(&self, to: &Permit, payload: &[u8]) -> bool {
        // Not by way of tokio, which would first wait to hear that a new socket is writable.
        SockRef::from(&*self.0)
            .send_to(payload, &to.peer().into())
            .is_ok()
    }
}

fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Receives until it is aborted or the hub is gone.
async fn receive(hub: Weak<Hub>, id: AllocationId, socket: Arc<UdpSocket>) {
    thread_local! {
        /// Received and outgoing bytes; lent to whichever socket is read on this thread, so that an idle one needs
        /// none.
        static BUFFERS: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
    }
    while socket.readable().await.is_ok() {
        let Some(hub) = hub.upgrade() else { return };
        BUFFERS.with_borrow_mut(|(bytes, out)| {
            bytes.resize(MAX_DATAGRAM, 0);
            for _ in 0..RUN {
                match socket.try_recv_from(bytes) {
                    Ok((len, from)) => {
                        let now = Instant::now();
                        hub.pass(out, |relay, out| {
                            relay.handle_peer(now, id, from, &bytes[..len], out)
                        });
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                    // What an earlier datagram met on its way (ICMP); the next one may fare better.
                    Err(_) => {}
                }
            }
        });
        tokio::task::yield_now().await;
    }
}
