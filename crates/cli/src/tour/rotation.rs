//! New keys: data stays where it is, and stays readable.

use std::ops::ControlFlow;

use keyward_engine::{RewrapOptions, RootKeyRotation, Source};

use super::{life::Life, must};
use crate::{
    failure::Failure,
    render::{progress, size},
};

impl Life {
    /// Rotates the data key: new writes use it, what is written stays readable.
    pub async fn rotate_data_key(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let rotated = self.engine().rotate_data_key(&context, &self.tenant, &self.dataset).await?;
        let file = self.largest()?;
        self.reads_back(&file).await?;
        let context = self.application()?;
        let source = Source::File(file.path.clone());
        let written =
            self.engine().write(&context, &self.tenant, &self.dataset, &file.name, source).await?;
        must(written.object.data_key_version == 2, "a new write uses the old data key")?;
        Ok(format!(
            "rotated the data key to {}: older objects still open, new ones use it",
            rotated.data_key
        ))
    }

    /// Moves every object to the new data key.
    pub async fn rekey(&self) -> Result<String, Failure> {
        let before = self.objects().await?;
        let context = self.administrator()?;
        let rekeyed = self.engine().rekey(&context, &self.tenant, &self.dataset).await?;
        must(rekeyed.failed.is_empty(), "an object could not be moved")?;
        must(rekeyed.remaining == 0, "objects are left under the old data key")?;
        let after = self.objects().await?;
        let same_bodies = before.len() == after.len()
            && before
                .iter()
                .zip(&after)
                .all(|(one, two)| (one.id, one.stored_size) == (two.id, two.stored_size));
        must(same_bodies, "a body was written anew")?;
        must(
            after.iter().all(|object| object.data_key_version == 2),
            "an object is under an older data key",
        )?;
        for file in self.found.files.iter().take(3) {
            self.reads_back(file).await?;
        }
        Ok(format!(
            "rekeyed {} to it, no body touched, 0 left behind",
            size::count(rekeyed.moved, "object")
        ))
    }

    /// Rotates the root key at its provider.
    pub async fn rotate_root_key(&self) -> Result<String, Failure> {
        let before = self.engine().root_keys(&self.tenant).await?;
        let before = before.first().map_or(0, |view| view.key.version);
        let context = self.administrator()?;
        let rotated = self
            .engine()
            .rotate_root_key(&context, &self.tenant, RootKeyRotation::NewVersion)
            .await?;
        must(rotated.version > before, "the root key has no newer version")?;
        Ok(format!(
            "rotated the root key at its provider to version {}; {} to rewrap",
            rotated.version,
            size::count(rotated.to_rewrap, "data key")
        ))
    }

    /// Rewraps the data keys under the new version.
    pub async fn rewrap(&self) -> Result<String, Failure> {
        let bar = progress::bar(self.output, 0, "rewrapping");
        let context = self.administrator()?;
        let report = self
            .engine()
            .rewrap(&context, &self.tenant, RewrapOptions::default(), &|progress| {
                bar.set_length(progress.total);
                bar.set_position(progress.rewrapped + progress.quarantined);
                ControlFlow::Continue(())
            })
            .await;
        bar.finish_and_clear();
        let report = report?;
        must(report.remaining.is_empty(), "data keys are left under the old version")?;
        must(report.quarantine.is_empty(), "data keys are quarantined")?;
        self.reads_back(&self.largest()?).await?;
        Ok(format!(
            "rewrapped {} for {}, 0 left under the old version, no object touched",
            size::count(report.progress.rewrapped, "data key"),
            size::count(self.found.files.len() as u64, "object")
        ))
    }
}
