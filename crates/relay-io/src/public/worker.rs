//! The life of a thread that receives clients' datagrams for the public relay.

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::inbox::Inbox;
use crate::public::hub::Hub;
use crate::public::over_udp;

/// A pause after an error of the socket itself, lest it fill a core.
const ERROR_PAUSE: Duration = Duration::from_millis(5);

/// Runs until the hub stops. `group` and `index` name the socket.
pub(crate) fn run(hub: &Arc<Hub>, group: usize, index: usize) {
    let group = &hub.groups[group];
    let socket = &group.workers[index];
    let (mut inbox, mut out) = (Inbox::new(), Vec::new());
    loop {
        let received = socket.receive(&mut inbox);
        if hub.is_stopping() {
            return;
        }
        match received {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => continue,
            Err(_) => {
                thread::sleep(ERROR_PAUSE);
                continue;
            }
        }
        let now = Instant::now();
        for slot in &inbox.slots[..inbox.filled] {
            let Some(client) = slot.from else { continue };
            let server = slot
                .local
                .map_or(group.bound, |ip| (ip, group.bound.port()).into());
            for range in slot.datagrams() {
                let packet = &slot.bytes[range];
                hub.pass(&mut out, |relay, out| {
                    relay.handle_client(now, over_udp(client, server), packet, out)
                });
            }
        }
    }
}
