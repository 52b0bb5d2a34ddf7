//! Payloads in every direction, compared with where the model sends them.

use parlour_relay::Dropped;
use parlour_relay::public::Passage;
use rand::RngExt as _;

use super::Model;
use super::world::*;
use crate::common::wire::*;
use crate::common::{channel_data, tuple};
use crate::public_bench::peer_of;

impl Model {
    pub(super) fn say(&mut self, n: usize) {
        let peer = self.peer();
        let indication = self
            .bench
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with(DATA, b"payload");
        let expected = self
            .sender(n)
            .and_then(|place| self.delivery(place, canonical(peer)));
        self.expect(n, &indication.bytes, expected);
    }

    pub(super) fn say_on(&mut self, n: usize) {
        let number = self.rng.random_range(0x4000..0x4004);
        let expected = self.sender(n).and_then(|place| {
            let bound = self.believed[place].channels.iter();
            let mut live = bound.filter(|(bound, _, until)| *bound == number && self.bench.now < *until);
            let (_, peer, _) = live.next().ok_or(Dropped::UnboundChannel)?;
            self.delivery(place, *peer)
        });
        self.expect(n, &channel_data(number, b"payload"), expected);
    }

    /// Something from outside, to a socket that lives or to one that does not any more.
    pub(super) fn hear(&mut self) {
        let (from, bound) = (self.peer(), self.bench.bound.len());
        if bound == 0 {
            return;
        }
        let id = self.bench.bound[self.rng.random_range(bound.saturating_sub(20)..bound)].0;
        let place = self.believed.iter().position(|believed| believed.id == id);
        let source = canonical(from);
        let expected = match place {
            None => Err(Dropped::DeadPeer),
            Some(_) if self.is_external(source) || !self.is_permitted(source) => Err(Dropped::ForeignPeer),
            Some(place) => self.arrival(place, source),
        };
        let counted = self.dropped(&expected);
        let got = self.bench.hear(id, from, b"payload");
        self.same(got, expected, counted);
    }

    fn expect(&mut self, n: usize, packet: &[u8], expected: Result<Way, Dropped>) {
        let counted = self.dropped(&expected);
        let user = self.user(n);
        let got = self.bench.media(&user, packet);
        self.same(got, expected, counted);
    }

    /// Compares a passage with where the model sends it; a drop must have been counted by its reason.
    fn same(&self, (passage, out): (Passage, Vec<u8>), expected: Result<Way, Dropped>, counted: u64) {
        match expected {
            Err(reason) => {
                assert_eq!(
                    (passage, self.bench.dropped(reason)),
                    (Passage::Nothing, counted + 1)
                );
            }
            Ok(Way::Peer(id, peer)) => {
                assert_eq!(
                    (peer_of(passage), out.as_slice()),
                    (Some((id, peer)), b"payload".as_slice())
                );
            }
            Ok(Way::Client(m, number, from)) => {
                assert_eq!(passage, Passage::ToClient(tuple(m as u16, transport(m))));
                match number {
                    Some(number) => {
                        let padding = vec![0; usize::from(transport(m).is_stream())];
                        assert_eq!(out, [channel_data(number, b"payload"), padding].concat());
                    }
                    None => {
                        let data = Parsed::read(&out);
                        assert_eq!(data.address(XOR_PEER_ADDRESS), Some(from));
                        assert_eq!(data.get(DATA), Some(b"payload".as_slice()));
                    }
                }
            }
        }
    }

    fn dropped(&self, expected: &Result<Way, Dropped>) -> u64 {
        expected
            .as_ref()
            .err()
            .map_or(0, |reason| self.bench.dropped(*reason))
    }
}
