//! What happens around the public relay: time, secrets, own addresses, connections that break, the end.

use std::time::Instant;

use parlour_credentials::{Anchor, SharedSecrets};
use rand::RngExt as _;

use super::Model;
use super::world::*;
use crate::common::tuple;
use crate::common::wire::REFRESH;
use crate::public_bench::START;

impl Model {
    pub(super) fn mint(&mut self) -> Credential {
        let secret = self.rng.random_range(0..SECRETS.len());
        let (application, text) = SECRETS[secret];
        let life = self.pick(&[seconds(60), seconds(700), seconds(7200), seconds(72_000)]);
        let name = self.pick(&[Some("alice"), Some("bob"), Some("carol"), None]);
        let alone = SharedSecrets::parse(Anchor::new(self.start, START), &format!("{application} = {text}"));
        let minted = alone
            .unwrap()
            .mint(self.bench.now, application, life, name)
            .unwrap();
        Credential {
            secret,
            person: (application, name.map_or(minted.username.clone(), str::to_owned)),
            expires: self.bench.now + life,
            user: (minted.username, minted.password),
        }
    }

    pub(super) fn change_secrets(&mut self) {
        self.file = self.rng.random_range(0..FILES.len());
        let lines: Vec<String> = FILES[self.file]
            .iter()
            .map(|secret| format!("{} = {}", SECRETS[*secret].0, SECRETS[*secret].1))
            .collect();
        let secrets = SharedSecrets::parse(Anchor::new(self.start, START), &lines.join("\n")).unwrap();
        self.bench.relay.handle_secrets(secrets);
    }

    pub(super) fn change_own_addresses(&mut self) {
        self.own = self.rng.random();
        let own = ["81.1.1.1".parse().unwrap()].into_iter().filter(|_| self.own);
        self.bench.relay.handle_own_addresses(own.collect());
    }

    pub(super) fn close_stream(&mut self, n: usize) {
        if transport(n).is_stream() {
            let tuple = tuple(n as u16, transport(n));
            self.bench.relay.handle_stream_closed(self.bench.now, tuple);
            self.bench.settle();
            self.end_where(|believed| believed.client == n);
        }
    }

    pub(super) fn wait(&mut self) {
        // Mostly as clients do it: whoever means to stay refreshes before.
        if self.rng.random_range(0..4) > 0 {
            (0..CLIENTS).for_each(|n| self.keep(n));
        }
        let count = self.pick(&[1, 1, 7, 100, 200, 299, 300, 300]);
        self.bench.after(count);
        let (now, last) = (self.bench.now, self.drained);
        let is_over = |end: Instant| end <= now;
        self.end_where(|believed| is_over(believed.expires + seconds(30)) || last.is_some_and(is_over));
        self.resting.retain(|(_, until, _)| now < *until);
    }

    pub(super) fn keep(&mut self, n: usize) {
        if let Ok(place) = self.standing(n) {
            let request = self.bench.builder(REFRESH);
            assert_eq!(self.ask(n, request), Ok(()));
            self.believed[place].expires = self.bench.now + seconds(600);
        }
    }

    /// Rarely, since nothing begins after it.
    pub(super) fn drain(&mut self) {
        if self.rng.random_range(0..20) == 0 && self.drained.is_none() {
            let last = self.bench.now + seconds(900);
            self.bench.relay.drain(self.bench.now, last);
            self.drained = Some(last);
        }
    }
}
