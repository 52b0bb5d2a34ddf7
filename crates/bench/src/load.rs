//! The generator: one thread that never sleeps, and the window in which it measures.
//!
//! Two kinds of load. *Bouncing* keeps a fixed number of packets in flight and saturates a server without losing
//! any; *paced* sends on a timetable and shows what the same work costs each server.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::endpoint::Endpoint;
use crate::link::{Link, ROOM};
use crate::process;

/// Time before the window in which nothing is counted.
const WARM_UP: Duration = Duration::from_millis(300);
/// A pair that has been silent for so long while bouncing has lost its packets and gets new ones.
const SILENT: Duration = Duration::from_millis(30);
/// What is still under way after a paced run may arrive for so long.
const DRAIN: Duration = Duration::from_millis(50);

/// What one run showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Packets that arrived at the other client within the window.
    pub(crate) packets: u64,
    /// Packets that never did, and packets sent, in the whole run.
    pub(crate) lost: u64,
    pub(crate) sent: u64,
    /// Length of the window, and what the server used of its core in it.
    pub(crate) window: Duration,
    pub(crate) cpu: Duration,
    /// From one client's send to the other's receive, in nanoseconds, sorted.
    pub(crate) latencies: Vec<u32>,
    /// Share of one core that other processes used in the window.
    pub(crate) others: f64,
}

/// Packets that one client sends over and over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timetable {
    pub(crate) endpoint: usize,
    pub(crate) payload: usize,
    /// Packets at once …
    pub(crate) burst: usize,
    /// … in one piece, as a network card hands them over that merges (or a sender that segments).
    pub(crate) merged: bool,
    pub(crate) every: Duration,
    pub(crate) first: Duration,
}

/// Counts from the warm-up's end to the window's end.
struct Window {
    start: Instant,
    open: Option<Opening>,
    outcome: Outcome,
    length: Duration,
    pid: u32,
}

struct Opening {
    at: Instant,
    cpu: Duration,
    own: Duration,
    machine: u64,
}

/// `tokens` packets of `payload` bytes bounce between the two of each pair, for the time `length`.
pub(crate) fn bounce(
    endpoints: &mut [Endpoint],
    tokens: usize,
    payload: usize,
    length: Duration,
    pid: u32,
) -> io::Result<Outcome> {
    let epoll = watch(endpoints)?;
    let mut window = Window::new(length, pid);
    let (mut room, mut out) = (vec![0; ROOM], Vec::with_capacity(ROOM));
    let mut heard = vec![0; endpoints.len() / 2];
    for endpoint in endpoints.iter_mut().step_by(2) {
        send(
            endpoint,
            &mut out,
            payload,
            tokens,
            false,
            window.nanos(Instant::now()),
        )?;
    }
    let mut events = [EpollEvent::empty(); 64];
    let mut look_again = Instant::now() + SILENT;
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::ZERO)?;
        let now = Instant::now();
        if window.is_over(now)? {
            return Ok(window.outcome);
        }
        let nanos = window.nanos(now);
        for event in &events[..ready] {
            let index = event.data() as usize;
            let endpoint = &mut endpoints[index];
            let mut received = 0;
            let sent_at = endpoint.reader();
            endpoint.link.receive(&mut room, |packet| {
                if let Some(at) = sent_at(packet) {
                    received += 1;
                    window.note(nanos, at);
                }
            })?;
            heard[index / 2] += received as u64;
            window.outcome.sent += received as u64;
            send(endpoint, &mut out, payload, received, false, nanos)?;
        }
        if now >= look_again {
            look_again = now + SILENT;
            for (pair, heard) in heard.iter_mut().enumerate() {
                if std::mem::take(heard) == 0 {
                    window.outcome.lost += tokens as u64;
                    send(&mut endpoints[2 * pair], &mut out, payload, tokens, false, nanos)?;
                }
            }
        }
    }
}

