//! The life of a thread that receives clients' datagrams for the public relay.

use std::sync::Arc;
use std::time::Instant;

use crate::inbox::Inbox;
use crate::public::hub::Hub;
use crate::worker::{Wait, wait};

/// Runs until the hub stops. `group` and `index` name the socket.
pub(crate) fn run(hub: &Arc<Hub>, group: usize, index: usize) {
    let group = &hub.groups[group];
    let socket = &group.workers[index];
    let (mut inbox, mut out) = (Inbox::new(), Vec::new());
    loop {
        let received = wait(socket, &mut inbox);
        if hub.is_stopping() {
            return;
        }
        match received {
            Wait::Filled => {}
            Wait::Nothing | Wait::Failed => continue,
        }
        let now = Instant::now();
        for slot in &inbox.slots[..inbox.filled] {
            let Some(from) = slot.five_tuple(group.bound) else {
                continue;
            };
            for range in slot.datagrams() {
                let packet = &slot.bytes[range];
                hub.pass(&mut out, |relay, out| relay.handle_client(now, from, packet, out));
            }
        }
    }
}
