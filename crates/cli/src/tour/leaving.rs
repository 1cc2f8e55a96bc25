//! Another tenant keeps out, the first one leaves, and the log has it all.

use std::{fs, path::PathBuf};

use keyward_core::{Code, LoggedNames, ObjectId, RootKeyId, RootKeyReference};
use keyward_engine::Source;
use keyward_store::layout::{StoredPath, tenant_prefix};
use zeroize::Zeroizing;

use super::{
    life::{Life, refused, word},
    must,
};
use crate::{failure::Failure, render::size};

impl Life {
    /// A second tenant can't register the first one's key, and doesn't find its objects.
    pub async fn second_tenant(&self) -> Result<String, Failure> {
        let (engine, context) = (self.engine(), self.administrator()?);
        engine.register_tenant(&context, &self.other, "Globex Inc.").await?;
        let references = [self.reference.clone()];
        let stolen = engine.register_root_key(&context, &self.other, &references).await;
        refused(stolen, Code::KeyOfAnotherTenant, "another tenant's key")?;

        let own: RootKeyReference = word("local:globex-root")?;
        self.local_key(&own, &self.other)?;
        engine.register_root_key(&context, &self.other, &[own]).await?;
        let key = RootKeyId { tenant: self.other.clone(), number: 1 };
        self.answer(&key, &self.open.keystore).await?;
        engine
            .create_dataset(&context, &self.other, &self.dataset, &[], LoggedNames::Plain)
            .await?;
        let name = self.largest()?.name;
        let read =
            engine.read(&self.application()?, &self.other, &self.dataset, &name).await.map(drop);
        refused(read, Code::ObjectNotFound, "the first tenant's object")?;
        Ok(format!(
            "tenant {} could not register {}'s key, brought its own, and finds nothing of {}'s",
            self.other, self.tenant, self.tenant
        ))
    }

    /// The first tenant's ciphertext, put in the place of the second's, doesn't open.
    pub async fn swapped_object(&self) -> Result<String, Failure> {
        let (engine, file) = (self.engine(), self.largest()?);
        let source = Source::Bytes(Zeroizing::new(b"globex's own".to_vec()));
        let written = engine
            .write(&self.application()?, &self.other, &self.dataset, &file.name, source)
            .await?;
        let objects = self.objects().await?;
        let first = objects
            .iter()
            .find(|object| object.name == file.name)
            .ok_or_else(|| Failure::unexpected("the first tenant's object is gone"))?;
        let from = self.stored(StoredPath::object(&self.tenant, &self.dataset, &first.id));
        let to = self.stored(StoredPath::object(&self.other, &self.dataset, &written.object.id));
        fs::copy(&from, &to).map_err(|error| Failure::io("copy", from.display(), &error))?;
        self.is_rejected(&written.object.id).await?;
        Ok(format!(
            "{}'s ciphertext under {}'s name was rejected, nothing of it released",
            self.tenant, self.other
        ))
    }

    /// Writes what the tenant needs to read its data without us.
    pub async fn exit_kit(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let folder = self.open.folder.with_file_name("exit-kit");
        let kit = self.engine().exit_kit(&context, &self.tenant, &folder).await?;
        let listed = kit.objects == self.objects().await?.len() as u64;
        must(listed && folder.join("README.md").is_file(), "the exit kit lacks something")?;
        Ok(format!(
            "wrote the exit kit: {} and the list of {}, programs and commands that read them without Keyward",
            size::count(kit.data_keys, "wrapped data key"),
            size::count(kit.objects, "object")
        ))
    }

    /// Off-boards the tenant: its keys are wiped, its data deleted.
    pub async fn offboard(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let gone = self.engine().offboard(&context, &self.tenant, true).await?;
        refused(self.digest_of(&self.largest()?).await, Code::TenantOffboarded, "a read")?;
        let folder = self.open.folder.join("objects").join(tenant_prefix(&self.tenant));
        must(files_below(&folder) == 0, "files of the tenant are left")?;
        Ok(format!(
            "off-boarded {}: {} wiped (crypto-shredded), {} deleted, no file left",
            self.tenant,
            size::count(gone.data_keys, "data key"),
            size::count(gone.objects, "object")
        ))
    }

    /// Recomputes the whole log.
    pub async fn verify(&self) -> Result<String, Failure> {
        let verified = self.engine().audit_verify(&self.officer()?, &|_, _| {}).await?;
        Ok(format!(
            "verified {} of the audit log: every hash, the tree's root {}, the signature",
            size::count(verified.records, "record"),
            verified.root
        ))
    }

    /// The log's newest checkpoint.
    pub async fn checkpoint(&self) -> Result<String, Failure> {
        Ok(self.engine().status().await?.checkpoint)
    }

    async fn is_rejected(&self, id: &ObjectId) -> Result<(), Failure> {
        let name = self.largest()?.name;
        let read = self
            .engine()
            .read(&self.application()?, &self.other, &self.dataset, &name)
            .await
            .map(drop);
        refused(read, Code::CiphertextRejected, &format!("the swapped object {id}"))
    }

    fn stored(&self, path: StoredPath) -> PathBuf {
        self.open.folder.join("objects").join(path.as_str())
    }
}

/// How many files lie below a folder; none where there is no folder.
fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}