/// Sends by the timetables for the time `length`.
pub(crate) fn paced(
    endpoints: &mut [Endpoint],
    timetables: &[Timetable],
    length: Duration,
    pid: u32,
) -> io::Result<Outcome> {
    let epoll = watch(endpoints)?;
    let mut window = Window::new(length, pid);
    let (mut room, mut out) = (vec![0; ROOM], Vec::with_capacity(ROOM));
    let mut due: BinaryHeap<Reverse<(u64, usize)>> = timetables
        .iter()
        .enumerate()
        .map(|(index, timetable)| Reverse((timetable.first.as_nanos() as u64, index)))
        .collect();
    let mut events = [EpollEvent::empty(); 64];
    let (mut received, mut until) = (0, None);
    loop {
        let now = Instant::now();
        if until.is_none() && window.is_over(now)? {
            until = Some(now + DRAIN);
        }
        let nanos = window.nanos(now);
        if let Some(until) = until {
            if now >= until {
                window.outcome.lost = window.outcome.sent.saturating_sub(received);
                return Ok(window.outcome);
            }
        } else if let Some(&Reverse((at, index))) = due.peek()
            && at <= nanos
        {
            let timetable = timetables[index];
            due.pop();
            due.push(Reverse((at + timetable.every.as_nanos() as u64, index)));
            let endpoint = &mut endpoints[timetable.endpoint];
            send(
                endpoint,
                &mut out,
                timetable.payload,
                timetable.burst,
                timetable.merged,
                nanos,
            )?;
            window.outcome.sent += timetable.burst as u64;
        }
        let ready = epoll.wait(&mut events, EpollTimeout::ZERO)?;
        let nanos = window.nanos(Instant::now());
        for event in &events[..ready] {
            let endpoint = &mut endpoints[event.data() as usize];
            let sent_at = endpoint.reader();
            endpoint.link.receive(&mut room, |packet| {
                if let Some(at) = sent_at(packet) {
                    received += 1;
                    window.note(nanos, at);
                }
            })?;
        }
    }
}

fn watch(endpoints: &[Endpoint]) -> io::Result<Epoll> {
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    for (index, endpoint) in endpoints.iter().enumerate() {
        epoll.add(&endpoint.link, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
    }
    Ok(epoll)
}

fn send(
    endpoint: &mut Endpoint,
    out: &mut Vec<u8>,
    payload: usize,
    count: usize,
    merged: bool,
    now: u64,
) -> io::Result<()> {
    out.clear();
    for _ in 0..count {
        endpoint.write(out, payload, now);
    }
    let wire = endpoint.wire(payload);
    let sent = match &mut endpoint.link {
        link @ Link::Udp(_) if merged && count > 1 => link.send_run(out, wire),
        link @ (Link::Udp(_) | Link::Peer(_)) => out.chunks(wire).try_for_each(|packet| link.send(packet)),
        link @ Link::Stream(_) if count > 0 => link.send(out),
        Link::Stream(_) => Ok(()),
    };
    match sent {
        // The network is full, or nobody is there just now: it counts as lost.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        sent => sent,
    }
}

impl Window {
    fn new(length: Duration, pid: u32) -> Self {
        let outcome = Outcome {
            latencies: Vec::with_capacity(2_000_000),
            ..Outcome::default()
        };
        Self {
            start: Instant::now(),
            open: None,
            outcome,
            length,
            pid,
        }
    }

    fn nanos(&self, now: Instant) -> u64 {
        (now - self.start).as_nanos() as u64
    }

    fn note(&mut self, now: u64, sent_at: u64) {
        if self.open.is_some() {
            self.outcome.packets += 1;
            self.outcome
                .latencies
                .push(u32::try_from(now.saturating_sub(sent_at)).unwrap_or(u32::MAX));
        }
    }

    /// Opens and closes; once it is over the outcome is complete.
    fn is_over(&mut self, now: Instant) -> io::Result<bool> {
        match &self.open {
            None if now - self.start >= WARM_UP => {
                let own = process::cpu(std::process::id())?;
                let (cpu, machine) = (process::cpu(self.pid)?, process::machine_busy()?);
                self.open = Some(Opening {
                    at: Instant::now(),
                    cpu,
                    own,
                    machine,
                });
                Ok(false)
            }
            Some(open) if now - open.at >= self.length => {
                let outcome = &mut self.outcome;
                outcome.cpu = process::cpu(self.pid)? - open.cpu;
                outcome.window = open.at.elapsed();
                let busy = (process::machine_busy()? - open.machine) as f64 / 100.0;
                let ours = outcome.cpu + (process::cpu(std::process::id())? - open.own);
                outcome.others = ((busy - ours.as_secs_f64()) / outcome.window.as_secs_f64()).max(0.0);
                outcome.latencies.sort_unstable();
                self.open = None;
                Ok(true)
            }
            None | Some(_) => Ok(false),
        }
    }
}
