//! Asking witnesses, and keeping what they answer.

use chrono::{DateTime, Utc};
use keyward_ledger::{Checkpoint, LedgerError, Note, WitnessKey, WitnessRequest};
use keyward_store::{
    Connection,
    tables::audit_checkpoints::{self, AuditCheckpoint},
};
use keyward_witness::{Answer, Exchange, HttpWitness, WitnessError};

use super::{
    Anchors, Finding, Said, Seen,
    settings::{self, Row},
    standing,
};
use crate::EngineError;

/// A busy log asks a witness under a URL so often, in seconds.
const SELDOM: i64 = 60;

/// A cosignature that was taken.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Taken {
    /// The witness's name.
    pub witness: String,
    /// How many records the checkpoint has that it cosigned.
    pub size: u64,
    /// When it did, by its own clock.
    pub at: DateTime<Utc>,
}

impl Anchors {
    /// Asks every witness that can be asked, and takes what they have answered. With `all`, also those
    /// that have cosigned the newest checkpoint already, or a moment ago: only so does a witness tell that
    /// it has seen more.
    pub(crate) async fn ask_witnesses(&self, all: bool) -> Result<Vec<Seen>, EngineError> {
        let rows = settings::list(&mut *self.store.read().await?).await?;
        let mut seen = Vec::new();
        for row in rows {
            let Some(key) = row.key()? else { continue };
            if row.parted_at.is_some() {
                continue;
            }
            let asked = match (&row.url, &row.folder) {
                (Some(url), _) => self.ask_url(&row, &key, url, all).await,
                (None, Some(folder)) => self.ask_in_folder(&row, &key, folder).await,
                (None, None) => continue,
            };
            let said = match asked {
                Ok(Some(said)) => said,
                Ok(None) => continue,
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => Said::Unreachable(error),
            };
            seen.push(Seen { place: format!("witness `{}`", row.name), said });
        }
        Ok(seen)
    }

    /// What a witness is to be asked now.
    pub(crate) async fn request(&self, old: u64) -> Result<WitnessRequest, EngineError> {
        let mut reader = self.store.snapshot().await?;
        let head = standing::head(&mut reader, &self.key).await?;
        let path = standing::consistency(&mut reader, old, head.checkpoint.size).await?;
        let checkpoint = standing::bare(&Note::parse(&head.note)?, &self.key)?;
        Ok(WitnessRequest { old, path, checkpoint })
    }

    /// Checks a cosigned checkpoint against the log, and keeps its witness's lines in the caller's
    /// transaction.
    pub(crate) async fn keep(
        &self,
        connection: &mut Connection,
        key: &WitnessKey,
        cosigned: &Note,
    ) -> Result<Result<Taken, Finding>, EngineError> {
        let checkpoint = Checkpoint::verify_note(cosigned, &self.key)?;
        let at = key.cosigned(cosigned)?;
        let head = standing::head(connection, &self.key).await?;
        let standing =
            standing::compare_checkpoint(connection, &head, &checkpoint, Some(at)).await?;
        if let Err(finding) = standing {
            return Ok(Err(finding));
        }
        let mut note = match audit_checkpoints::get(connection, checkpoint.size).await? {
            Some(kept) => Note::parse(&kept.note)?,
            None => standing::bare(cosigned, &self.key)?,
        };
        // Asked again it cosigns again. One line of each is enough, and a note has room for 100.
        if note.text() == cosigned.text() && key.cosigned(&note).is_err() {
            for line in cosigned.signatures() {
                if line.name == *key.name() && line.id == key.id() {
                    note.add(line.clone())?;
                }
            }
            let kept = AuditCheckpoint { size: checkpoint.size, note: note.to_string() };
            audit_checkpoints::put(connection, &kept).await?;
        }
        let mut rows = settings::list(connection).await?;
        let ours = rows.iter_mut().find(|row| row.name == key.name().as_str());
        if let Some(row) = ours.filter(|row| row.cosigned < checkpoint.size) {
            row.cosigned = checkpoint.size;
            settings::set(connection, &rows).await?;
        }
        Ok(Ok(Taken { witness: key.name().to_string(), size: checkpoint.size, at }))
    }

