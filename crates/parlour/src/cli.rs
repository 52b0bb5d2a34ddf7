//! What can be typed: commands and flags. The flags of `serve` are made from the table in [`crate::config`].
//!
//! The help text is the manual: `-h` shows what is often needed, `--help` everything. What the words mean together is
//! decided in `settings`.

use clap::builder::ValueParser;
use clap::{
    Arg, ArgAction, ArgMatches, Args, Command as Clap, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use std::path::PathBuf;
use std::time::Duration;

use parlour_signaling::{RoomId, RoomName};

use crate::config::{Config, DEFAULT_FILE, FILE_VARIABLE, KEYS, Key, Shape, Typed};

/// Small end-to-end encrypted meetings: page, signaling and relay in one binary.
///
/// Without any option: the page on http://127.0.0.1:8080 and the TURN relay on 127.0.0.1:3478, for a first
/// look on this machine. Nothing is stored; nobody else is contacted.
#[derive(Parser)]
#[command(
    name = "parlour",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = "Settings count in this order: defaults, file, PARLOUR_* variables, flags. `--help` shows all of them."
)]
pub struct Cli {
    /// What to do; serving is the default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `serve`, which may be given without naming it.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The commands besides plain `parlour`.
#[derive(Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve(ServeArgs),
    /// Say whether the configuration is right, without starting anything
    ///
    /// Ends with 0 if it is, and with 1 and a line for each mistake if it is not. Opens no port and asks nobody.
    Check(ConfigArgs),
    /// Show the configuration, or an example of one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List the ports that must be open from outside
    ///
    /// Only what others must reach: addresses on loopback need no hole in a firewall.
    Ports {
        /// text for people; ufw and nft are commands for these firewalls; compose is for docker-compose.yml
        #[arg(long, value_enum, default_value = "text")]
        format: PortsFormat,
        /// What to look at.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Ask the running server whether it is ready; for health checks of containers
    ///
    /// Ends with 0 if it is and with 1 if it is not, within three seconds.
    Health(ConfigArgs),
    /// The TURN server for other applications
    #[command(subcommand)]
    Turn(TurnCommand),
    /// Find out why calls do not work, and what to type
    ///
    /// Looks at the running server and this machine: page, WebSocket, relay over UDP and TCP, buffers, open files, clock,
    /// addresses. A line for each: ok, warn or fail. Ends with 1 if anything fails. Asks no third party.
    Doctor {
        /// What people open, if a proxy stands in front
        url: Option<String>,
        /// What to look at.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Whether a server gives the page that is in this program; or its files and hashes
    ///
    /// Without an address: a line for each file as sha256sum writes it, to be checked where the source lies (cd web;
    /// parlour page | sha256sum --check), and the hash of this list as the last word on standard error. With an
    /// address: asks the server there for each of these files and says what is different; ends with 1 if anything is. It
    /// tells what that server gave to this machine now. To somebody else it may give something else.
    Page {
        /// The address of the page; the part of a link after # stays here
        url: Option<String>,
    },
    /// Look at the running server and steer it
    ///
    /// By its socket file (listen.admin), as the user that runs it or as root. Counts, never names.
    Admin {
        /// What to do
        #[command(subcommand)]
        command: AdminCommand,
        /// What to look at.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages into a directory
    Man {
        /// Where they go; it must exist
        dir: PathBuf,
    },
    /// Print the version
    Version {
        /// Print a JSON object instead of a line
        #[arg(long)]
        json: bool,
    },
}

/// What can be shown of the configuration.
#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print what holds, as a file that would say the same
    Show {
        /// Where each value comes from: default, line of the file, variable or flag
        #[arg(long)]
        origin: bool,
        /// What to look at.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print a file in which every setting stands with its default and its meaning, commented out
    Example,
}

/// What can be done with the TURN server for other applications.
#[derive(Subcommand)]
pub enum TurnCommand {
    /// Print credentials as a JSON object with iceServers, as browsers take it
    ///
    /// Made from the first secret of the application (public_relay.secret_file), without asking the server.
    Credentials {
        /// How long they are good
        #[arg(long, default_value = "1h", value_name = "TIME", value_parser = crate::config::read_ttl)]
        ttl: Duration,
        /// Whom they are for; quotas are kept by it
        #[arg(long)]
        name: Option<String>,
        /// The application, a name in the list of secrets [default: the first one]
        #[arg(long, value_name = "APP")]
        application: Option<String>,
        /// What to look at.
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// What can be asked of the running server.
#[derive(Subcommand)]
pub enum AdminCommand {
    /// Say whether people get in, and how long the certificate is good
    Status,
    /// Count rooms, people, and allocations of the relay
    Rooms,
    /// Print all metrics
    Metrics,
    /// Let nobody new in, for a change of servers; calls go on
    ///
    /// /readyz says no and new WebSockets are refused, those of people who reconnect included. To end everything, stop
    /// the server: it says good-bye by itself.
    Drain {
        /// Let people in again
        #[arg(long)]
        undo: bool,
    },
    /// End a room, or all of them: everybody in it is told that it is over
    ///
    /// Its link stays dead; a name is free again for whoever comes next. Media that goes directly from page to page ends
    /// because the pages end it. Says how many rooms there were.
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Close {
        /// /r/NAME, or the public id of a room, which its pages send when they look for it (docs/protocol.md)
        // One id in 64 begins with a hyphen.
        #[arg(group = "which", value_parser = room, allow_hyphen_values = true)]
        room: Option<String>,
        /// Every room of this server
        #[arg(long, group = "which")]
        all: bool,
    },
    /// Show or change how much is logged, until the next start
    LogLevel {
        /// off, error, warn, info, debug or trace
        #[arg(value_parser = log_level)]
        level: Option<String>,
    },
}

fn log_level(text: &str) -> Result<String, String> {
    crate::log::Level::read(text).map(|level| level.to_string())
}

/// The public id of a room that is named one way or the other.
fn room(text: &str) -> Result<String, String> {
    let id = match text.strip_prefix("/r/") {
        Some(name) => RoomName::of_name(name).and_then(|name| name.id()),
        None => RoomId::from_text(text),
    };
    id.map(RoomId::to_text)
        .ok_or_else(|| "allowed is /r/NAME or a public id of 16 letters, digits, - and _".to_owned())
}

/// Forms of the list of ports.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PortsFormat {
    /// For people.
    Text,
    /// Commands for ufw.
    Ufw,
    /// Commands for nft.
    Nft,
    /// The ports of a service in docker-compose.yml.
    Compose,
}

/// Options of the running server: `--config`, and a flag for each key.
#[derive(Clone, Default)]
pub struct ServeArgs(pub Typed);

/// The same for commands that only look at the configuration; their help shows `--config` alone.
#[derive(Clone, Default)]
pub struct ConfigArgs(pub Typed);

/// The id of `--config`; no key is named so.
const CONFIG: &str = "config";

impl Args for ServeArgs {
    fn augment_args(command: Clap) -> Clap {
        augment(command, false)
    }
    fn augment_args_for_update(command: Clap) -> Clap {
        augment(command, false)
    }
}

impl FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(typed(matches)))
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = typed(matches);
        Ok(())
    }
}

impl Args for ConfigArgs {
    fn augment_args(command: Clap) -> Clap {
        augment(command, true).after_help("Takes every option of `parlour serve`, too; see `parlour --help`.")
    }
    fn augment_args_for_update(command: Clap) -> Clap {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ConfigArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(typed(matches)))
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = typed(matches);
        Ok(())
    }
}

