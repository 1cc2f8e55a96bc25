//! Anchors: the newest checkpoint outside the database, and what they say when the database is older.
//!
//! Whoever can write the database can put an older copy in its place, and every hash in it is right.
//! So each checkpoint goes, after it is durable, to places that such a person doesn't reach as well: the
//! account's own (what a surface brings) and the folders and witnesses that the workspace is set to use.
//! An opening compares all that it can reach, and refuses a database that is older or another one.
//!
//! INVARIANT: no place is ever written without comparing it with the database first, and none goes back
//! but by [`Anchors::replace`], after the decision is in the log. Killed between commit and anchor, a
//! place holds an older checkpoint that the log continues, and the next writing brings it up to date.

pub(crate) mod settings;
pub(crate) mod standing;
mod witnesses;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use keyward_ledger::{Note, VerifierKey};
use keyward_store::Store;
use keyward_witness::{FolderPlace, Kept, Place, WitnessError};
use parking_lot::Mutex;
use tokio::{sync::watch, time::timeout};

pub use standing::unjudged_request;
pub(crate) use standing::{Finding, Head};
pub use witnesses::Taken;

use crate::{EngineError, clock::ForwardClock, log::Published};

/// How long checkpoints gather before the newest is kept.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a place may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a place may have been written by another process while we compared.
const TURNS: usize = 16;

/// What one place or witness says.
#[derive(Debug)]
pub(crate) struct Seen {
    /// For people: `the OS keyring`.
    pub(crate) place: String,
    pub(crate) said: Said,
}

/// What a place says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It keeps a checkpoint that the log continues.
    Continued { size: u64, kept: Option<Kept> },
    /// It keeps none.
    Nothing,
    /// It can't be asked, or doesn't answer as it should.
    Unreachable(EngineError),
    /// The log isn't what it keeps; what it keeps, where that can be read.
    Contradicts { finding: Finding, kept: Option<Kept> },
}

/// The anchors of one open workspace.
pub(crate) struct Anchors {
    store: Store,
    key: VerifierKey,
    clock: Arc<ForwardClock>,
    own: Vec<Arc<dyn Place>>,
    /// One writing at a time.
    turn: tokio::sync::Mutex<()>,
    /// Places that a warning has named: one for each is enough.
    warned: Mutex<BTreeSet<String>>,
}

impl Anchors {
    pub(crate) fn new(
        store: Store,
        key: VerifierKey,
        clock: Arc<ForwardClock>,
        own: Vec<Arc<dyn Place>>,
    ) -> Self {
        Self {
            store,
            key,
            clock,
            own,
            turn: tokio::sync::Mutex::default(),
            warned: Mutex::default(),
        }
    }

    /// Follows the log in a task of its own, which ends with the log: at most one writing a second.
    pub(crate) fn follow(self: &Arc<Self>, mut published: watch::Receiver<Option<Published>>) {
        let anchors = Arc::clone(self);
        tokio::spawn(async move {
            while published.changed().await.is_ok() {
                // Until the second is over, or the log is closed.
                let _ = timeout(PAUSE, async { while published.changed().await.is_ok() {} }).await;
                if let Err(error) = anchors.write(false).await {
                    anchors.warn("a checkpoint kept elsewhere", &error);
                }
            }
        });
    }

    /// Brings every place up to date, and asks the witnesses that have asked to be asked; `all` asks also
    /// those that were asked a moment ago. What can't be reached is warned of and tried again next time.
    ///
    /// # Errors
    /// What contradicts the log, and the store's.
    pub(crate) async fn write(&self, all: bool) -> Result<(), EngineError> {
        let _turn = self.turn.lock().await;
        let mut contradicted = None;
        for place in self.places().await? {
            let seen = self.bring_up(&place).await?;
            self.note_seen(&seen);
            if let Said::Contradicts { finding, .. } = seen.said {
                contradicted.get_or_insert(finding.at(&seen.place));
            }
        }
        for seen in self.ask_witnesses(all).await? {
            self.note_seen(&seen);
            if let Said::Contradicts { finding, .. } = seen.said {
                contradicted.get_or_insert(finding.at(&seen.place));
            }
        }
        contradicted.map_or(Ok(()), Err)
    }

    /// What every place and witness says of the database, without writing to any place. With `ask`, those
    /// witnesses too that can only be asked by sending them the newest checkpoint.
    pub(crate) async fn look(&self, ask: bool) -> Result<Vec<Seen>, EngineError> {
        let mut all = Vec::new();
        for place in self.places().await? {
            all.push(self.look_at(&place).await?);
        }
        if ask {
            all.extend(self.ask_witnesses(true).await?);
        }
        Ok(all)
    }

