//! What happens, day by day, and what it leaves behind.

use std::ops::ControlFlow;

use chrono::{TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use keyward_core::{Code, DatasetName, RootKeyId, TenantId};
use keyward_engine::{
    Answer, ArchiveDataset, ArchiveDays, ChallengeKind, RewrapOptions, RootKeyRotation,
};
use keyward_kms::RootKeyService;

use crate::{
    DAYS, DemonstrationError,
    cast::{HALF_REWRAPPED, LOG_ARCHIVE, OPERATIONS, Part, TEAM_DATA_KEYS, TEAMS, TENANTS},
    stage::{Stage, refused, root_key_of, word},
    traffic::{self, InUse},
};

/// What the demonstration consists of, counted in the workspace that was made.
#[derive(Debug)]
pub struct Told {
    /// Tenants, in any state.
    pub tenants: usize,
    /// Data keys that aren't under their root key's current version.
    pub to_rewrap: u64,
    /// Records of the log, all of them verified.
    pub records: u64,
    /// Days of the log that are archived.
    pub archived_days: usize,
}

/// Data keys that the rewrap moves before it is stopped: batches of so many.
const BATCH: u32 = 150;
/// How many of these batches it does.
const BATCHES: u64 = 6;

/// Tells it all, up to now.
pub async fn tell(stage: Stage) -> Result<Told, DemonstrationError> {
    let mut story = Story { stage, sets: Vec::new(), archived: 0 };
    for days_ago in (0..DAYS).rev() {
        story.day(days_ago).await?;
    }
    story.stage.clock.catch_up();
    story.ending().await
}

struct Story {
    stage: Stage,
    sets: Vec<InUse>,
    archived: usize,
}

impl Story {
    async fn day(&mut self, days_ago: i64) -> Result<(), DemonstrationError> {
        self.stage.clock.move_to(self.stage.at(days_ago, 7, 40));
        for part in TENANTS.iter().filter(|part| part.came == days_ago) {
            self.comes(part).await?;
        }
        self.event(days_ago).await?;
        let weekend = days_ago % 7 > 4;
        for hour in [9, 11, 14, 17] {
            let minute = self.stage.chance.below(50) as i64;
            let time = self.stage.at(days_ago, hour, minute);
            if time > Utc::now() {
                break;
            }
            self.stage.clock.move_to(time);
            if !weekend || hour == 11 {
                traffic::hour(&self.stage, &mut self.sets).await?;
            }
        }
        if days_ago % 4 == 1 && !self.sets.is_empty() {
            traffic::trespass(&self.stage, &self.sets).await?;
        }
        Ok(())
    }

    /// A tenant comes with its key, proves it, and brings its data.
    async fn comes(&mut self, part: &Part) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word::<TenantId>(part.id)?);
        stage.engine().register_tenant(&stage.administrator()?, &tenant, part.name).await?;
        let key = stage.bring_key(&tenant).await?;
        stage.clock.move_to(stage.now() + TimeDelta::minutes(4));
        stage.prove(&key).await?;
        for set in part.datasets {
            stage.dataset(&tenant, set.name).await?;
            let mut set = InUse::new(&tenant, set)?;
            set.fill(stage, set.set.objects).await?;
            self.sets.push(set);
        }
        Ok(())
    }

    /// What is particular about a day.
    async fn event(&mut self, days_ago: i64) -> Result<(), DemonstrationError> {
        match days_ago {
            98 => self.keeps_the_log().await,
            96 => self.team_datasets().await,
            92 => self.period("globex", 30).await,
            60 => self.rotates("acme").await,
            45 => self.rotates("globex").await,
            31 => self.archives().await,
            21 => self.leaves("soylent").await,
            12 => self.rotates("acme").await,
            9 => self.is_revoked("umbra").await,
            4 => self.disables_its_key("sirius").await,
            2 => self.fails_its_challenge("contoso", "Contoso Travel").await,
            1 => self.rewraps_half().await,
            _ => Ok(()),
        }
    }

    async fn period(&self, tenant: &str, days: u32) -> Result<(), DemonstrationError> {
        let (context, tenant) = (self.stage.administrator()?, word(tenant)?);
        self.stage.engine().set_rotation_period(&context, Some(&tenant), Some(days)).await?;
        Ok(())
    }

    async fn keeps_the_log(&self) -> Result<(), DemonstrationError> {
        let tenant = word::<TenantId>(OPERATIONS)?;
        self.stage.dataset(&tenant, LOG_ARCHIVE).await?;
        let under = ArchiveDataset { tenant, dataset: word(LOG_ARCHIVE)? };
        let context = self.stage.administrator()?;
        self.stage.engine().set_audit_retention(&context, Some(30), Some(&under)).await?;
        Ok(())
    }

    /// A tenant with a dataset for each of many teams, whose data keys were rotated often.
    async fn team_datasets(&self) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word::<TenantId>(HALF_REWRAPPED)?);
        let names: Vec<_> = (1..=TEAMS).map(|team| format!("team-{team:02}")).collect();
        stream::iter(&names)
            .map(|name| async {
                stage.dataset(&tenant, name).await?;
                let dataset: DatasetName = word(name)?;
                for _ in 1..TEAM_DATA_KEYS {
                    let context = stage.administrator()?;
                    stage.engine().rotate_data_key(&context, &tenant, &dataset).await?;
                }
                Ok::<_, DemonstrationError>(())
            })
            .buffer_unordered(16)
            .try_collect()
            .await
    }

    /// A new version of the root key, and everything under it.
    async fn rotates(&self, tenant: &str) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word(tenant)?);
        let context = stage.administrator()?;
        stage.engine().rotate_root_key(&context, &tenant, RootKeyRotation::NewVersion).await?;
        stage.clock.move_to(stage.now() + TimeDelta::minutes(25));
        let options = RewrapOptions::default();
        stage.engine().rewrap(&context, &tenant, options, &|_| ControlFlow::Continue(())).await?;
        Ok(())
    }

    async fn archives(&mut self) -> Result<(), DemonstrationError> {
        let (engine, context) = (self.stage.engine(), self.stage.administrator()?);
        engine.audit_seal(&context, None).await?;
        let first = (self.stage.at(DAYS, 12, 0)).date_naive();
        let archived = engine.audit_archive(&context, ArchiveDays::Day(first), &|_, _| {}).await?;
        self.archived += archived.len();
        Ok(())
    }

    /// A tenant takes its exit kit and goes.
    async fn leaves(&mut self, name: &str) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word::<TenantId>(name)?);
        let context = stage.administrator()?;
        let kits = stage.open.folder.join("exit-kits");
        std::fs::create_dir_all(&kits).map_err(|source| DemonstrationError::File {
            path: kits.display().to_string(),
            source,
        })?;
        stage.engine().exit_kit(&context, &tenant, &kits.join(name)).await?;
        stage.clock.move_to(stage.now() + TimeDelta::minutes(50));
        stage.engine().offboard(&context, &tenant, true).await?;
        self.refused_from_now_on(&tenant, Code::TenantOffboarded).await
    }

    async fn is_revoked(&mut self, tenant: &str) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word(tenant)?);
        let context = stage.administrator()?;
        let reason = "the tenant reported a stolen laptop with access to its key";
        stage.engine().revoke(&context, &tenant, reason, true).await?;
        self.refused_from_now_on(&tenant, Code::TenantRevoked).await
    }

    /// A tenant disables its key where it lies; the next use notices.
    async fn disables_its_key(&mut self, tenant: &str) -> Result<(), DemonstrationError> {
        let tenant = word(tenant)?;
        self.stage.open.keystore.set_enabled(&root_key_of(&tenant)?, false).await?;
        // What is cached of it serves as long as it may.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if let Some(set) = self.sets.iter().find(|set| set.tenant == tenant) {
            set.is_refused(&self.stage, Code::KeyDisabled).await?;
        }
        self.refused_from_now_on(&tenant, Code::TenantSuspended).await
    }

    /// Applications that haven't heard go on trying for a while, then their datasets are out of use.
    async fn refused_from_now_on(
        &mut self,
        tenant: &TenantId,
        code: Code,
    ) -> Result<(), DemonstrationError> {
        for set in self.sets.iter().filter(|set| set.tenant == *tenant) {
            for _ in 0..4 {
                self.stage.clock.move_to(self.stage.now() + TimeDelta::minutes(3));
                set.is_refused(&self.stage, code).await?;
            }
        }
        self.sets.retain(|set| set.tenant != *tenant);
        Ok(())
    }

    /// A new tenant answers its challenge with what somebody guessed.
    async fn fails_its_challenge(&self, id: &str, name: &str) -> Result<(), DemonstrationError> {
        let (engine, context) = (self.stage.engine(), self.stage.administrator()?);
        let key = self.registered(id, name).await?;
        let challenge = engine.start_challenge(&context, &key, ChallengeKind::Decrypt).await?;
        let guess = Answer::Decrypted(vec![0; 32]);
        let outcome = engine.answer_challenge(&context, challenge.id, &guess).await;
        refused(outcome, Code::ChallengeFailed, "a guessed answer")
    }

    async fn registered(&self, id: &str, name: &str) -> Result<RootKeyId, DemonstrationError> {
        let tenant: TenantId = word(id)?;
        let context = self.stage.administrator()?;
        self.stage.engine().register_tenant(&context, &tenant, name).await?;
        self.stage.bring_key(&tenant).await
    }

    /// The root key has a new version, and the rewrap is stopped part-way.
    async fn rewraps_half(&self) -> Result<(), DemonstrationError> {
        let (stage, tenant) = (&self.stage, word(HALF_REWRAPPED)?);
        let context = stage.administrator()?;
        stage.engine().rotate_root_key(&context, &tenant, RootKeyRotation::NewVersion).await?;
        let options = RewrapOptions { batch: Some(BATCH), ..RewrapOptions::default() };
        let until = u64::from(BATCH) * BATCHES;
        let report = stage
            .engine()
            .rewrap(&context, &tenant, options, &|progress| match progress.rewrapped < until {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
            .await?;
        if report.stopped && !report.remaining.is_empty() {
            return Ok(());
        }
        Err(DemonstrationError::NotAsTold("the rewrap left nothing to do".into()))
    }

    /// Now: a challenge is open, an older day is verified with the rest, and the workspace is left whole.
    async fn ending(self) -> Result<Told, DemonstrationError> {
        let key = self.registered("tyrell", "Tyrell Corporation").await?;
        let (engine, context) = (self.stage.engine(), self.stage.administrator()?);
        engine.start_challenge(&context, &key, ChallengeKind::Decrypt).await?;
        engine.audit_seal(&context, None).await?;
        let verified = engine.audit_verify(&self.stage.officer()?, &|_, _| {}).await?;
        let summaries = engine.tenant_summaries(&context).await?;
        engine.anchor_now().await?;
        Ok(Told {
            tenants: summaries.len(),
            to_rewrap: summaries.iter().map(|one| one.stale_data_keys).sum(),
            records: verified.records,
            archived_days: self.archived,
        })
    }
}