fn augment(command: Clap, hidden: bool) -> Clap {
    let file = Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help(format!(
            "File with settings [default: {DEFAULT_FILE} if it is there] [env: {FILE_VARIABLE}]"
        ))
        // `parlour admin rooms --config FILE` is as good as `parlour admin --config FILE rooms`.
        .global(hidden);
    let defaults = Config::default();
    command.arg(file).args(
        KEYS.iter()
            .filter(|key| !key.secret)
            .map(|key| flag(key, &defaults).hide(hidden).global(hidden)),
    )
}

fn flag(key: &'static Key, defaults: &Config) -> Arg {
    let mut help = key.help.to_owned();
    if let [one] = &defaults.texts(key)[..] {
        help += &format!(" [default: {one}]");
    }
    help += &format!(" [env: {}]", key.variable());
    let arg = Arg::new(key.name)
        .long(key.flag())
        .value_name(key.placeholder)
        .value_parser(ValueParser::from(move |text: &str| {
            key.check(text).map(|()| text.to_owned())
        }))
        .help(help)
        .help_heading(key.section().heading)
        .hide_short_help(key.is_budget());
    match key.shape {
        Shape::List => arg.action(ArgAction::Append).value_delimiter(','),
        Shape::Text | Shape::Number => arg.action(ArgAction::Set),
        // `--lan` says yes; `--lan=false` takes back what the file says.
        Shape::Switch => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
    }
}

fn typed(matches: &ArgMatches) -> Typed {
    let given = |(index, key): (usize, &Key)| {
        let texts = matches.get_many::<String>(key.name)?;
        Some((index, texts.cloned().collect()))
    };
    let flags = KEYS.iter().enumerate().filter(|(_, key)| !key.secret);
    Typed {
        file: matches.get_one::<PathBuf>(CONFIG).cloned(),
        flags: flags.filter_map(given).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_room_may_begin_like_a_flag() {
        for start in ["-U", "--", "-h", "--all"] {
            let id = &format!("{start:A<16}");
            let typed = Cli::try_parse_from(["parlour", "admin", "close", id]);
            let Some(Command::Admin {
                command: AdminCommand::Close { room, .. },
                ..
            }) = typed.unwrap().command
            else {
                panic!("{id} was read as another command");
            };
            assert_eq!(room.as_ref(), Some(id));
        }
        let all = Cli::try_parse_from(["parlour", "admin", "close", "--all"]);
        assert!(all.is_ok());
        assert!(Cli::try_parse_from(["parlour", "admin", "close", "--al"]).is_err());
    }
}
