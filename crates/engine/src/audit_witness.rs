//! The witnesses of the log, and the places that keep its newest checkpoint: adding them, taking what
//! they cosigned, and saying how the log stands to each.

use chrono::{DateTime, Utc};
use keyward_ledger::{Action, Checkpoint, Note, WitnessKey, WitnessRequest};
use keyward_store::{Connection, tables::audit_checkpoints};
use keyward_witness::HttpWitness;

use crate::{
    Engine, EngineError, OperationContext,
    anchor::{
        Said, Seen,
        settings::{self, Row},
        standing,
    },
    operation::Entry,
};

pub use crate::anchor::Taken;

/// A witness to add, or a folder that keeps checkpoints.
#[derive(Clone, Debug, Default)]
pub struct NewWitness {
    /// What checks its cosignatures. A folder alone needs none.
    pub key: Option<WitnessKey>,
    /// Its submission prefix, where it is asked over HTTP.
    pub url: Option<String>,
    /// The folder where it is met, or that keeps checkpoints.
    pub folder: Option<String>,
}

/// A witness, and what it has cosigned.
#[derive(Clone, Debug, serde::Serialize)]
pub struct WitnessView {
    /// Its name, or the folder's path.
    pub name: String,
    /// What checks its cosignatures.
    pub key: Option<String>,
    /// Where it is asked.
    pub url: Option<String>,
    /// The folder where it is met.
    pub folder: Option<String>,
    /// Since when.
    pub added_at: DateTime<Utc>,
    /// How many records the newest checkpoint has that it cosigned, checked again just now.
    pub cosigned: Option<u64>,
    /// When it did, by its own clock.
    pub cosigned_at: Option<DateTime<Utc>>,
    /// How many records have come since.
    pub behind: u64,
    /// When this log went on from an older state than the witness had cosigned.
    pub parted_at: Option<DateTime<Utc>>,
}

/// What a place says of the log.
#[derive(Clone, Debug, serde::Serialize)]
pub struct AnchorView {
    /// The place.
    pub place: String,
    /// `current`, `behind`, `none`, `unreachable`, `rolled-back`, `forked` or `foreign`.
    pub found: &'static str,
    /// How many records the checkpoint has that it keeps.
    pub size: Option<u64>,
    /// When it was kept.
    pub at: Option<DateTime<Utc>>,
    /// What is wrong, and what to do.
    pub detail: Option<String>,
}

/// How the log stands to everything outside the database.
#[derive(Clone, Debug, serde::Serialize)]
pub struct WitnessReport {
    /// How many records the log has.
    pub records: u64,
    /// What every place and witness that can be asked says.
    pub anchors: Vec<AnchorView>,
    /// The witnesses, and what they have cosigned.
    pub witnesses: Vec<WitnessView>,
}

impl Engine {
    /// Has the newest checkpoint kept by every place and asked of every witness, now.
    ///
    /// # Errors
    /// [`EngineError::LogRolledBack`], [`EngineError::LogForked`], [`EngineError::AnchorForeign`] where
    /// one of them contradicts the database. One that can't be reached is warned of.
    pub async fn anchor_now(&self) -> Result<(), EngineError> {
        self.anchors.write(false).await
    }

    /// What every place says of the database, as words: contradictions are in the answer and no error.
    /// With `ask`, the witnesses too, by showing them the newest checkpoint. Leaves no record.
    ///
    /// # Errors
    /// The store's.
    pub async fn witness_report(&self, ask: bool) -> Result<WitnessReport, EngineError> {
        let seen = self.anchors.look(ask).await?;
        self.report(seen).await
    }

    async fn report(&self, seen: Vec<Seen>) -> Result<WitnessReport, EngineError> {
        let mut reader = self.store.snapshot().await?;
        let head = standing::head(&mut reader, &self.verifier_key()).await?;
        let records = head.checkpoint.size;
        let mut witnesses = Vec::new();
        for row in settings::list(&mut reader).await? {
            witnesses.push(view(&mut reader, row, records).await?);
        }
        let anchors = seen.into_iter().map(|seen| anchor_view(seen, records)).collect();
        Ok(WitnessReport { records, anchors, witnesses })
    }

