//! The command line: what is global, and the commands. Each command's own arguments are in its file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use keyward_core::Role;
use keyward_workspace::AzureCredential;

use crate::{commands, output::Output, tour};

/// What stands between paths in the platform's `PATH`.
const PATHS: char = if cfg!(windows) { ';' } else { ':' };

/// Encrypt each customer's data under that customer's own key.
#[derive(Debug, Parser)]
#[command(
    name = "keyward",
    version,
    max_term_width = 100,
    propagate_version = true,
    after_help = "Exit status: 0 done, 1 unexpected, 2 invalid, 3 denied, 4 not found, 5 conflict, \
                  6 unavailable, 7 integrity, 8 this machine."
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The workspace's folder; usually in the platform's place for data
    #[arg(
        long,
        global = true,
        env = "KEYWARD_WORKSPACE",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub workspace: Option<PathBuf>,
    /// Print one JSON document; errors too, on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Act as administrator, security-officer, application or tenant-approver:TENANT
    #[arg(long, global = true, value_name = "ROLE")]
    pub role: Option<Role>,
    /// Read the passphrase from a file's first line (else KEYWARD_PASSPHRASE, else a prompt)
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The profile of AWS's configuration to use
    #[arg(long, global = true, value_name = "NAME")]
    pub aws_profile: Option<String>,
    /// The endpoint to use instead of AWS KMS's own
    #[arg(long, global = true, value_name = "URL")]
    pub aws_endpoint: Option<String>,
    /// The address to use instead of Azure's own; `{vault}` in it is the vault's name
    #[arg(
        long,
        global = true,
        env = "KEYWARD_AZURE_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub azure_endpoint: Option<String>,
    /// Trust the certificate authorities of this file for Azure too, in PEM
    #[arg(
        long,
        global = true,
        env = "KEYWARD_AZURE_CA_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub azure_ca_file: Option<PathBuf>,
    /// Where Azure's tokens come from: environment, client-secret, workload-identity,
    /// managed-identity[:CLIENT-ID], azure-cli or token-file:PATH
    #[arg(
        long,
        global = true,
        env = "KEYWARD_AZURE_CREDENTIAL",
        hide_env_values = true,
        value_name = "SOURCE"
    )]
    pub azure_credential: Option<AzureCredential>,
    /// A PKCS#11 module that may be loaded for keys in HSMs; several as in PATH, or by repeating it
    #[arg(
        long,
        global = true,
        env = "KEYWARD_PKCS11_MODULE",
        hide_env_values = true,
        value_name = "LIBRARY",
        value_delimiter = PATHS
    )]
    pub pkcs11_module: Vec<PathBuf>,
    /// No progress, no warnings
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

impl Global {
    /// How results are printed.
    pub fn output(&self) -> Output {
        Output { json: self.json, quiet: self.quiet }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(commands::init::Init),
    #[command(subcommand)]
    Tenant(commands::tenant::Tenant),
    #[command(subcommand)]
    Key(commands::key::Key),
    #[command(subcommand)]
    Challenge(commands::challenge::Challenge),
    #[command(subcommand)]
    Dataset(commands::dataset::Dataset),
    Put(commands::put::Put),
    Get(commands::get::Get),
    Ls(commands::ls::Ls),
    Rm(commands::rm::Rm),
    #[command(subcommand)]
    Rotate(commands::rotate::Rotate),
    Rewrap(commands::rewrap::Rewrap),
    Rekey(commands::rekey::Rekey),
    Revoke(commands::revoke::Revoke),
    Restore(commands::restore::Restore),
    Watch(commands::watch::Watch),
    Drill(commands::drill::Drill),
    Offboard(commands::offboard::Offboard),
    #[command(subcommand)]
    Audit(commands::audit::Audit),
    Status(commands::status::Status),
    ExitKit(commands::exit_kit::ExitKit),
    Doctor(commands::doctor::Doctor),
    #[command(subcommand)]
    Keystore(commands::keystore::Keystore),
    #[command(subcommand)]
    Credentials(commands::credentials::Credentials),
    #[command(subcommand)]
    Hsm(commands::hsm::Hsm),
    Tour(tour::Tour),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    /// Every command's help as people see it, in one text: what changes for them shows in review.
    #[test]
    fn help_reads_well() {
        let mut text = String::new();
        let mut command = Arguments::command().term_width(100);
        command.build();
        collect(&mut command, &mut text);
        insta::assert_snapshot!(text);
    }

    fn collect(command: &mut clap::Command, text: &mut String) {
        if command.get_name() == "help" {
            return;
        }
        // What every command takes is in the first one's help.
        let help = command.render_help().to_string();
        let own = match help.split_once("\nGlobal options:") {
            Some((own, _)) if !text.is_empty() => own.to_owned(),
            _ => help,
        };
        let lines: Vec<&str> = own.lines().map(str::trim_end).collect();
        *text += &format!(
            "--- {}\n{}\n\n",
            command.get_display_name().unwrap_or("keyward"),
            lines.join("\n")
        );
        command.get_subcommands_mut().for_each(|below| collect(below, text));
    }
}
