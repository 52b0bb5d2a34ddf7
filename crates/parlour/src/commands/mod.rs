//! What can be typed besides plain `parlour`: each command looks, prints, and ends.

use std::io::Write as _;

use crate::cli::{Cli, Command, ConfigArgs, ConfigCommand};
use crate::config::{self, Config};
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

/// For people, or for programs.
fn version(json: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let line = if json {
        serde_json::json!({ "name": "parlour", "version": version, "protocol": [1] }).to_string()
    } else {
        format!("parlour {version}")
    };
    print(&format!("{line}\n"));
}