    /// Puts the newest checkpoint in the place of others that contradict it: the decision to go on with
    /// this database is in the log.
    pub(crate) async fn replace(&self) -> Result<(), EngineError> {
        let _turn = self.turn.lock().await;
        for place in self.places().await? {
            let kept = match load(&place, &self.key).await {
                Ok(kept) => kept,
                Err(error) => {
                    self.warn(&place.name(), &error);
                    continue;
                }
            };
            let head = standing::head(&mut *self.store.read().await?, &self.key).await?;
            if let Err(error) = self.swap(&place, kept.as_ref(), &head).await {
                self.warn(&place.name(), &error);
            }
        }
        Ok(())
    }

    /// Says once what can't be reached. It is never silently less.
    pub(crate) fn note_seen(&self, seen: &Seen) {
        if let Said::Unreachable(error) = &seen.said {
            self.warn(&seen.place, error);
        }
    }

    fn warn(&self, place: &str, error: &EngineError) {
        if self.warned.lock().insert(place.to_owned()) {
            tracing::warn!(place, %error, "the log's newest checkpoint is not kept here");
        }
    }

    /// The account's own places, and the folders that are set.
    async fn places(&self) -> Result<Vec<Arc<dyn Place>>, EngineError> {
        let rows = settings::list(&mut *self.store.read().await?).await?;
        let folders: BTreeSet<_> = rows.into_iter().filter_map(|row| row.folder).collect();
        let folders =
            folders.into_iter().map(|folder| Arc::new(FolderPlace::new(folder)) as Arc<dyn Place>);
        Ok(self.own.iter().cloned().chain(folders).collect())
    }

    async fn look_at(&self, place: &Arc<dyn Place>) -> Result<Seen, EngineError> {
        let said = match load(place, &self.key).await {
            Err(error) => Said::Unreachable(error),
            Ok(None) => Said::Nothing,
            Ok(Some(kept)) => self.judge(kept).await?.1,
        };
        Ok(Seen { place: place.name(), said })
    }

    /// Compares one place and writes the head there, as often as somebody else was quicker.
    async fn bring_up(&self, place: &Arc<dyn Place>) -> Result<Seen, EngineError> {
        let seen = |said| Ok(Seen { place: place.name(), said });
        for _ in 0..TURNS {
            let kept = match load(place, &self.key).await {
                Ok(kept) => kept,
                Err(error) => return seen(Said::Unreachable(error)),
            };
            let (head, said) = match &kept {
                Some(kept) => self.judge(kept.clone()).await?,
                None => {
                    let mut reader = self.store.read().await?;
                    (standing::head(&mut reader, &self.key).await?, Said::Nothing)
                }
            };
            let up_to_date = match said {
                Said::Continued { size, .. } => size == head.checkpoint.size,
                Said::Nothing => head.note.is_empty(),
                contradiction => return seen(contradiction),
            };
            if up_to_date {
                return seen(said);
            }
            match self.swap(place, kept.as_ref(), &head).await {
                Ok(true) => {
                    return seen(Said::Continued { size: head.checkpoint.size, kept: None });
                }
                Ok(false) => {}
                Err(error) => return seen(Said::Unreachable(error)),
            }
        }
        seen(Said::Unreachable(EngineError::ChangedMeanwhile(place.name())))
    }

    /// Compares what is kept with the database as it is now.
    async fn judge(&self, kept: Kept) -> Result<(Head, Said), EngineError> {
        let mut reader = self.store.snapshot().await?;
        let head = standing::head(&mut reader, &self.key).await?;
        let said = match standing::compare(&mut reader, &self.key, &head, &kept).await? {
            Ok(checkpoint) => Said::Continued { size: checkpoint.size, kept: Some(kept) },
            Err(finding) => Said::Contradicts { finding, kept: Some(kept) },
        };
        Ok((head, said))
    }

    async fn swap(
        &self,
        place: &Arc<dyn Place>,
        kept: Option<&Kept>,
        head: &Head,
    ) -> Result<bool, EngineError> {
        if head.note.is_empty() {
            return Ok(true);
        }
        // The log's own line alone: a place has little room, and cosignatures are kept in the log.
        let note = standing::bare(&Note::parse(&head.note)?, &self.key)?.to_string();
        let (expected, now) = (kept.map(|kept| kept.note.clone()), self.clock.now());
        let origin = self.key.name().clone();
        patiently(place, move |place| place.swap(&origin, expected.as_deref(), &note, now)).await
    }
}

async fn load(place: &Arc<dyn Place>, key: &VerifierKey) -> Result<Option<Kept>, EngineError> {
    let origin = key.name().clone();
    patiently(place, move |place| place.load(&origin)).await
}

/// Asks a place where it holds up nobody, and not for ever: a keyring may wait for its owner.
async fn patiently<T: Send + 'static>(
    place: &Arc<dyn Place>,
    ask: impl FnOnce(&dyn Place) -> Result<T, WitnessError> + Send + 'static,
) -> Result<T, EngineError> {
    let (asked, name) = (Arc::clone(place), place.name());
    let answer = tokio::task::spawn_blocking(move || ask(asked.as_ref()));
    match timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer?),
        Ok(Err(_)) | Err(_) => Err(EngineError::AnchorSilent { place: name }),
    }
}
