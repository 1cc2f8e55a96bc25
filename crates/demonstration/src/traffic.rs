//! The everyday: applications read and write, people look, and now and then somebody tries what isn't theirs.

use futures::{StreamExt, TryStreamExt, stream};
use keyward_core::{Code, DatasetName, ObjectName, Role, TenantId};
use keyward_engine::EngineError;

use crate::{
    DemonstrationError,
    cast::Set,
    stage::{Stage, refused, word},
};

/// Operations under way at once: they share the log's transactions, as a busy provider's do.
const AT_ONCE: usize = 8;

/// A dataset that is in use.
pub struct InUse {
    /// Whose.
    pub tenant: TenantId,
    /// What it is called.
    pub dataset: DatasetName,
    /// What its objects are like.
    pub set: &'static Set,
    /// What lies in it.
    pub objects: Vec<ObjectName>,
    written: u64,
}

impl InUse {
    /// A dataset that is empty still.
    pub fn new(tenant: &TenantId, set: &'static Set) -> Result<Self, DemonstrationError> {
        let dataset = word(set.name)?;
        Ok(Self { tenant: tenant.clone(), dataset, set, objects: Vec::new(), written: 0 })
    }

    /// Writes so many new objects.
    pub async fn fill(&mut self, stage: &Stage, count: u32) -> Result<(), DemonstrationError> {
        let day = stage.now().format("%Y-%m-%d").to_string();
        let mut names = Vec::new();
        for _ in 0..count {
            self.written += 1;
            let number = format!("{:04}", self.written);
            names.push(word(&self.set.pattern.replace('@', &day).replace('#', &number))?);
        }
        let (tenant, dataset, set) = (&self.tenant, &self.dataset, self.set);
        stream::iter(&names)
            .map(|name| async move {
                let bytes = set.bytes / 2 + stage.chance.below(set.bytes);
                stage.write(set.application, tenant, dataset, name, bytes).await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        self.objects.extend(names);
        Ok(())
    }

    /// Reads some of what lies in it.
    pub async fn read(&self, stage: &Stage, count: u64) -> Result<(), DemonstrationError> {
        stream::iter(0..count)
            .map(|_| async move {
                let Some(name) = stage.chance.one_of(&self.objects) else { return Ok(()) };
                let context = stage.act(self.set.application, Role::Application)?;
                stage.engine().read(&context, &self.tenant, &self.dataset, name).await?;
                Ok::<_, DemonstrationError>(())
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Tries to read where that must be refused. Gives the codes' first that isn't the one expected.
    pub async fn is_refused(&self, stage: &Stage, code: Code) -> Result<(), DemonstrationError> {
        refused(self.try_read(stage).await?, code, &format!("a read of {}'s data", self.tenant))
    }

    async fn try_read(&self, stage: &Stage) -> Result<Result<(), EngineError>, DemonstrationError> {
        let name = self.objects.first().ok_or_else(|| {
            DemonstrationError::NotAsTold(format!("{} has no objects", self.tenant))
        })?;
        let context = stage.act(self.set.application, Role::Application)?;
        Ok(stage.engine().read(&context, &self.tenant, &self.dataset, name).await.map(drop))
    }
}

/// One hour's work on all datasets in use: reads, some writes, sometimes a list.
pub async fn hour(stage: &Stage, sets: &mut [InUse]) -> Result<(), DemonstrationError> {
    for set in sets.iter_mut() {
        if stage.chance.below(5) > 0 {
            continue;
        }
        set.read(stage, 2 + stage.chance.below(8)).await?;
        if stage.chance.below(6) == 0 {
            set.fill(stage, 1).await?;
        }
        if stage.chance.below(12) == 0 {
            let context = stage.act(set.set.application, Role::Application)?;
            stage.engine().list(&context, &set.tenant, &set.dataset, "", None, 100).await?;
        }
    }
    Ok(())
}

/// Somebody tries what isn't theirs, and is refused.
pub async fn trespass(stage: &Stage, sets: &[InUse]) -> Result<(), DemonstrationError> {
    let Some(set) = stage.chance.one_of(sets) else { return Ok(()) };
    let (engine, tenant) = (stage.engine(), &set.tenant);
    let outcome = match stage.chance.below(4) {
        0 => engine.suspend(&stage.officer()?, tenant, "asked for by telephone").await.map(drop),
        1 => {
            let context = stage.act("ines.approver", Role::TenantApprover(word("wernham")?))?;
            let name = word("other-tenants-key")?;
            engine.rotate_data_key(&context, tenant, &name).await.map(drop)
        }
        2 => {
            let context = stage.act(set.set.application, Role::Application)?;
            engine.rotate_data_key(&context, tenant, &set.dataset).await.map(drop)
        }
        _ => {
            let Some(name) = stage.chance.one_of(&set.objects) else { return Ok(()) };
            let context = stage.act("milo.admin", Role::Administrator)?;
            engine.read(&context, tenant, &set.dataset, name).await.map(drop)
        }
    };
    refused(outcome, Code::NotAuthorised, "what isn't theirs to do")
}
