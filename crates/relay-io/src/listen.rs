//! Accepting plain TCP connections on the port that UDP has, too.

use std::sync::Arc;
use std::time::Duration;

use parlour_relay::address::{FiveTuple, Transport};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use crate::hub::Hub;
use crate::stream;

/// A pause after a failed accept (mostly: no file descriptors left), lest it fill a core.
const ERROR_PAUSE: Duration = Duration::from_millis(50);
/// Unsent bytes that the kernel holds for one connection: what lies there can no longer be dropped for age.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 16 << 10;
/// A connection whose peer acknowledges nothing for so long is gone.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Accepts for the closed relay until the task is aborted.
pub(crate) async fn run(hub: Arc<Hub>, listener: TcpListener) {
    accept(listener, move |socket, from| {
        let hub = Arc::clone(&hub);
        async move {
            stream::serve(&hub, socket, from, &[]).await;
        }
    })
    .await;
}

/// Accepts until the task is aborted. Each connection gets a task of its own, which `serve` makes.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream, FiveTuple) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((socket, client)) => {
                // An error means that the client is gone already.
                if let Ok(server) = socket.local_addr() {
                    tune(&socket);
                    let from = FiveTuple {
                        client,
                        server,
                        transport: Transport::Tcp,
                    };
                    tokio::spawn(serve(socket, from));
                }
            }
            Err(_) => tokio::time::sleep(ERROR_PAUSE).await,
        }
    }
}

/// Sets the options that media over TCP wants: no waiting for more (TCP_NODELAY), little unsent data in the
/// kernel, and an early end when nothing is acknowledged. Also for the connections below TLS; an option that
/// the system does not have is left out.
pub fn tune(socket: &TcpStream) {
    let _unknown = socket.set_nodelay(true);
    let socket = SockRef::from(socket);
    let _unknown = socket.set_keepalive(true);
    #[cfg(target_os = "linux")]
    {
        let _unknown = socket.set_tcp_notsent_lowat(UNSENT_BYTES);
        let _unknown = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    }
}
