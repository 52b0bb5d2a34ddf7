//! What can be typed: commands and flags. The flags of `serve` are made from the table in [`crate::config`].
//!
//! The help text is the manual: `-h` shows what is often needed, `--help` everything. What the words mean together is
//! decided in `settings`.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command as Clap, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;

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
        ));
    let defaults = Config::default();
    command.arg(file).args(
        KEYS.iter()
            .filter(|key| !key.secret)
            .map(|key| flag(key, &defaults).hide(hidden)),
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
