//! What can be typed besides plain `parlour`: each command looks, prints, and ends.

mod admin;
mod health;
mod page;
mod ports;
mod turn;

use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::{Cli, Command, ConfigArgs, ConfigCommand, TurnCommand};
use crate::config::{self, Config};
use crate::doctor::Verdict;
use crate::fault::Fault;
use crate::settings::Settings;

/// Does what was typed.
///
/// # Errors
/// A [`Fault`] whose text says what to do.
pub fn run(cli: Cli) -> Result<(), Fault> {
    match cli.command {
        None => crate::run(&cli.serve.0),
        Some(Command::Serve(args)) => crate::run(&args.0),
        Some(Command::Check(args)) => check(&args),
        Some(Command::Config(ConfigCommand::Example)) => {
            print(&config::example());
            Ok(())
        }
        Some(Command::Config(ConfigCommand::Show { origin, config })) => {
            let config = Config::load(&config.0, std::env::vars_os()).map_err(Fault::Settings)?;
            print(&config::show(&config, origin));
            Ok(())
        }
        Some(Command::Ports { format, config }) => {
            let (_, settings) = Settings::load(&config.0)?;
            print(&ports::list(&settings, format));
            Ok(())
        }
        Some(Command::Health(config)) => {
            let (_, settings) = Settings::load(&config.0)?;
            health::ask(&settings).map_err(Fault::Command)
        }
        Some(Command::Turn(TurnCommand::Credentials {
            ttl,
            name,
            application,
            config,
        })) => {
            let (config, settings) = Settings::load(&config.0)?;
            let wanted = turn::Wanted {
                ttl,
                name,
                application,
            };
            print(&turn::credentials(&config, &settings, &wanted).map_err(Fault::Command)?);
            Ok(())
        }
        Some(Command::Doctor { url, config }) => {
            let (config, settings) = Settings::load(&config.0)?;
            doctor(&config, &settings, url.as_deref())
        }
        Some(Command::Page { url: None }) => {
            let list = page::list();
            print(&list);
            eprintln!("page {}", page::digest(&list));
            Ok(())
        }
        Some(Command::Page { url: Some(url) }) => compare(&url),
        Some(Command::Admin { command, config }) => {
            let (_, settings) = Settings::load(&config.0)?;
            print(&admin::ask(&settings, &command).map_err(Fault::Command)?);
            Ok(())
        }
        Some(Command::Completions { shell }) => {
            completions(shell);
            Ok(())
        }
        Some(Command::Man { dir }) => man(&dir),
        Some(Command::Version { json }) => {
            version(json);
            Ok(())
        }
    }
}

/// Standard output may be closed, as by `| head`; that is no fault of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn check(args: &ConfigArgs) -> Result<(), Fault> {
    let (config, _) = Settings::load(&args.0)?;
    for note in &config.notes {
        print(&format!("warning: {note}\n"));
    }
    let file = match &config.file {
        Some(path) => format!("{} is", path.display()),
        None => "There is no file, and the rest is".to_owned(),
    };
    print(&format!("{file} right.\n"));
    Ok(())
}

fn doctor(config: &Config, settings: &Settings, url: Option<&str>) -> Result<(), Fault> {
    let mut failed = 0;
    wait_for(crate::doctor::examine(config, settings, url, |finding| {
        failed += usize::from(finding.verdict == Verdict::Fail);
        print(&format!("{finding}\n"));
    }))?;
    match failed {
        0 => Ok(()),
        1 => Err(Fault::Command("one thing is in the way of calls".to_owned())),
        n => Err(Fault::Command(format!("{n} things are in the way of calls"))),
    }
}

fn compare(url: &str) -> Result<(), Fault> {
    let (different, report) = wait_for(page::compare(url))?.map_err(Fault::Command)?;
    print(&report);
    if different {
        return Err(Fault::Command(
            "it gives another page than this program has in it".to_owned(),
        ));
    }
    Ok(())
}

fn wait_for<T>(what: impl Future<Output = T>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::System)?;
    Ok(runtime.block_on(what))
}

fn completions(shell: Shell) {
    // Into memory first: the generator panics when standard output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "parlour", &mut script);
    let _ = std::io::stdout().write_all(&script);
}

fn man(dir: &Path) -> Result<(), Fault> {
    clap_mangen::generate_to(Cli::command(), dir).map_err(|error| {
        Fault::Command(format!(
            "cannot write manual pages into {}: {error}",
            dir.display()
        ))
    })
}

/// For people, or for programs.
fn version(json: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let line = if json {
        // The commit is known where the build says it: PARLOUR_COMMIT=$(git rev-parse HEAD) cargo build
        serde_json::json!({
            "name": "parlour",
            "version": version,
            "commit": option_env!("PARLOUR_COMMIT"),
            "page": page::digest(page::list()),
            "protocol": [1],
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "debug": cfg!(debug_assertions),
        })
        .to_string()
    } else {
        format!("parlour {version}")
    };
    print(&format!("{line}\n"));
}
