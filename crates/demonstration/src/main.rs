//! `keyward-demonstration --workspace DIR`: makes the demonstration, and prints what it made.

mod secrets;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use keyward_demonstration::{DemonstrationError, scale::Scale};

/// Makes a workspace to look at, by living a few months of an invented company's life
#[derive(Parser)]
struct Arguments {
    /// The new or empty folder to make it in
    #[arg(long, value_name = "DIR")]
    workspace: PathBuf,
    /// Seals the workspace's secrets with the passphrase in this file; usually they rest in the OS keyring,
    /// or where that can't be reached, are sealed with a new one that is written beside the workspace
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Makes a large workspace instead: `tenants=10000,data-keys=100000,records=1000000`
    #[arg(long, value_name = "SIZES")]
    scale: Option<Scale>,
}

fn main() -> ExitCode {
    keyward_workspace::harden();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), DemonstrationError> {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| DemonstrationError::File { path: "the runtime".into(), source })?;
    let secrets = secrets::choose(&arguments.workspace, arguments.passphrase_file.as_deref())?;
    let folder = &arguments.workspace;
    runtime.block_on(async {
        let seconds = || began.elapsed().as_secs_f64();
        if let Some(scale) = arguments.scale {
            let records = keyward_demonstration::scale::make(folder, secrets, scale).await?;
            println!(
                "made {} in {:.0} s: {scale}, {records} records in its log",
                folder.display(),
                seconds()
            );
            return Ok(());
        }
        let told = keyward_demonstration::make(folder, secrets).await?;
        println!(
            "made {} in {:.0} s: {} tenants, {} data keys to rewrap, {} verified records, {} archived day",
            folder.display(),
            seconds(),
            told.tenants,
            told.to_rewrap,
            told.records,
            told.archived_days
        );
        Ok(())
    })
}
