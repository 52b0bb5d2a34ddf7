//! Reads what was typed, does it, and says in a sentence why not.

use std::process::ExitCode;

use clap::Parser as _;
use parlour::cli::Cli;

fn main() -> ExitCode {
    match parlour::commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            for sentence in fault.to_string().lines() {
                eprintln!("parlour: {sentence}");
            }
            ExitCode::FAILURE
        }
    }
}