    /// As [`witness_report`](Self::witness_report), asking everybody, once nobody contradicts the database.
    ///
    /// # Errors
    /// As [`anchor_now`](Self::anchor_now).
    pub async fn check_anchors(&self) -> Result<WitnessReport, EngineError> {
        let mut all = Vec::new();
        for seen in self.anchors.look(true).await? {
            self.anchors.note_seen(&seen);
            match seen.said {
                Said::Contradicts { finding, .. } => return Err(finding.at(&seen.place)),
                _ => all.push(seen),
            }
        }
        self.report(all).await
    }

    /// Adds a witness or a folder. It is asked from the next checkpoint on.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] without key and folder, and where there is no such folder;
    /// [`EngineError::AlreadyExists`]; [`EngineError::Witness`] of a URL that none can have.
    pub async fn add_witness(
        &self,
        context: &OperationContext,
        new: NewWitness,
    ) -> Result<WitnessView, EngineError> {
        let name = match (&new.key, &new.folder) {
            (Some(key), _) => key.name().to_string(),
            (None, Some(folder)) => folder.clone(),
            (None, None) => String::new(),
        };
        let mut entry = Entry::new(Action::WitnessAdd).with("witness", name.as_str());
        for (field, value) in [
            ("key", new.key.as_ref().map(ToString::to_string)),
            ("url", new.url.clone()),
            ("folder", new.folder.clone()),
        ] {
            if let Some(value) = value {
                entry = entry.with(field, value);
            }
        }
        self.guard(context, entry.clone(), async {
            check(&new)?;
            let row = Row {
                name: name.clone(),
                key: new.key.as_ref().map(ToString::to_string),
                url: new.url,
                folder: new.folder,
                added_at: self.clock.now(),
                cosigned: 0,
                parted_at: None,
            };
            let mut change = self.begin().await?;
            let mut rows = settings::list(&mut change).await?;
            if rows.iter().any(|there| there.name == name) {
                return Err(EngineError::AlreadyExists { what: "witness", name });
            }
            rows.push(row.clone());
            settings::set(&mut change, &rows).await?;
            let added = view(&mut change, row, 0).await?;
            self.commit(change, context, vec![entry]).await?;
            Ok(added)
        })
        .await
    }

    /// Removes a witness or a folder. What it has cosigned stays.
    ///
    /// # Errors
    /// [`EngineError::WitnessNotFound`].
    pub async fn remove_witness(
        &self,
        context: &OperationContext,
        name: &str,
    ) -> Result<(), EngineError> {
        let entry = Entry::new(Action::WitnessRemove).with("witness", name);
        self.guard(context, entry.clone(), async {
            let mut change = self.begin().await?;
            let mut rows = settings::list(&mut change).await?;
            let before = rows.len();
            rows.retain(|row| row.name != name);
            if rows.len() == before {
                return Err(EngineError::WitnessNotFound(name.into()));
            }
            settings::set(&mut change, &rows).await?;
            self.commit(change, context, vec![entry]).await
        })
        .await
    }

    /// What to send this witness: the newest checkpoint, and the proof since the last that it cosigned as
    /// far as this log knows, or since `from`. Leaves no record.
    ///
    /// # Errors
    /// [`EngineError::WitnessNotFound`]; [`EngineError::InvalidInput`] for a `from` beyond the log.
    pub async fn witness_request(
        &self,
        name: &str,
        from: Option<u64>,
    ) -> Result<WitnessRequest, EngineError> {
        let rows = settings::list(&mut *self.store.read().await?).await?;
        let row = rows.into_iter().find(|row| row.name == name && row.key.is_some());
        let row = row.ok_or_else(|| EngineError::WitnessNotFound(name.into()))?;
        let old = from.unwrap_or(row.cosigned);
        let request = self.anchors.request(old).await?;
        let here = Checkpoint::parse(request.checkpoint.text())?.size;
        if old > here {
            return Err(EngineError::InvalidInput(format!(
                "the log has {here} records, so there is no proof from {old} on"
            )));
        }
        Ok(request)
    }

