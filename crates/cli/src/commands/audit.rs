//! `keyward audit`: the log.

mod accept;
pub mod anchors;
mod archive;
mod counts;
mod days;
mod export;
mod fetch;
mod filters;
mod forward;
mod list;
mod names;
pub(super) mod out;
mod own_witness;
mod prove;
mod record;
mod seal;
mod show;
mod tail;
mod verify;
mod witness;

use clap::Subcommand;

use crate::{failure::Failure, session::Session};

/// Look into the audit log, verify it, prove it to others, export it
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List records, newest first
    List(list::List),
    /// Show one record, with the proof that it is in the log
    Show(show::Show),
    /// Print the newest records, and follow those that come
    Tail(tail::Tail),
    /// Find records by words
    Search(list::Search),
    /// Count records by hour or day
    Counts(counts::Counts),
    /// Recompute every hash of the log, compare all that is kept beside it, and check the signatures
    Verify(verify::Verify),
    /// Prove to others that a record is in the log, or that it continues an older checkpoint
    Prove(prove::Prove),
    /// Say which names the digests of a dataset's objects in the log stand for
    Names(names::Names),
    /// List the log's days: which are sealed, which archived, and where their records are
    Days(days::Days),
    /// Close past days: they take no more records, and the newest checkpoint is kept
    Seal(seal::Seal),
    /// Move sealed days' records from the database into encrypted files; their hashes stay
    Archive(archive::Archive),
    /// Bring an archived day's records back into the database, each checked against its hash
    Fetch(fetch::Fetch),
    /// Let the records of a day that was fetched go again
    Release(fetch::Release),
    /// Show or set how long records stay in the database, and what archives are encrypted under
    Retention(archive::Retention),
    /// Go on with a database that is older than a checkpoint kept elsewhere, for the record
    AcceptRollback(accept::AcceptRollback),
    /// Say how the log stands to every place that keeps its newest checkpoint
    Anchors(anchors::Anchors),
    /// Witnesses of the log: those of this one, or be one
    #[command(subcommand)]
    Witness(witness::Witness),
    /// Send the log to a syslog receiver, from where that has got to
    Forward(forward::Forward),
    /// Show how far each receiver has got
    Cursors(forward::Cursors),
    /// Write the log into a new folder for others to verify, or as lines for other programs
    Export(export::Export),
}

impl Audit {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        match self {
            Self::List(list) => list.run(session).await,
            Self::Show(show) => show.run(session).await,
            Self::Tail(tail) => tail.run(session).await,
            Self::Search(search) => search.run(session).await,
            Self::Counts(counts) => counts.run(session).await,
            Self::Verify(verify) => verify.run(session).await,
            Self::Prove(prove) => prove.run(session).await,
            Self::Names(names) => names.run(session).await,
            Self::Days(days) => days.run(session).await,
            Self::Seal(seal) => seal.run(session).await,
            Self::Archive(archive) => archive.run(session).await,
            Self::Fetch(fetch) => fetch.run(session).await,
            Self::Release(release) => release.run(session).await,
            Self::Retention(retention) => retention.run(session).await,
            Self::Forward(forward) => forward.run(session).await,
            Self::Cursors(cursors) => cursors.run(session).await,
            Self::Anchors(anchors) => anchors.run(session).await,
            Self::Witness(witness) => witness.run(session).await,
            Self::AcceptRollback(_) => {
                Err(Failure::unexpected("this command opens its workspace itself"))
            }
            Self::Export(export) => export.run(session).await,
        }
    }
}
