//! The tenant takes its key away, and gives it back.

use std::time::{Duration, Instant};

use keyward_core::Code;
use keyward_engine::Source;

use super::{
    life::{Life, refused},
    must,
};
use crate::{failure::Failure, render::size};

/// How long reads may go on after a key was disabled: the cache's lifetime and a provider's delay.
const PATIENCE: Duration = Duration::from_secs(30);

impl Life {
    /// The tenant disables its key; reads and writes are refused.
    pub async fn disable(&self) -> Result<String, Failure> {
        self.provider.set_enabled(&self.reference, false).await?;
        let file = self.largest()?;
        let began = Instant::now();
        let refusal = loop {
            match self.digest_of(&file).await {
                Err(error) => break error.code(),
                Ok(_) if began.elapsed() > PATIENCE => {
                    return Err(Failure::unexpected("reads went on with a disabled key"));
                }
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        let took = began.elapsed();
        must(refusal == Code::KeyDisabled, &format!("the refusal was {refusal}"))?;
        refused(self.digest_of(&file).await, Code::TenantSuspended, "a read after it")?;
        let context = self.application()?;
        let source = Source::File(file.path.clone());
        let write = self.engine().write(&context, &self.tenant, &self.dataset, &file.name, source);
        refused(write.await, Code::TenantSuspended, "a write after it")?;
        Ok(format!(
            "the tenant disabled its key: reads and writes refused after {}, tenant suspended",
            size::duration(took)
        ))
    }

    /// Nobody but the key's owner can undo that.
    pub async fn enable_and_restore(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let early = self.engine().restore(&context, &self.tenant, false).await;
        refused(early, Code::KeyDisabled, "a restore without the key")?;
        self.provider.set_enabled(&self.reference, true).await?;
        self.engine().restore(&context, &self.tenant, false).await?;
        self.reads_back(&self.largest()?).await?;
        Ok("restoring was refused until the tenant enabled its key; then data read again, \
            without a restart"
            .into())
    }

    /// Revokes the tenant, at the provider too.
    pub async fn revoke(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let revoked =
            self.engine().revoke(&context, &self.tenant, "shown by the tour", true).await?;
        refused(self.digest_of(&self.largest()?).await, Code::TenantRevoked, "a read")?;
        let first = revoked.first_refusal_at.ok_or_else(|| {
            Failure::unexpected("the provider went on answering for a minute with a disabled key")
        })?;
        let after = (first - revoked.revoked_at).to_std().unwrap_or_default();
        Ok(format!(
            "revoked: {} wiped, reads refused at once, the provider's first refusal {} later",
            size::count(revoked.evicted as u64, "cached key"),
            size::duration(after)
        ))
    }

    /// Restores it.
    pub async fn restore(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        self.engine().restore(&context, &self.tenant, true).await?;
        self.reads_back(&self.largest()?).await?;
        Ok("restored: key enabled and probed, data reads again".into())
    }
}
