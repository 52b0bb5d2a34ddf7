//! Signaling beside others: y-webrtc's server and PeerServer, which do the same for other pages. Memory for each connection,
//! how fast people come, and how many frames a core passes on.

mod crowd;
mod dialect;
mod server;
mod socket;

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::process;
use crate::table::{median, percentile};
use crowd::{Arrival, Crowd, Window, come};
use dialect::{Dialect, Papers, ROOM};
use server::{Programs, Server};

/// What is measured and how.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Rounds; servers take turns in each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of each measurement of frames in milliseconds
    #[arg(long, default_value_t = 3000)]
    millis: u64,
    /// Rooms of four that talk
    #[arg(long, default_value_t = 1000)]
    rooms: usize,
    /// Connections that do nothing
    #[arg(long, default_value_t = 6000)]
    idle: usize,
    /// Only these servers
    #[arg(long, value_delimiter = ',')]
    servers: Vec<Dialect>,
    /// Parlour's release binary
    #[arg(long, default_value = "target/release/parlour")]
    parlour: PathBuf,
    /// Where npm has put y-webrtc and peer
    #[arg(long, default_value = "target/signaling-servers/node_modules")]
    node_modules: PathBuf,
}

/// One round of one server.
struct Round {
    idle: Arrival,
    joins: Arrival,
    most: Window,
    half: Window,
    /// Share of a core that neither the server nor the generator used.
    others: f64,
}

/// Runs all servers in turn and returns the table.
///
/// # Errors
/// If no server is there, or Parlour fails.
pub(crate) fn compare(options: &Options) -> io::Result<String> {
    let programs = Programs {
        parlour: options.parlour.clone(),
        node_modules: options.node_modules.clone(),
    };
    let wanted = |dialect: &Dialect| options.servers.is_empty() || options.servers.contains(dialect);
    let mut rows: Vec<(Dialect, Vec<Round>)> = Vec::new();
    for dialect in Dialect::ALL.into_iter().filter(wanted) {
        if programs.has(dialect) {
            rows.push((dialect, Vec::new()));
        } else {
            eprintln!(
                "parlour-bench: {} is not installed and is left out",
                dialect.name()
            );
        }
    }
    for _ in 0..options.rounds {
        for (dialect, rounds) in &mut rows {
            rounds.push(round(*dialect, &programs, options)?);
        }
    }
    Ok(table(options, &rows))
}

fn round(dialect: Dialect, programs: &Programs, options: &Options) -> io::Result<Round> {
    let people = options.rooms * ROOM;
    let length = Duration::from_millis(options.millis);
    let idle = {
        let server = Server::start(dialect, programs, options.idle)?;
        come(dialect, server.at(), options.idle, None)?.1
    };
    let papers = Papers::of(dialect, people)?;
    let server = Server::start(dialect, programs, people)?;
    let (pages, joins) = come(dialect, server.at(), people, Some(&papers))?;
    let pid = server.at().1;
    let mut crowd = Crowd::new(dialect, pid, pages, &papers)?;
    let (busy, own, served) = (
        process::machine_busy()?,
        process::cpu(std::process::id())?,
        process::cpu(pid)?,
    );
    let start = std::time::Instant::now();
    let most = crowd.circle(length)?;
    // Half of what the server could say on a whole core, whether or not the generator got it there.
    let half = crowd.paced(1e6 / most.cpu_per_frame() / 2.0, length)?;
    let used = (process::machine_busy()? - busy) as f64 / 100.0;
    let ours = process::cpu(std::process::id())? - own + process::cpu(pid)? - served;
    Ok(Round {
        idle,
        joins,
        most,
        half,
        others: (used - ours.as_secs_f64()) / start.elapsed().as_secs_f64(),
    })
}

impl Window {
    fn per_second(&self) -> f64 {
        self.frames as f64 / self.length.as_secs_f64()
    }

    /// Microseconds for a frame.
    fn cpu_per_frame(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.frames.max(1) as f64
    }

    fn core(&self) -> f64 {
        self.cpu.as_secs_f64() / self.length.as_secs_f64()
    }

    fn millis(&self, share: f64) -> f64 {
        f64::from(percentile(&self.latencies, share)) / 1e6
    }

    fn late(&self, share: f64) -> f64 {
        f64::from(percentile(&self.lateness, share)) / 1e6
    }
}

/// Medians of the rounds.
fn table(options: &Options, rows: &[(Dialect, Vec<Round>)]) -> String {
    let mut text = format!(
        "### Connections: {} that do nothing, then {} rooms of four\n\n",
        options.idle, options.rooms
    );
    text += "| server | RSS bytes for an idle one | in a GiB | RSS bytes for one in a room | joins/s | CPU µs/join | rounds |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|\n";
    for (dialect, rounds) in rows {
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        let bytes = of(|round| round.idle.bytes);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {bytes:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {} |",
            dialect.name(),
            f64::from(1 << 30) / bytes.max(1.0),
            of(|round| round.joins.bytes),
            of(|round| round.joins.per_second),
            of(|round| round.joins.cpu),
            rounds.len(),
        );
    }
    let _ = writeln!(
        text,
        "\n### Frames of 300 B between {} rooms of four\n",
        options.rooms
    );
    text += "| server | frames/s | deliveries for a frame | of a core | CPU µs/frame | frames/s of a whole core | at half load: frames/s | p50 ms | p99 ms | p99.9 ms | of it said late: p99 ms | generator busy | without a core: server ms | generator ms | others used |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for (dialect, rounds) in rows {
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        let cpu = of(|round| round.most.cpu_per_frame());
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.1} | {:.2} | {cpu:.1} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} | {:.2} |",
            dialect.name(),
            of(|round| round.most.per_second()),
            of(|round| round.most.deliveries as f64 / round.most.frames.max(1) as f64),
            of(|round| round.most.core()),
            1e6 / cpu,
            of(|round| round.half.per_second()),
            of(|round| round.half.millis(0.5)),
            of(|round| round.half.millis(0.99)),
            of(|round| round.half.millis(0.999)),
            of(|round| round.half.late(0.99)),
            of(|round| round.half.busy),
            of(|round| round.half.waited[0].as_secs_f64() * 1e3),
            of(|round| round.half.waited[1].as_secs_f64() * 1e3),
            of(|round| round.others),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_costs_what_the_server_used_divided_by_what_arrived() {
        let window = Window {
            frames: 200_000,
            deliveries: 800_000,
            length: Duration::from_secs(2),
            cpu: Duration::from_secs(1),
            latencies: vec![1_000_000, 2_000_000],
            ..Window::default()
        };
        assert_eq!(window.cpu_per_frame(), 5.0);
        assert_eq!((window.per_second(), window.core()), (100_000.0, 0.5));
        assert_eq!((window.millis(0.5), window.millis(0.99)), (1.0, 2.0));
    }
}