    async fn ask_url(
        &self,
        row: &Row,
        key: &WitnessKey,
        url: &str,
        all: bool,
    ) -> Result<Option<Said>, EngineError> {
        let request = match self.request(row.cosigned).await {
            Ok(request) => request,
            // What was cosigned is more than there is.
            Err(EngineError::Ledger(LedgerError::NoSuchProof { .. })) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !all && !self.due(row, &request).await? {
            return Ok(None);
        }
        let witness = HttpWitness::new(url)?;
        let mut request = request;
        for _ in 0..super::TURNS {
            match witness.add_checkpoint(&request).await {
                Ok(Answer::Cosigned(lines)) => {
                    let mut cosigned = request.checkpoint.clone();
                    // "The client MUST ignore any cosignatures from unknown keys."
                    for line in lines.into_iter().filter(|line| line.name == *key.name()) {
                        cosigned.add(line)?;
                    }
                    return self.take(key, &cosigned).await.map(Some);
                }
                Ok(Answer::Seen(seen)) => {
                    // Read anew: another process may have been there with a newer one.
                    request = self.request(seen).await?;
                    let here = Checkpoint::parse(request.checkpoint.text())?.size;
                    if seen > here {
                        let finding = Finding::RolledBack { kept: seen, at: None, here };
                        return Ok(Some(Said::Contradicts { finding, kept: None }));
                    }
                }
                // "If they don't match, the witness MUST respond with a 409"; "if the Merkle
                // Consistency Proof doesn't verify, ... 422".
                Err(WitnessError::Refused { status: 409 | 422, .. }) => {
                    let here = Checkpoint::parse(request.checkpoint.text())?.size;
                    let finding = Finding::Forked { kept: request.old, at: None, here };
                    return Ok(Some(Said::Contradicts { finding, kept: None }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::ChangedMeanwhile(format!("witness `{}`", row.name)))
    }

    /// Whether a busy log should ask this witness again.
    async fn due(&self, row: &Row, request: &WitnessRequest) -> Result<bool, EngineError> {
        let size = Checkpoint::parse(request.checkpoint.text())?.size;
        if size == row.cosigned {
            return Ok(false);
        }
        let mut reader = self.store.read().await?;
        let kept = audit_checkpoints::get(&mut reader, row.cosigned).await?;
        let last = match (kept, row.key()?) {
            (Some(kept), Some(key)) => key.cosigned(&Note::parse(&kept.note)?).ok(),
            _ => None,
        };
        Ok(last.is_none_or(|last| (self.clock.now() - last).num_seconds().abs() >= SELDOM))
    }

    async fn ask_in_folder(
        &self,
        row: &Row,
        key: &WitnessKey,
        folder: &str,
    ) -> Result<Option<Said>, EngineError> {
        let exchange = Exchange::new(folder, key.name().clone());
        let origin = self.key.name().clone();
        let there = {
            let (exchange, origin) = (exchange.clone(), origin.clone());
            blocking(move || exchange.answer(&origin)).await?
        };
        let mut cosigned = row.cosigned;
        let mut said = Said::Nothing;
        if let Some(note) = there {
            let size = Checkpoint::parse(note.text())?.size;
            // A copy of an old answer is no news; one that we don't know is.
            said = if size == cosigned {
                let mut reader = self.store.snapshot().await?;
                let head = standing::head(&mut reader, &self.key).await?;
                let checkpoint = Checkpoint::verify_note(&note, &self.key)?;
                let at = key.cosigned(&note)?;
                let compared =
                    standing::compare_checkpoint(&mut reader, &head, &checkpoint, Some(at));
                match compared.await? {
                    Ok(()) => Said::Continued { size, kept: None },
                    Err(finding) => Said::Contradicts { finding, kept: None },
                }
            } else {
                self.take(key, &note).await?
            };
            match &said {
                Said::Continued { size, .. } => cosigned = cosigned.max(*size),
                _ => return Ok(Some(said)),
            }
        }
        let request = self.request(cosigned).await?;
        if Checkpoint::parse(request.checkpoint.text())?.size > cosigned {
            blocking(move || exchange.ask(&origin, &request)).await?;
        }
        Ok(Some(said))
    }

    async fn take(&self, key: &WitnessKey, cosigned: &Note) -> Result<Said, EngineError> {
        let mut write = self.store.write().await?;
        match self.keep(&mut write, key, cosigned).await? {
            Ok(taken) => {
                write.commit().await?;
                Ok(Said::Continued { size: taken.size, kept: None })
            }
            Err(finding) => Ok(Said::Contradicts { finding, kept: None }),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WitnessError> + Send + 'static,
) -> Result<T, EngineError> {
    let work = tokio::task::spawn_blocking(work);
    match tokio::time::timeout(super::PATIENCE, work).await {
        Ok(Ok(done)) => Ok(done?),
        Ok(Err(_)) | Err(_) => Err(EngineError::AnchorSilent { place: "the folder".into() }),
    }
}
