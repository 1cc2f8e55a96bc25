//! A workspace: making one, opening one.

use std::sync::Arc;

use keyward_core::{Actor, DatasetName, Region, RequestId, Role, TenantId, WorkspaceId};
use keyward_ledger::{Action, Frontier, Origin, SigningKey, VerifierKey};
use keyward_store::{
    Objects, Store,
    tables::{
        audit_head::{self, AuditHead},
        workspace::{self, Workspace},
    },
};
use keyward_witness::Place;

use crate::{
    AcceptRollback, CacheSettings, Clock, Engine, EngineError, OperationContext, Providers,
    anchor::Anchors,
    cache::KeyCache,
    clock::ForwardClock,
    follow::Follower,
    health::Health,
    log::{Log, LogIdentity},
    operation::Entry,
    sidecar_turn::SidecarTurns,
};

/// The setting that holds the log's verifier key.
const VERIFIER_KEY: &str = "verifier_key";

/// What may be set for an engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The cache of unwrapped data keys.
    pub cache: CacheSettings,
}

/// What a surface brings to open a workspace.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Where objects lie.
    pub objects: Objects,
    /// Who answers for root keys.
    pub providers: Providers,
    /// Signs the log's checkpoints (a 32-byte Ed25519 seed's key).
    pub signing_key: SigningKey,
    /// What is set.
    pub settings: Settings,
    /// Where the newest checkpoint is kept, besides what the workspace itself is set to use.
    pub anchors: Vec<Arc<dyn Place>>,
    /// Whether to go on with a database that is older than its anchors.
    pub accept: Option<AcceptRollback>,
    /// The region that the engine runs in, where it isn't the workspace's own.
    pub region: Option<Region>,
    /// The time.
    pub clock: Box<dyn Clock>,
}

impl Engine {
    /// Makes a new workspace in an empty database and opens it.
    ///
    /// # Errors
    /// The store's, and [`EngineError::AlreadyExists`] where the database holds a workspace.
    pub async fn create(
        parts: Parts,
        id: WorkspaceId,
        region: Region,
        objects_url: &str,
        actor: Actor,
    ) -> Result<Self, EngineError> {
        let mut write = parts.store.write().await?;
        if let Some(there) = workspace::get(&mut write).await? {
            return Err(EngineError::AlreadyExists {
                what: "workspace",
                name: there.id.to_string(),
            });
        }
        let origin = Origin::new(&format!("keyward/{id}"))?;
        let verifier = parts.signing_key.verifier(&origin);
        let row = Workspace {
            id,
            origin: origin.to_string(),
            region: region.clone(),
            created_at: parts.clock.now(),
            objects_url: objects_url.to_owned(),
        };
        workspace::insert(&mut write, &row).await?;
        workspace::set(&mut write, VERIFIER_KEY, &verifier.to_string()).await?;
        let head = AuditHead {
            size: 0,
            time: chrono::DateTime::UNIX_EPOCH,
            frontier: Frontier::new().to_bytes(),
            checkpoint: String::new(),
        };
        audit_head::advance(&mut write, 0, &head).await?;
        write.commit().await?;
        let engine = Self::assemble(parts, origin, region);
        engine.anchors.follow(engine.log.published());
        let context = engine.context(actor, Role::Administrator)?;
        let entry = Entry::new(Action::WorkspaceCreate)
            .with("workspace", id.to_string())
            .with("verifier_key", verifier.to_string());
        engine.record(&context, entry).await?;
        Ok(engine)
    }

    /// Opens a workspace, and settles what an earlier process left unfinished.
    ///
    /// # Errors
    /// The store's, [`EngineError::StateCorrupt`] where a setting is missing or malformed,
    /// [`EngineError::OtherLogKey`] where the signing key isn't this workspace's, and
    /// [`EngineError::LogRolledBack`], [`EngineError::LogForked`] or [`EngineError::AnchorForeign`] where
    /// the database isn't the one that checkpoints kept elsewhere speak of.
    pub async fn open(mut parts: Parts, actor: Actor) -> Result<Self, EngineError> {
        let missing = || EngineError::StateCorrupt("the workspace's settings".into());
        let mut reader = parts.store.read().await?;
        let row = workspace::get(&mut reader).await?.ok_or_else(missing)?;
        let verifier = workspace::setting(&mut reader, VERIFIER_KEY).await?.ok_or_else(missing)?;
        drop(reader);
        let origin = Origin::new(&row.origin)?;
        let ours = parts.signing_key.verifier(&origin).to_string();
        if ours != verifier {
            return Err(EngineError::OtherLogKey { ours, named: verifier });
        }
        let accept = parts.accept.take();
        let region = parts.region.take().unwrap_or(row.region);
        let engine = Self::assemble(parts, origin, region);
        let context = engine.context(actor, Role::Administrator)?;
        // Before anything is written: what is refused must stay as it was found.
        engine.open_against_anchors(&context, accept.as_ref()).await?;
        engine.anchors.follow(engine.log.published());
        engine.recover(&context).await?;
        Ok(engine)
    }

    /// The context of a new request.
    ///
    /// # Errors
    /// [`EngineError::Io`] where the system has no randomness.
    pub fn context(&self, actor: Actor, role: Role) -> Result<OperationContext, EngineError> {
        Ok(OperationContext {
            actor,
            role,
            region: self.region.clone(),
            request: RequestId::from_bytes(random()?),
        })
    }

    /// The key that verifies this workspace's checkpoints.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        self.log.verifier_key()
    }

    /// The name under which a data key wraps object keys: namespace and name of the raw AES entry.
    pub(crate) fn entry_name(
        tenant: &TenantId,
        dataset: &DatasetName,
        version: u32,
    ) -> (String, String) {
        (format!("keyward:{tenant}"), format!("{dataset}/{version}"))
    }

    fn assemble(parts: Parts, origin: Origin, region: Region) -> Self {
        let clock = Arc::new(ForwardClock::new(parts.clock));
        let identity = LogIdentity { origin, key: parts.signing_key };
        let key = identity.key.verifier(&identity.origin);
        let anchors = Anchors::new(parts.store.clone(), key, Arc::clone(&clock), parts.anchors);
        let cache = KeyCache::new(parts.settings.cache);
        Self {
            log: Arc::new(Log::new(identity, parts.store.clone(), Arc::clone(&clock))),
            anchors: Arc::new(anchors),
            sidecar_turns: SidecarTurns::beside(parts.store.path()),
            store: parts.store.clone(),
            objects: parts.objects,
            providers: parts.providers,
            _follower: Follower::start(parts.store.clone(), cache.clone()),
            cache,
            health: Health::default(),
            clock,
            region,
            last_sweep: parking_lot::Mutex::default(),
        }
    }
}

/// Bytes from the system's random number generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], EngineError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| EngineError::Io {
        what: "the system's random numbers".into(),
        source: std::io::Error::other(error),
    })?;
    Ok(bytes)
}
