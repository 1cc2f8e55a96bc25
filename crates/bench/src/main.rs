//! Keyward's measurements: every row stands beside something else that ran in the same rounds.
//!
//! `keyward-bench [NAME] [--json FILE] [--quick] [--workspace DIR]`; `cargo xtask bench` sets up the peers and runs it.
//! Exits 1 where a row falls short. `docs/benchmarks.md` says how each row is measured and what limits
//! it.

mod bench;
mod error;
mod peers;
mod rows;
mod samples;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use bench::Bench;
use error::BenchError;
use rows::{desktop, resident};

/// Measures Keyward beside its peers.
#[derive(Parser)]
#[command(name = "keyward-bench", version)]
struct Arguments {
    /// Runs the rows whose name starts with this.
    name: Option<String>,
    /// Writes the rows to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Small sizes and few rounds: shows that the rows work, and gives no figures of record.
    #[arg(long)]
    quick: bool,
    /// The large workspace for the rows of the desktop console; made where there is none
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Runs as the process whose memory a row measures.
    #[arg(long, hide = true, num_args = 3, value_names = ["PATH", "FOLDER", "LENGTH"])]
    resident: Option<Vec<String>>,
    /// Runs as the process that asks for pages of a workspace's log.
    #[arg(long, hide = true, num_args = 2, value_names = ["WORKSPACE", "EACH"])]
    pages: Option<Vec<String>>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(task) = arguments.resident {
        resident::child(&runtime, &task)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(task) = arguments.pages {
        desktop::pages::child(&runtime, &task)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut bench = Bench::new(arguments.name, arguments.quick, runtime);
    bench.workspace = arguments.workspace;
    rows::run(&mut bench)?;
    if let Some(file) = arguments.json {
        std::fs::write(file, bench.json()?)?;
    }
    Ok(if bench.conclude() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
