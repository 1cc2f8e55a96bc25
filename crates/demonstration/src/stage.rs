//! The open workspace, its clock, and the few moves that every part of the story is made of.

use std::{path::Path, str::FromStr, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{
    Actor, Code, DatasetName, LoggedNames, ObjectName, Role, RootKeyId, RootKeyReference, TenantId,
};
use keyward_engine::{
    Answer, ChallengeKind, ChallengeView, Clock, Engine, EngineError, OperationContext, Source,
};
use keyward_kms::{RootKeyService, local::KeyUse};
use keyward_workspace::{CreateOptions, NewSecrets, OpenOptions, Workspace};

use crate::{DemonstrationError, cast, chance::Chance, clock::StoryClock};

/// Where the story takes place.
pub struct Stage {
    /// The workspace.
    pub open: Workspace,
    /// Its clock.
    pub clock: Arc<StoryClock>,
    /// What varies.
    pub chance: Chance,
}

/// How long an unwrapped data key serves: what happens to a root key is noticed at the next use.
const CACHE_LIFETIME: std::time::Duration = std::time::Duration::from_millis(20);

impl Stage {
    /// Makes the workspace as it was so many days ago.
    pub async fn build(
        folder: &Path,
        secrets: NewSecrets,
        days: i64,
    ) -> Result<Self, DemonstrationError> {
        let clock = Arc::new(StoryClock::days_ago(days));
        let actor = cast::ADMINISTRATORS.first().copied().unwrap_or_default();
        let options = CreateOptions {
            region: word("local")?,
            objects: None,
            secrets,
            open: OpenOptions {
                cache_lifetime: Some(CACHE_LIFETIME),
                clock: Some(Arc::<StoryClock>::clone(&clock)),
                ..OpenOptions::new(Actor(actor.into()))
            },
        };
        let open = Workspace::create(folder, options).await?;
        Ok(Self { open, clock, chance: Chance::new(0x6b65_7977_6172_6421) })
    }

    /// The operations.
    pub fn engine(&self) -> &Engine {
        &self.open.engine
    }

    /// A request of somebody in a role.
    pub fn act(&self, who: &str, role: Role) -> Result<OperationContext, DemonstrationError> {
        Ok(self.engine().context(Actor(who.into()), role)?)
    }

    /// A request of one of the administrators.
    pub fn administrator(&self) -> Result<OperationContext, DemonstrationError> {
        let who = self.chance.one_of(cast::ADMINISTRATORS).copied().unwrap_or_default();
        self.act(who, Role::Administrator)
    }

    /// A request of the security officer.
    pub fn officer(&self) -> Result<OperationContext, DemonstrationError> {
        self.act(cast::OFFICER, Role::SecurityOfficer)
    }

    /// So many days ago, at an hour of that day. Today's hours that are still to come are now.
    pub fn at(&self, days_ago: i64, hour: i64, minute: i64) -> DateTime<Utc> {
        let today = Utc::now().date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        today - TimeDelta::days(days_ago) + TimeDelta::hours(hour) + TimeDelta::minutes(minute)
    }

    /// The time in the story.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Makes a key in the local key store that the tenant may use, and registers it.
    pub async fn bring_key(&self, tenant: &TenantId) -> Result<RootKeyId, DemonstrationError> {
        let reference = root_key_of(tenant)?;
        if let RootKeyReference::Local(key) = &reference {
            let access = [(tenant.clone(), KeyUse::ALL.into())].into();
            self.open.keystore.administration().create_key(key, access)?;
        }
        let context = self.administrator()?;
        Ok(self.engine().register_root_key(&context, tenant, &[reference]).await?.key.id)
    }

    /// Proves a key as its tenant does.
    pub async fn prove(&self, key: &RootKeyId) -> Result<(), DemonstrationError> {
        let context = self.administrator()?;
        let challenge =
            self.engine().start_challenge(&context, key, ChallengeKind::Decrypt).await?;
        let answer = Answer::Decrypted(self.nonce(&challenge).await?);
        self.engine().answer_challenge(&context, challenge.id, &answer).await?;
        Ok(())
    }

    /// Adds a dataset.
    pub async fn dataset(&self, tenant: &TenantId, name: &str) -> Result<(), DemonstrationError> {
        let (context, name) = (self.administrator()?, word::<DatasetName>(name)?);
        let plain = LoggedNames::Plain;
        self.engine().create_dataset(&context, tenant, &name, &[], plain).await?;
        Ok(())
    }

    /// Writes an object of so many bytes.
    pub async fn write(
        &self,
        who: &str,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        bytes: u64,
    ) -> Result<(), DemonstrationError> {
        let context = self.act(who, Role::Application)?;
        let line = format!("{tenant}/{dataset}/{name}\n").into_bytes();
        let content: Vec<u8> = line.iter().copied().cycle().take(bytes as usize).collect();
        let source = Source::Bytes(content.into());
        self.engine().write(&context, tenant, dataset, name, source).await?;
        Ok(())
    }

    async fn nonce(&self, challenge: &ChallengeView) -> Result<Vec<u8>, DemonstrationError> {
        let broken = || DemonstrationError::NotAsTold("a challenge has no ciphertext".into());
        let reference: RootKeyReference = word(&challenge.reference)?;
        let context = challenge.encryption_context.as_ref().ok_or_else(broken)?;
        let blob = challenge.ciphertext.as_ref().and_then(|text| BASE64_STANDARD.decode(text).ok());
        let blob = blob.ok_or_else(broken)?;
        let nonce = self.open.keystore.unwrap(&reference, context, &blob).await?;
        Ok(nonce.expose().to_vec())
    }
}

/// The reference of a tenant's key in the local key store.
pub fn root_key_of(tenant: &TenantId) -> Result<RootKeyReference, DemonstrationError> {
    word(&format!("local:{tenant}-root"))
}

/// A word of ours as its type.
pub fn word<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, DemonstrationError> {
    text.parse().map_err(|error| DemonstrationError::NotAsTold(format!("`{text}`: {error}")))
}

/// That an operation was refused, with this code.
pub fn refused<T>(
    outcome: Result<T, EngineError>,
    code: Code,
    what: &str,
) -> Result<(), DemonstrationError> {
    match outcome {
        Err(error) if error.code() == code => Ok(()),
        Err(error) => Err(DemonstrationError::NotAsTold(format!(
            "{what} failed with {} ({error}), not {code}",
            error.code()
        ))),
        Ok(_) => Err(DemonstrationError::NotAsTold(format!("{what} was not refused"))),
    }
}
