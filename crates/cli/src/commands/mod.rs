//! The commands, one file for each resource: its arguments, and the operation that it calls.

pub mod audit;
pub mod challenge;
pub mod completions;
pub mod credentials;
pub mod dataset;
pub mod doctor;
pub mod drill;
pub mod exit_kit;
pub mod get;
pub mod hsm;
pub mod init;
pub mod key;
pub mod keystore;
pub mod ls;
pub mod man;
pub mod offboard;
pub mod put;
pub mod rekey;
pub mod restore;
pub mod revoke;
pub mod rewrap;
pub mod rm;
pub mod rotate;
pub mod status;
pub mod tenant;
pub mod watch;

use crate::{
    arguments::{Arguments, Command},
    failure::Failure,
    session::Session,
};

/// Runs a command and gives the exit status.
///
/// # Errors
/// [`Failure`] of the command.
pub async fn run(arguments: Arguments) -> Result<u8, Failure> {
    let global = arguments.global;
    // Those that need no workspace, or one that may be broken.
    let command = match arguments.command {
        Command::Init(init) => return init.run(&global).await,
        Command::Doctor(doctor) => return doctor.run(&global).await,
        Command::Tour(tour) => return tour.run(&global).await,
        Command::Completions(completions) => return completions.run(),
        Command::Man(man) => return man.run(global.output()),
        Command::Audit(audit::Audit::Witness(witness)) if witness.is_own() => {
            return witness.run_own(&global).await;
        }
        Command::Audit(audit::Audit::AcceptRollback(accept)) => return accept.run(&global).await,
        command => command,
    };
    let session = Session::open(&global).await?;
    let ended = with_workspace(command, &session).await;
    // Whatever the command was and however it ended: what it wrote is anchored before it exits.
    let closed = session.close().await;
    let status = ended?;
    closed.map(|()| status)
}

async fn with_workspace(command: Command, session: &Session) -> Result<u8, Failure> {
    match command {
        Command::Tenant(tenant) => tenant.run(session).await,
        Command::Key(key) => key.run(session).await,
        Command::Challenge(challenge) => challenge.run(session).await,
        Command::Dataset(dataset) => dataset.run(session).await,
        Command::Put(put) => put.run(session).await,
        Command::Get(get) => get.run(session).await,
        Command::Ls(ls) => ls.run(session).await,
        Command::Rm(rm) => rm.run(session).await,
        Command::Rotate(rotate) => rotate.run(session).await,
        Command::Rewrap(rewrap) => rewrap.run(session).await,
        Command::Rekey(rekey) => rekey.run(session).await,
        Command::Revoke(revoke) => revoke.run(session).await,
        Command::Restore(restore) => restore.run(session).await,
        Command::Watch(watch) => watch.run(session).await,
        Command::Drill(drill) => drill.run(session).await,
        Command::Offboard(offboard) => offboard.run(session).await,
        Command::Audit(audit) => audit.run(session).await,
        Command::Status(status) => status.run(session).await,
        Command::Keystore(keystore) => keystore.run(session).await,
        Command::Credentials(credentials) => credentials.run(session).await,
        Command::Hsm(hsm) => hsm.run(session).await,
        Command::ExitKit(exit_kit) => exit_kit.run(session).await,
        Command::Init(_)
        | Command::Doctor(_)
        | Command::Tour(_)
        | Command::Completions(_)
        | Command::Man(_) => Err(Failure::unexpected("this command needs no workspace")),
    }
}
