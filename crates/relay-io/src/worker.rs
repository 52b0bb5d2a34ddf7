//! The life of a UDP worker: receive a batch, decide each packet, rewrite it in place, send.
//!
//! Per packet: no allocation, no copy (but where a merged run leaves no room to grow a header), no clock. Per
//! batch: one clock read and one lock that nobody else wants. Control packets take the slow way through the
//! machine, in the order in which they came.

use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use parlour_relay::flows::Verdict;

use crate::counters::Counts;
use crate::hub::Hub;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::pass_on::{self, PassOn};
use crate::udp::Udp;

/// A pause after an error of the socket itself (the interface went down, no memory), lest it fill a core.
const ERROR_PAUSE: Duration = Duration::from_millis(5);

/// Runs until the hub stops. `group` and `index` name the socket, `desk` the replica.
pub(crate) fn run(hub: &Hub, group: usize, index: usize, desk: usize) {
    let socket = &hub.groups[group].workers[index];
    let counters = &hub.desk(desk).counters;
    let mut worker = Worker {
        hub,
        group,
        index,
        desk,
        inbox: Inbox::new(),
        outbox: Outbox::new(),
        counts: Counts::default(),
    };
    loop {
        let received = wait(socket, &mut worker.inbox);
        if hub.is_stopping() {
            return;
        }
        match received {
            Wait::Filled => worker.handle_batch(Instant::now()),
            Wait::Nothing => {}
            Wait::Failed => worker.counts.udp_receive_errors += 1,
        }
        counters.add(&std::mem::take(&mut worker.counts));
    }
}

/// How waiting for datagrams ended.
pub(crate) enum Wait {
    Filled,
    Nothing,
    /// By an error of the socket itself, after a pause.
    Failed,
}

/// Waits for datagrams on a client socket of either relay.
pub(crate) fn wait(socket: &Udp, inbox: &mut Inbox) -> Wait {
    match socket.receive(inbox) {
        Ok(()) => Wait::Filled,
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Wait::Nothing,
        Err(_) => {
            thread::sleep(ERROR_PAUSE);
            Wait::Failed
        }
    }
}

struct Worker<'a> {
    hub: &'a Hub,
    group: usize,
    index: usize,
    desk: usize,
    inbox: Inbox,
    outbox: Outbox,
    counts: Counts,
}

impl Worker<'_> {
    fn handle_batch(&mut self, now: Instant) {
        let group = &self.hub.groups[self.group];
        let desk = self.hub.desk(self.desk);
        self.counts.udp_receives += 1;
        self.outbox
            .set_limits(self.hub.settings.mtu, group.workers[self.index].max_segments());
        let mut replica = desk.lock();
        for at in 0..self.inbox.filled {
            let slot = &mut self.inbox.slots[at];
            let Some(from) = slot.five_tuple(group.bound) else {
                self.counts.udp_datagrams_unusable += 1;
                continue;
            };
            self.counts.udp_bytes_received += slot.len as u64;
            for range in slot.datagrams() {
                self.counts.udp_datagrams_received += 1;
                match replica.flows.forward(now, from, &slot.bytes[range.clone()]) {
                    Verdict::Forward(forward) => {
                        let (outbox, counts) = (&mut self.outbox, &mut self.counts);
                        PassOn {
                            hub: self.hub,
                            replica: &replica,
                            now,
                            outbox,
                            counts,
                        }
                        .received(&forward, (at, slot), range);
                    }
                    // The flows have counted it.
                    Verdict::Drop(_) => {}
                    Verdict::Control => {
                        self.counts.control_packets += 1;
                        // The machine may want to change this very replica.
                        drop(replica);
                        let packet = &slot.bytes[range];
                        self.hub
                            .control(now, self.index, |relay| relay.handle_client(now, from, packet));
                        replica = desk.lock();
                    }
                }
            }
        }
        drop(replica);
        pass_on::send(
            self.hub,
            self.index,
            &mut self.outbox,
            &self.inbox.slots,
            &mut self.counts,
        );
    }
}
