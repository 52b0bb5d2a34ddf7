//! Which TCP and TLS connections there are, and how many each source may have.
//!
//! Only a table: what a connection reads and writes is in `stream`, what waits for it in `queue`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard};

use parlour_relay::address::FiveTuple;

use crate::queue::Queue;
use crate::settings::Settings;

pub(crate) struct Streams {
    table: Mutex<Table>,
    max: usize,
    max_per_prefix: usize,
}

#[derive(Default)]
struct Table {
    by_tuple: HashMap<FiveTuple, Arc<Queue>>,
    by_prefix: HashMap<IpAddr, usize>,
    count: usize,
}

/// A connection that was let in.
pub(crate) struct Admitted {
    pub(crate) queue: Arc<Queue>,
    /// The connection that had the same 5-tuple: reset by its client, which we had not noticed yet.
    pub(crate) replaced: Option<Arc<Queue>>,
}

impl Streams {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            table: Mutex::default(),
            max: settings.max_streams,
            max_per_prefix: settings.max_streams_per_prefix,
        }
    }

    /// Lets a connection in, or not: `None` if there are too many, altogether or from its prefix.
    ///
    /// `tell` is called before anyone else may enter or leave, so that others hear of it in the same order.
    pub(crate) fn admit(
        &self,
        from: FiveTuple,
        settings: &Settings,
        tell: impl FnOnce(&Arc<Queue>),
    ) -> Option<Admitted> {
        let mut table = self.lock();
        let prefix = prefix(from.client.ip());
        if table.count >= self.max
            || table
                .by_prefix
                .get(&prefix)
                .is_some_and(|&n| n >= self.max_per_prefix)
        {
            return None;
        }
        *table.by_prefix.entry(prefix).or_default() += 1;
        table.count += 1;
        let queue = Arc::new(Queue::new(settings.queue_bytes, settings.queue_age));
        let replaced = table.by_tuple.insert(from, Arc::clone(&queue));
        tell(&queue);
        Some(Admitted { queue, replaced })
    }

    /// Forgets a connection. `tell` is called, as for [`Self::admit`], if the 5-tuple is still its own.
    pub(crate) fn leave(&self, from: FiveTuple, queue: &Arc<Queue>, tell: impl FnOnce()) {
        let mut table = self.lock();
        table.count -= 1;
        let prefix = prefix(from.client.ip());
        if let Some(count) = table.by_prefix.get_mut(&prefix) {
            *count -= 1;
            if *count == 0 {
                table.by_prefix.remove(&prefix);
            }
        }
        if table.is_own(from, queue) {
            table.by_tuple.remove(&from);
            tell();
        }
    }

    /// Whether the 5-tuple is still this connection's.
    pub(crate) fn is_own(&self, from: FiveTuple, queue: &Arc<Queue>) -> bool {
        self.lock().is_own(from, queue)
    }

    pub(crate) fn find(&self, to: FiveTuple) -> Option<Arc<Queue>> {
        self.lock().by_tuple.get(&to).cloned()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().count
    }

    pub(crate) fn close_all(&self) {
        for queue in self.lock().by_tuple.values() {
            queue.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table
            .lock()
            .expect("nothing panics while it holds the table of streams")
    }
}

impl Table {
    fn is_own(&self, from: FiveTuple, queue: &Arc<Queue>) -> bool {
        self.by_tuple
            .get(&from)
            .is_some_and(|current| Arc::ptr_eq(current, queue))
    }
}

/// What counts as one source: an IPv4 address, an IPv6 /64.
fn prefix(ip: IpAddr) -> IpAddr {
    const UPPER_64: u128 = !0 << 64;
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & UPPER_64).into(),
    }
}

#[cfg(test)]
mod tests {
    use parlour_relay::address::Transport;

    use super::*;

    fn from(client: &str) -> FiveTuple {
        let server = "203.0.113.1:3478".parse().unwrap();
        FiveTuple {
            client: client.parse().unwrap(),
            server,
            transport: Transport::Tcp,
        }
    }

    fn settings() -> Settings {
        Settings {
            max_streams: 4,
            max_streams_per_prefix: 2,
            ..Settings::default()
        }
    }

    #[test]
    fn a_prefix_has_its_cap_and_gets_its_places_back() {
        let settings = settings();
        let streams = Streams::new(&settings);
        let first = streams.admit(from("[2001:db8::1]:1"), &settings, |_| ()).unwrap();
        assert!(
            streams
                .admit(from("[2001:db8::2]:1"), &settings, |_| ())
                .is_some()
        );
        assert!(
            streams
                .admit(from("[2001:db8::3]:1"), &settings, |_| ())
                .is_none(),
            "the same /64"
        );
        assert!(
            streams
                .admit(from("[2001:db8:0:1::1]:1"), &settings, |_| ())
                .is_some(),
            "another /64"
        );
        streams.leave(from("[2001:db8::1]:1"), &first.queue, || ());
        assert!(
            streams
                .admit(from("[2001:db8::3]:1"), &settings, |_| ())
                .is_some()
        );
    }

    #[test]
    fn the_server_has_its_cap() {
        let settings = settings();
        let streams = Streams::new(&settings);
        for n in 1..=4 {
            assert!(
                streams
                    .admit(from(&format!("198.51.100.{n}:1")), &settings, |_| ())
                    .is_some()
            );
        }
        assert!(streams.admit(from("198.51.100.5:1"), &settings, |_| ()).is_none());
        assert_eq!(streams.count(), 4);
    }

    #[test]
    fn a_successor_on_the_same_five_tuple_outlives_its_predecessor() {
        let settings = settings();
        let streams = Streams::new(&settings);
        let old = streams.admit(from("198.51.100.1:1"), &settings, |_| ()).unwrap();
        let new = streams.admit(from("198.51.100.1:1"), &settings, |_| ()).unwrap();
        assert!(Arc::ptr_eq(&new.replaced.unwrap(), &old.queue));
        streams.leave(from("198.51.100.1:1"), &old.queue, || {
            panic!("its place is another's")
        });
        assert!(streams.find(from("198.51.100.1:1")).is_some());
        let mut told = false;
        streams.leave(from("198.51.100.1:1"), &new.queue, || told = true);
        assert!(told);
        assert_eq!(streams.count(), 0);
    }
}