    /// Takes the cosignatures of known witnesses from a checkpoint that somebody brings, and keeps them
    /// with the log.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] where no known witness has cosigned it; as
    /// [`anchor_now`](Self::anchor_now) where it contradicts the database; [`EngineError::Ledger`] where
    /// it isn't this log's, or a cosignature is wrong.
    pub async fn take_cosignatures(
        &self,
        context: &OperationContext,
        note: &str,
    ) -> Result<Vec<Taken>, EngineError> {
        let entry = Entry::new(Action::WitnessCosign);
        self.guard(context, entry.clone(), async {
            let note = Note::parse(note)?;
            let mut change = self.begin().await?;
            let mut all = Vec::new();
            for row in settings::list(&mut change).await? {
                let Some(key) = row.key()? else { continue };
                let signed = note
                    .signatures()
                    .iter()
                    .any(|line| line.name == *key.name() && line.id == key.id());
                if !signed {
                    continue;
                }
                match self.anchors.keep(&mut change, &key, &note).await? {
                    Ok(taken) => all.push(taken),
                    Err(finding) => return Err(finding.at(&format!("witness `{}`", row.name))),
                }
            }
            if all.is_empty() {
                return Err(EngineError::InvalidInput(
                    "no witness of this log has cosigned this checkpoint; add it first with `keyward audit witness add`".into(),
                ));
            }
            let entries = all
                .iter()
                .map(|taken| {
                    entry
                        .clone()
                        .with("witness", taken.witness.as_str())
                        .with("size", taken.size)
                        .with("cosigned_at", taken.at.to_rfc3339())
                })
                .collect();
            self.commit(change, context, entries).await?;
            Ok(all)
        })
        .await
    }
}

/// What can be told about a new witness before it is asked.
fn check(new: &NewWitness) -> Result<(), EngineError> {
    let invalid = |text: &str| Err(EngineError::InvalidInput(text.into()));
    match (&new.key, &new.url, &new.folder) {
        (None, Some(_), _) => return invalid("a witness under a URL has a key; give it as well"),
        (None, None, None) => return invalid("give a witness's key, or a folder"),
        (_, Some(_), Some(_)) => {
            return invalid("a witness is met under a URL or in a folder; give one of them");
        }
        _ => {}
    }
    if let Some(url) = &new.url {
        HttpWitness::new(url)?;
    }
    match &new.folder {
        Some(folder) if !std::path::Path::new(folder).is_dir() => {
            Err(EngineError::InvalidInput(format!(
                "there is no folder `{folder}`; make it, where this workspace's writers don't reach"
            )))
        }
        _ => Ok(()),
    }
}

/// A witness with what it has cosigned, verified from the kept checkpoint.
async fn view(
    connection: &mut Connection,
    row: Row,
    records: u64,
) -> Result<WitnessView, EngineError> {
    let (mut cosigned, mut cosigned_at) = (None, None);
    if let (Some(key), true) = (row.key()?, row.cosigned > 0)
        && let Some(kept) = audit_checkpoints::get(connection, row.cosigned).await?
    {
        cosigned_at = Some(key.cosigned(&Note::parse(&kept.note)?)?);
        cosigned = Some(row.cosigned);
    }
    Ok(WitnessView {
        behind: records.saturating_sub(row.cosigned),
        name: row.name,
        key: row.key,
        url: row.url,
        folder: row.folder,
        added_at: row.added_at,
        cosigned,
        cosigned_at,
        parted_at: row.parted_at,
    })
}

fn anchor_view(seen: Seen, records: u64) -> AnchorView {
    let (found, size, at, detail) = match seen.said {
        Said::Continued { size, kept } => {
            let found = if size < records { "behind" } else { "current" };
            (found, Some(size), kept.and_then(|kept| kept.at), None)
        }
        Said::Nothing => {
            let detail = "keeps no checkpoint of this log yet, or it was taken away";
            ("none", None, None, Some(detail.to_owned()))
        }
        Said::Unreachable(error) => ("unreachable", None, None, Some(error.to_string())),
        Said::Contradicts { finding, kept } => {
            let found = finding.as_str();
            let size = kept.as_ref().and_then(|kept| {
                Some(Checkpoint::parse(Note::parse(&kept.note).ok()?.text()).ok()?.size)
            });
            let at = kept.and_then(|kept| kept.at);
            (found, size, at, Some(finding.at(&seen.place).to_string()))
        }
    };
    AnchorView { place: seen.place, found, size, at, detail }
}
