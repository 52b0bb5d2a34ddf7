//! What is not media: control cycles, memory for each idle allocation, and how cost grows with their number.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use crate::cases::evenly;
use crate::control::{Allocation, Visitor, visit};
use crate::endpoint::{Shape, allocate, pair_up};
use crate::link::{Link, Transport, source};
use crate::load::paced;
use crate::process;
use crate::servers::{Kind, Server};
use crate::table::{median, ratio};

/// Seats over which allocations are spread; Parlour gives each at most 240.
pub(crate) const SEATS: usize = 64;
const SEATS_OF_A_ROOM: usize = 16;
const STANDING: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
/// Cycles that are not counted.
const WARM_UP: usize = 48;
/// Time for one cycle: 1000 a second, which is below Parlour's budget of challenges for unknown sources (2000).
const PACE: Duration = Duration::from_millis(1);
/// Clients whose cycles go in step.
const AT_ONCE: usize = 8;
/// Packets a second over all allocations when growth is measured.
const RATE: u32 = 20_000;

/// One round of control cycles.
pub(crate) struct Cycles {
    /// The server's CPU time for each cycle, in microseconds.
    cpu: f64,
    per_second: f64,
}

/// Allocate (with its challenge), permit, bind, release: eight clients in step, each from a new socket, awake until
/// they have their answers.
pub(crate) fn cycles(server: &Server, length: Duration) -> io::Result<Cycles> {
    // Somebody to talk to in each of Parlour's rooms, from an address that no cycle comes from.
    let standing: Vec<Allocation> = (0..SEATS)
        .step_by(SEATS_OF_A_ROOM)
        .map(|seat| Allocation::new(&Transport::Udp, STANDING, server.address, server.user(seat)))
        .collect::<io::Result<_>>()?;
    let batch = |first: usize| -> io::Result<()> {
        let visitor = |number: usize| {
            // A 5-tuple that was never used before: coturn answers 437 for a while where one has just been released.
            let from = SocketAddrV4::new(*source(number).ip(), 20_000 + (number % 16) as u16);
            let link = Link::open(&Transport::Udp, from, server.address)?;
            // Waking up whoever sleeps costs the server as much as the rest of an answer, but on loopback only.
            link.set_nonblocking()?;
            Ok(Visitor {
                link,
                user: server.user(number),
                peer: standing[number % SEATS / SEATS_OF_A_ROOM].relayed,
            })
        };
        let mut visitors = (first..first + AT_ONCE)
            .map(visitor)
            .collect::<io::Result<Vec<_>>>()?;
        visit(&mut visitors)
    };
    (0..WARM_UP).step_by(AT_ONCE).try_for_each(batch)?;
    let (cpu, start) = (process::cpu(server.pid())?, Instant::now());
    let mut done = 0;
    while start.elapsed() < length {
        let due = PACE * u32::try_from(done).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        batch(WARM_UP + done)?;
        done += AT_ONCE;
    }
    let (elapsed, cpu) = (start.elapsed(), process::cpu(server.pid())? - cpu);
    Ok(Cycles {
        cpu: cpu.as_secs_f64() * 1e6 / done.max(1) as f64,
        per_second: done as f64 / elapsed.as_secs_f64(),
    })
}

/// One round with so many allocations.
pub(crate) struct Growth {
    allocations: usize,
    /// Resident memory before and after, in bytes.
    before: u64,
    after: u64,
    /// CPU time to make one, in microseconds.
    cpu: f64,
    /// Share of a core while nothing happens.
    idle: f64,
    /// CPU time for a packet at [`RATE`] over all of them, in microseconds, and the share of packets lost.
    per_packet: f64,
    lost: f64,
}

/// Makes `allocations`, looks at the memory, waits, then sends over all of them.
pub(crate) fn growth(server: &Server, allocations: usize, length: Duration) -> io::Result<Growth> {
    let pid = server.pid();
    // The first one pays for what is made once.
    let first = Allocation::new(&Transport::Udp, source(0), server.address, server.user(0))?;
    let (before, cpu) = (process::resident(pid)?, process::cpu(pid)?);
    let made = allocate(server, allocations, &Transport::Udp)?;
    let cpu = process::cpu(pid)? - cpu;
    let after = process::resident(pid)?;

    let (at, idle) = (Instant::now(), process::cpu(pid)?);
    std::thread::sleep(length);
    let idle = (process::cpu(pid)? - idle).as_secs_f64() / at.elapsed().as_secs_f64();

    let mut endpoints = pair_up(made, Shape::Channel)?;
    let outcome = paced(&mut endpoints, &evenly(allocations, RATE), length, pid)?;
    first.release()?;
    Ok(Growth {
        allocations,
        before,
        after,
        cpu: cpu.as_secs_f64() * 1e6 / allocations as f64,
        idle,
        per_packet: outcome.cpu_per_packet(),
        lost: outcome.lost as f64 / outcome.sent.max(1) as f64,
    })
}

pub(crate) fn cycles_table(rows: &[(Kind, Vec<Cycles>)]) -> String {
    let mut text =
        "### Control: allocate, permit, bind, release; eight clients in step, 1000 cycles/s offered\n\n"
            .to_owned();
    text += "| server | CPU µs/cycle | cycles/s | CPU ÷ coturn | rounds |\n|---|--:|--:|--:|--:|\n";
    let base = rows.iter().find(|(kind, _)| *kind == Kind::Coturn);
    for (kind, rounds) in rows {
        let ratio = base.and_then(|(_, base)| ratio(rounds, base, |round| round.cpu));
        let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.0} | {ratio} | {} |",
            kind.name(),
            median(rounds.iter().map(|round| round.cpu)),
            median(rounds.iter().map(|round| round.per_second)),
            rounds.len(),
        );
    }
    text
}

pub(crate) fn growth_table(rows: &[(Kind, Vec<Growth>)]) -> String {
    let mut text =
        format!("### From few to many allocations ({RATE} packets/s of 120 B over all of them)\n\n");
    text += "| server | allocations | RSS MiB | RSS bytes each | CPU µs to make one | idle % of a core | CPU µs/packet | lost % | rounds |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for (kind, rounds) in rows {
        let of = |figure: fn(&Growth) -> f64| median(rounds.iter().map(figure));
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} | {:.0} | {:.0} | {:.2} | {:.1} | {:.2} | {} |",
            kind.name(),
            rounds.first().map_or(0, |round| round.allocations),
            of(|round| round.after as f64 / f64::from(1 << 20)),
            of(Growth::bytes_each),
            of(|round| round.cpu),
            of(|round| 100.0 * round.idle),
            of(|round| round.per_packet),
            of(|round| 100.0 * round.lost),
            rounds.len(),
        );
    }
    text
}

impl Growth {
    fn bytes_each(&self) -> f64 {
        self.after.saturating_sub(self.before) as f64 / self.allocations.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_was_added() {
        let growth = Growth {
            allocations: 1000,
            before: 5 << 20,
            after: (5 << 20) + 512_000,
            cpu: 30.0,
            idle: 0.001,
            per_packet: 4.0,
            lost: 0.0,
        };
        assert_eq!(growth.bytes_each(), 512.0);
        assert!(
            growth_table(&[(Kind::Parlour, vec![growth])])
                .contains("| 1000 | 5.5 | 512 | 30 | 0.10 | 4.0 | 0.00 | 1 |")
        );
    }
}
