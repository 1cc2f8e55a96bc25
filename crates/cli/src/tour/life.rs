//! The life that the tour goes through: its workspace, its tenant, its key and its files.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use keyward_core::{Actor, Code, DatasetName, Region, Role, RootKeyId, RootKeyReference, TenantId};
use keyward_engine::{Engine, EngineError, OperationContext};
use keyward_kms::{RootKeyService, local::KeyUse};
use keyward_kms_aws::AwsKms;
use keyward_store::tables::objects::Object;
use keyward_workspace::{CreateOptions, NewSecrets, OpenOptions, Workspace};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{
    files::{Found, TourFile},
    must,
};
use crate::{arguments::Global, failure::Failure, output::Output, session};

/// How long an unwrapped key serves in the tour: short, so that what a tenant does to its key is seen
/// within seconds.
const CACHE_LIFETIME: Duration = Duration::from_secs(1);

/// The state of the tour.
pub struct Life {
    pub(super) open: Workspace,
    pub(super) tenant: TenantId,
    pub(super) other: TenantId,
    pub(super) dataset: DatasetName,
    pub(super) root_key: RootKeyId,
    pub(super) reference: RootKeyReference,
    /// The provider as the tenant reaches it, with its own credentials.
    pub(super) provider: Arc<dyn RootKeyService>,
    pub(super) found: Found,
    pub(super) output: Output,
    actor: Actor,
    // Removed when the tour ends, however it ends.
    folder: TempDir,
}

impl Life {
    /// Makes the workspace. `key` is the root key in AWS KMS; without one it is in the local key store.
    pub async fn begin(
        global: &Global,
        key: Option<RootKeyReference>,
        found: Found,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("keyward-tour-")
            .tempdir()
            .map_err(|error| Failure::io("make", "a temporary folder", &error))?;
        let mut secret = Zeroizing::new([0_u8; 16]);
        getrandom::fill(&mut *secret).map_err(Failure::unexpected)?;
        let options = session::options(global);
        let region = match key.as_ref().and_then(RootKeyReference::region) {
            Some(region) => region,
            None => word::<Region>("local")?,
        };
        let actor = options.actor.clone();
        let create = CreateOptions {
            region,
            objects: None,
            secrets: NewSecrets::Passphrase(Zeroizing::new(hex::encode(*secret))),
            // A workspace of minutes leaves nothing in the account's folders.
            open: OpenOptions { cache_lifetime: Some(CACHE_LIFETIME), state: None, ..options },
        };
        let open = Workspace::create(&folder.path().join("workspace"), create).await?;
        let tenant: TenantId = word("acme")?;
        let (reference, provider): (_, Arc<dyn RootKeyService>) = match key {
            Some(key) => (key, Arc::new(aws(global))),
            None => (word("local:acme-root")?, Arc::new(open.keystore.clone())),
        };
        Ok(Self {
            root_key: RootKeyId { tenant: tenant.clone(), number: 1 },
            tenant,
            other: word("globex")?,
            dataset: word("documents")?,
            reference,
            provider,
            found,
            output: global.output(),
            actor,
            open,
            folder,
        })
    }

    /// What was made.
    pub async fn workspace(&self) -> Result<String, Failure> {
        must(self.open.folder.starts_with(self.folder.path()), "the workspace is elsewhere")?;
        let status = self.engine().status().await?;
        Ok(format!(
            "made a workspace, secrets sealed with a passphrase, log {}, {} found in {}{}",
            status.origin,
            crate::render::size::count(self.found.files.len() as u64, "file"),
            self.found.place,
            match self.found.left_out {
                0 => String::new(),
                number => format!(" ({number} left out: links, or not to be read)"),
            }
        ))
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.open.engine
    }

    pub(super) fn administrator(&self) -> Result<OperationContext, Failure> {
        Ok(self.engine().context(self.actor.clone(), Role::Administrator)?)
    }

    pub(super) fn application(&self) -> Result<OperationContext, Failure> {
        Ok(self.engine().context(self.actor.clone(), Role::Application)?)
    }

    pub(super) fn officer(&self) -> Result<OperationContext, Failure> {
        Ok(self.engine().context(self.actor.clone(), Role::SecurityOfficer)?)
    }

    /// Makes a key in the local key store that one tenant may use.
    pub(super) fn local_key(
        &self,
        reference: &RootKeyReference,
        tenant: &TenantId,
    ) -> Result<(), Failure> {
        let RootKeyReference::Local(key) = reference else { return Ok(()) };
        let access = [(tenant.clone(), KeyUse::ALL.into())].into();
        self.open.keystore.administration().create_key(key, access)?;
        Ok(())
    }

    /// Reads an object as a stream and gives the SHA-256 of what came, with its length.
    pub(super) async fn digest_of(&self, file: &TourFile) -> Result<(u64, [u8; 32]), EngineError> {
        let hash = Hashing::default();
        let context = self.engine().context(self.actor.clone(), Role::Application)?;
        let engine = self.engine();
        let read = engine
            .read_stream(&context, &self.tenant, &self.dataset, &file.name, hash.clone())
            .await?;
        Ok((read.bytes, hash.digest()))
    }

    /// That one file reads back as it was.
    pub(super) async fn reads_back(&self, file: &TourFile) -> Result<(), Failure> {
        let (bytes, digest) = self.digest_of(file).await?;
        let same = (bytes, digest) == (file.size, file.digest);
        must(same, &format!("`{}` came back other than it was", file.name))
    }

    /// The largest file: what a range and a measurement say most on.
    pub(super) fn largest(&self) -> Result<TourFile, Failure> {
        let largest = self.found.files.iter().max_by_key(|file| file.size);
        largest.cloned().ok_or_else(|| Failure::unexpected("there are no files"))
    }

    /// Every object of the tenant.
    pub(super) async fn objects(&self) -> Result<Vec<Object>, Failure> {
        let (mut objects, mut after) = (Vec::new(), None);
        loop {
            let context = self.application()?;
            let page = self
                .engine()
                .list(&context, &self.tenant, &self.dataset, "", after.as_ref(), 1000)
                .await?;
            objects.extend(page.objects);
            after = page.next;
            if after.is_none() {
                return Ok(objects);
            }
        }
    }
}

/// That an operation was refused, with this code.
pub(super) fn refused<T>(
    outcome: Result<T, EngineError>,
    code: Code,
    what: &str,
) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.code() == code => Ok(()),
        Err(error) => {
            let found = error.code();
            Err(Failure::unexpected(format!("{what} failed with {found} ({error}), not {code}")))
        }
        Ok(_) => Err(Failure::unexpected(format!("{what} was not refused"))),
    }
}

/// A word of ours as its type.
pub(super) fn word<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(Failure::unexpected)
}

/// AWS KMS as the tenant reaches it.
fn aws(global: &Global) -> AwsKms {
    let mut builder = AwsKms::builder();
    if let Some(profile) = &global.aws_profile {
        builder = builder.profile(profile);
    }
    if let Some(endpoint) = &global.aws_endpoint {
        builder = builder.endpoint(endpoint);
    }
    builder.build()
}

/// A writer that keeps the SHA-256 of what it is given, and nothing else.
#[derive(Clone, Default)]
struct Hashing(Arc<Mutex<Sha256>>);

impl Hashing {
    fn digest(self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().into()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
