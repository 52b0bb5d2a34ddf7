//! Compares Parlour's relay and its signaling with others on this machine, side by side, and prints the tables of
//! `docs/performance.md`. `crates/bench/compare.sh` and `crates/bench/signaling.sh` build what is needed and run it.
//!
//! Servers take turns within each round, on one core; the generator has the other. All traffic is on loopback.
//! Linux only. Nothing of this is shipped.

mod cases;
mod control;
mod endpoint;
mod forwarder;
mod identity;
mod link;
mod load;
mod process;
mod servers;
mod signaling;
mod table;
mod upkeep;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

use crate::cases::Case;
use crate::identity::Identity;
use crate::servers::{Door, GENERATOR_CORE, Kind, Programs, Server};
use crate::table::Row;

/// Compare Parlour with other servers on this machine
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every server under every load and print the tables
    Compare(Compare),
    /// Run signaling servers side by side and print the tables
    Signaling(signaling::Options),
    /// Be a bare forwarder (started by `compare`)
    Forward {
        /// Merge runs of datagrams on both ways
        #[arg(long)]
        merged: bool,
    },
}

#[derive(Args)]
struct Compare {
    /// Rounds of each load; servers take turns in each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of each measurement in milliseconds
    #[arg(long, default_value_t = 1000)]
    millis: u64,
    /// Only these servers
    #[arg(long, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// Only these loads
    #[arg(long, value_delimiter = ',')]
    cases: Vec<Case>,
    /// Leave out control cycles and growth
    #[arg(long)]
    only_media: bool,
    /// Leave out media
    #[arg(long, conflicts_with = "only_media")]
    only_upkeep: bool,
    /// How long to wait in all for the machine to be quiet, in seconds
    #[arg(long, default_value_t = 0)]
    patience: u64,
    /// Parlour's release binary
    #[arg(long, default_value = "target/release/parlour")]
    parlour: PathBuf,
    /// The example hold-seats
    #[arg(long, default_value = "target/release/examples/hold-seats")]
    hold_seats: PathBuf,
    /// coturn
    #[arg(long, default_value = "/usr/bin/turnserver")]
    coturn: PathBuf,
    /// turn-server 4.1.5 of the Rust registry
    #[arg(long, default_value = "target/turn-rs/bin/turn-server")]
    turn_rs: PathBuf,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Compare(args) => compare(&args),
        Command::Signaling(options) => prepare().and_then(|()| {
            say(&format!("Machine: {}\n\n", process::machine()));
            signaling::compare(&options).map(|table| say(&table))
        }),
        Command::Forward { merged } => forwarder::run(merged, |address| say(&format!("{address}\n"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlour-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Compare) -> io::Result<()> {
    prepare()?;
    let programs = Programs {
        parlour: args.parlour.clone(),
        hold_seats: args.hold_seats.clone(),
        coturn: args.coturn.clone(),
        turn_rs: args.turn_rs.clone(),
        identity: Identity::make()?,
    };
    let wanted = |kind: &Kind| args.servers.is_empty() || args.servers.contains(kind);
    let all = [
        Kind::Parlour,
        Kind::ParlourPublic,
        Kind::Coturn,
        Kind::TurnRs,
        Kind::Bare,
        Kind::BareMerged,
    ];
    let (present, missing): (Vec<Kind>, Vec<Kind>) = all
        .into_iter()
        .filter(wanted)
        .partition(|kind| programs.has(*kind));
    for kind in missing {
        eprintln!("parlour-bench: {} is not installed and is left out", kind.name());
    }
    say(&format!("Machine: {}\n\n", process::machine()));
    let mut quiet = Quiet {
        patience: Duration::from_secs(args.patience),
    };
    let length = Duration::from_millis(args.millis);
    if !args.only_upkeep {
        let cases = if args.cases.is_empty() {
            Case::ALL.to_vec()
        } else {
            args.cases.clone()
        };
        for case in cases {
            let kinds: Vec<Kind> = present.iter().copied().filter(|kind| case.suits(*kind)).collect();
            let rows = rounds(args.rounds, &kinds, &mut quiet, |kind| {
                let server = Server::start(kind, &programs, case.clients(), case.door())?;
                case.run(&server, &programs.identity.client, length)
            })?;
            let rows: Vec<Row> = rows
                .into_iter()
                .map(|(kind, rounds)| Row { kind, rounds })
                .collect();
            say(&format!("{}\n", table::comparison(case.title(), &rows)));
        }
    }
    if !args.only_media {
        let kinds: Vec<Kind> = present.iter().copied().filter(|kind| kind.is_relay()).collect();
        let rows = rounds(args.rounds, &kinds, &mut quiet, |kind| {
            let server = Server::start(kind, &programs, upkeep::SEATS, Door::Plain)?;
            upkeep::cycles(&server, length)
        })?;
        say(&format!("{}\n", upkeep::cycles_table(&rows)));
        let mut grown = Vec::new();
        for allocations in [10, 100, 1_000, 10_000] {
            grown.extend(rounds(args.rounds, &kinds, &mut quiet, |kind| {
                let server = Server::start(kind, &programs, upkeep::SEATS, Door::Plain)?;
                upkeep::growth(&server, allocations, length)
            })?);
        }
        say(&format!("{}\n", upkeep::growth_table(&grown)));
    }
    Ok(())
}

/// Every kind once in each round, and a second time if it failed: on a busy machine setting up may take too long.
/// A kind that fails twice is reported and left out of the table.
fn rounds<T>(
    count: usize,
    kinds: &[Kind],
    quiet: &mut Quiet,
    run: impl Fn(Kind) -> io::Result<T>,
) -> io::Result<Vec<(Kind, Vec<T>)>> {
    let mut rows: Vec<(Kind, Vec<T>)> = kinds.iter().map(|kind| (*kind, Vec::new())).collect();
    for _ in 0..count {
        quiet.wait()?;
        rows.retain_mut(|(kind, results)| match run(*kind).or_else(|_| run(*kind)) {
            Ok(result) => {
                results.push(result);
                true
            }
            Err(error) => {
                eprintln!("parlour-bench: {} is left out: {error}", kind.name());
                false
            }
        });
    }
    Ok(rows)
}

/// The generator's core, and as many sockets as the system lets a process have.
fn prepare() -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(GENERATOR_CORE)?;
    sched_setaffinity(Pid::from_raw(0), &cores)?;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(())
}

/// Waits for other work on the machine to end, but not for ever.
struct Quiet {
    patience: Duration,
}

/// Use of all cores together that still counts as quiet.
const QUIET: f64 = 0.15;
const LOOK: Duration = Duration::from_millis(500);
const NAP: Duration = Duration::from_secs(5);

impl Quiet {
    fn wait(&mut self) -> io::Result<()> {
        loop {
            let (at, busy) = (Instant::now(), process::machine_busy()?);
            if self.patience.is_zero() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
            let busy = (process::machine_busy()? - busy) as f64 / 100.0 / at.elapsed().as_secs_f64();
            if busy < QUIET {
                return Ok(());
            }
            let nap = NAP.min(self.patience);
            std::thread::sleep(nap);
            self.patience -= nap;
        }
    }
}

fn say(text: &str) {
    // A reader that went away ends the comparison with the next table, which is soon enough.
    let _ = io::stdout().write_all(text.as_bytes());
    let _ = io::stdout().flush();
}
