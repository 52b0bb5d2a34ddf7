//! Reads what was typed, does it, and says in a sentence why not.

use std::process::ExitCode;

use clap::Parser as _;
use parlour::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => parlour::run(&cli.serve),
        Some(Command::Serve(args)) => parlour::run(&args),
        Some(Command::Version { json }) => {
            parlour::print_version(json);
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("parlour: {fault}");
            ExitCode::FAILURE
        }
    }
}
