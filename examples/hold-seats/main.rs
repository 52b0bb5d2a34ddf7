//! Holds seats of one room of a running server, so that any TURN client can use their relay credentials.
//!
//! ```sh
//! cargo run --release &
//! cargo run -p parlour-client --example hold-seats -- --seats 2
//! ```
//!
//! Prints each seat's `iceServers` as one line of JSON, then waits. When its standard input closes it leaves, and
//! the credentials end in the same moment. It is no participant: nobody can talk to it.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use parlour_client::{Client, Error, HostKey, IceServer, Options, PagePapers, Rules, random_room_id};
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// How long the room's rules count.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Hold seats of one room and print their iceServers, one line of JSON each.
#[derive(Parser)]
struct Args {
    /// Where the server serves its page
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    server: SocketAddr,
    /// How many seats; the server allows --max-people in a room
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    seats: u8,
    /// Local address to connect from; the server counts sessions by it
    #[arg(long, value_name = "IP")]
    from: Option<IpAddr>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hold-seats: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Error> {
    let options = Options {
        from: args.from,
        ..Options::to(args.server)
    };
    let (host, room_id) = (HostKey::random()?, random_room_id()?);
    let state = host.state(&Rules::open(room_id, args.seats), tomorrow());
    let claim = host.claim(room_id, &[state])?;

    let mut seats = JoinSet::new();
    let (leave, left) = watch::channel(());
    for number in 0..args.seats {
        let mut client = Client::connect(&options).await?;
        if number == 0 {
            client.create(claim.clone()).await?;
        }
        let joined = client
            .join(PagePapers::fresh(host.pk())?.join(room_id, client.session()))
            .await?;
        print(&joined.ice_servers);
        seats.spawn(hold(client, left.clone()));
    }

    let mut input = tokio::io::stdin();
    let mut ignored = [0; 64];
    loop {
        tokio::select! {
            read = input.read(&mut ignored) => if matches!(read, Ok(0) | Err(_)) { break },
            Some(ended) = seats.join_next() => return completed(ended),
        }
    }
    drop(leave);
    while let Some(ended) = seats.join_next().await {
        completed(ended)?;
    }
    Ok(())
}

/// Keeps a session alive until it ends, or until it is time to leave.
async fn hold(mut client: Client, mut time_to_leave: watch::Receiver<()>) -> Result<(), Error> {
    loop {
        let event = tokio::select! {
            event = client.next_event() => event,
            // The sender only ever goes away.
            _ = time_to_leave.changed() => return client.leave().await,
        };
        match event {
            Ok(_) => {}
            Err(Error::Disconnected(_)) => {
                client.resume().await?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn completed(task: Result<Result<(), Error>, JoinError>) -> Result<(), Error> {
    task.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}

fn print(servers: &[IceServer]) {
    // A reader that has gone away closes standard input as well, which ends the program in order.
    let _ = serde_json::to_writer(std::io::stdout(), servers);
    let _ = writeln!(std::io::stdout());
    let _ = std::io::stdout().flush();
}

fn tomorrow() -> u64 {
    let now = SystemTime::now() + A_DAY;
    now.duration_since(UNIX_EPOCH)
        .map_or(u64::MAX, |since| since.as_secs())
}
