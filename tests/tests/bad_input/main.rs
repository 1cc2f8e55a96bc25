//! Bad input, from every side: each gets a clear error with its code, nothing is lost and nothing
//! released.
//!
//! | what | where it is tested |
//! | --- | --- |
//! | ciphertexts: bits flipped, cut, extended, frames or messages swapped, another tenant's, an unknown or non-committing suite, missing | [`ciphertexts`] |
//! | entries that a rekey has detached: the same | [`ciphertexts`] |
//! | wrapped data keys: bits flipped, cut, swapped between versions, datasets and tenants | [`keys`] |
//! | sidecars: corrupt, gone | [`keys`] |
//! | the wrong region, of a key and of a dataset | [`regions`] |
//! | names: paths that leave the dataset, NUL, 5,000 characters, any script | [`names`] |
//! | an empty file | [`names`] |
//! | a database that is corrupt or newer | [`database`] |
//! | a clock that jumps | [`clock`] |
//! | a full disk for what is read | [`ciphertexts`] |
//! | a full disk, no permission, a locked database for every operation | `failures/` |
//! | a 5 GiB stream | `large_stream.rs` |
//! | two processes on one workspace | `crash.rs` and [`clock`] |

mod ciphertexts;
mod clock;
mod database;
mod keys;
mod names;
mod regions;

use std::path::PathBuf;

use keyward_core::{Code, DatasetName, ObjectName, TenantId};
use keyward_engine::{AuditFilter, AuditStart};
use keyward_store::{
    layout::StoredPath,
    tables::{objects, tenants::TenantState},
};
use keyward_testkit::TestWorkspace;

/// A workspace with two tenants, each with a dataset `docs`, kept in memory where that can be: these
/// tests are about bytes, not about disks.
struct Place {
    workspace: TestWorkspace,
    acme: TenantId,
    other: TenantId,
    docs: DatasetName,
    _folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let workspace = TestWorkspace::create_at(folder.path()).await.unwrap();
        let (acme, docs, _) = workspace.tenant("acme").await;
        let (other, _, _) = workspace.tenant("other").await;
        Self { workspace, acme, other, docs, _folder: folder }
    }

    /// The same workspace in another process: nothing is in its cache.
    async fn fresh(&self) -> TestWorkspace {
        TestWorkspace::open_at(self.workspace.path()).await.unwrap()
    }

    /// The stored file of an object.
    async fn file(&self, tenant: &TenantId, name: &str) -> PathBuf {
        let object = self.object(tenant, name).await;
        let path = StoredPath::object(tenant, &self.docs, &object.id);
        self.workspace.objects().join(path.as_str())
    }

    async fn object(&self, tenant: &TenantId, name: &str) -> objects::Object {
        let store = self.workspace.store().await.unwrap();
        let mut reader = store.read().await.unwrap();
        let name: ObjectName = name.parse().unwrap();
        objects::get(&mut reader, tenant, &self.docs, &name).await.unwrap().unwrap()
    }

    /// That the newest record of an action is of a failure with this code.
    async fn recorded(&self, action: &str, code: Code) {
        let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
        let officer = self.workspace.officer();
        let page = self
            .workspace
            .engine
            .audit_query(&officer, &filter, AuditStart::Newest, 1)
            .await
            .unwrap();
        assert_eq!(page.records[0].code.as_deref(), Some(code.as_str()), "{action}");
    }

    /// That the tenants are as active as before, and the log verifies.
    async fn unharmed(&self) {
        for tenant in [&self.acme, &self.other] {
            let state = self.workspace.engine.tenant(tenant).await.unwrap().state;
            assert_eq!(state, TenantState::Active, "{tenant}");
        }
        let officer = self.workspace.officer();
        self.workspace.engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    }
}
