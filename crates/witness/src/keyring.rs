//! The OS keyring as a place: one entry a workspace, beside its secrets.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use keyward_core::WorkspaceId;
use keyward_ledger::Origin;
use keyward_secrets::KeyringText;

use crate::{Kept, Place, WitnessError, file};

/// The entry's name.
const NAME: &str = "anchor";

/// The entry of one workspace. It holds the time, a line's end and the note.
#[derive(Clone, Debug)]
pub struct KeyringPlace {
    workspace: WorkspaceId,
    lock: PathBuf,
}

impl KeyringPlace {
    /// The workspace's entry. Keyrings can't compare and swap: processes take turns by a lock on this
    /// file, which holds nothing.
    #[must_use]
    pub fn new(workspace: WorkspaceId, lock: impl Into<PathBuf>) -> Self {
        Self { workspace, lock: lock.into() }
    }

    fn text(&self) -> Result<KeyringText, WitnessError> {
        Ok(KeyringText::new(self.workspace, NAME)?)
    }
}

impl Place for KeyringPlace {
    fn name(&self) -> String {
        "the OS keyring".into()
    }

    fn load(&self, _: &Origin) -> Result<Option<Kept>, WitnessError> {
        Ok(self.text()?.load()?.map(|text| parse(&text)))
    }

    fn swap(
        &self,
        origin: &Origin,
        expected: Option<&str>,
        note: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, WitnessError> {
        let _lock = file::lock(&self.lock)?;
        let there = self.load(origin)?.map(|kept| kept.note);
        if there.as_deref() != expected {
            return Ok(false);
        }
        self.text()?
            .store(&format!("{}\n{note}", at.to_rfc3339_opts(SecondsFormat::Secs, true)))?;
        Ok(true)
    }
}

fn parse(text: &str) -> Kept {
    let dated = text.split_once('\n').and_then(|(time, note)| {
        let time = DateTime::parse_from_rfc3339(time).ok()?;
        Some(Kept { note: note.into(), at: Some(time.to_utc()) })
    });
    // Somebody else's text is no checkpoint either, and found out as that.
    dated.unwrap_or_else(|| Kept { note: text.into(), at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_tells_its_time() {
        let kept = parse("2026-11-24T10:00:00Z\nlog\n1\n");
        assert_eq!(kept.note, "log\n1\n");
        assert_eq!(kept.at.unwrap().timestamp(), 1_795_514_400);
        assert_eq!(parse("what\never"), Kept { note: "what\never".into(), at: None });
    }
}
