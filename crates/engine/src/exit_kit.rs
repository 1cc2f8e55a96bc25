//! Writes the exit kit: all that a tenant needs to read its data without Keyward.
//!
//! It holds no key: wrapped data keys, the list of objects, and programs and commands that use the
//! tenant's own KMS and a stock AWS Encryption SDK. So it may be written whatever the tenant's state,
//! and nothing is asked of any provider. `docs/formats.md` specifies its files.

mod listing;
mod readme;

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{DatasetName, TenantId};
use keyward_ledger::Action;
use keyward_store::{
    Connection, ObjectsError,
    layout::StoredPath,
    tables::{
        datasets, objects,
        tenants::{self, TenantState},
        workspace,
    },
};

use crate::{
    Engine, EngineError, OperationContext, Sidecar,
    new_folder::{private_folder, sync_folder},
    operation::Entry,
    require,
};
use readme::{DatasetSection, Example, Readme};

/// The files that are the same in every kit.
const PROGRAMS: [(&str, &str); 6] = [
    ("read_object.py", include_str!("exit_kit/read_object.py")),
    ("read_all.py", include_str!("exit_kit/read_all.py")),
    ("read_object.mjs", include_str!("exit_kit/read_object.mjs")),
    ("log_names.py", include_str!("exit_kit/log_names.py")),
    ("requirements.txt", include_str!("exit_kit/requirements.txt")),
    ("package.json", include_str!("exit_kit/package.json")),
];

/// Objects read from the database at once.
const PAGE: u32 = 1000;

/// What was written.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ExitKit {
    /// Whose.
    pub tenant: TenantId,
    /// The folder.
    pub folder: PathBuf,
    /// How many datasets it lists.
    pub datasets: u64,
    /// How many wrapped data keys it holds.
    pub data_keys: u64,
    /// How many objects it lists.
    pub objects: u64,
}

impl Engine {
    /// Writes a tenant's exit kit into a new folder, which is there whole or not at all.
    ///
    /// A suspended or revoked tenant gets its kit as any other does. For an off-boarded one, whose
    /// wrapped keys Keyward has wiped, they come from the sidecars beside the data that was left.
    ///
    /// # Errors
    /// [`EngineError::AlreadyExists`] where the folder exists, [`EngineError::TenantNotFound`],
    /// [`EngineError::TenantNotActive`] where the tenant was off-boarded and its data deleted,
    /// [`EngineError::Io`] of the folder.
    pub async fn exit_kit(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        folder: &Path,
    ) -> Result<ExitKit, EngineError> {
        let entry = Entry::of(Action::ExitKitWrite, tenant);
        self.guard(context, entry.clone(), async {
            if fs::symlink_metadata(folder).is_ok() {
                return Err(EngineError::AlreadyExists {
                    what: "folder",
                    name: folder.display().to_string(),
                });
            }
            // On the folder's own file system, so that the rename at the end can't fail half way; and
            // its owner's alone, since unwrapped keys will come to lie in it.
            let beside = match folder.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let held =
                private_folder(beside).map_err(EngineError::io(beside.display().to_string()))?;
            let mut kit = self.write_kit(tenant, held.path()).await?;
            kit.folder = folder.into();
            let entry = entry
                .with("datasets", kit.datasets)
                .with("data_keys", kit.data_keys)
                .with("objects", kit.objects);
            self.record(context, entry).await?;
            fs::rename(held.path(), folder)
                .map_err(EngineError::io(folder.display().to_string()))?;
            // Its path is free again: what is removed on drop must not be somebody's new file.
            let _ = held.keep();
            sync_folder(beside)?;
            Ok(kit)
        })
        .await
    }

    /// Everything, from one state of the database.
    async fn write_kit(&self, tenant: &TenantId, folder: &Path) -> Result<ExitKit, EngineError> {
        let mut reader = self.store.snapshot().await?;
        let row = require::tenant(&mut reader, tenant).await?;
        let mut kit = ExitKit {
            tenant: tenant.clone(),
            folder: folder.into(),
            datasets: 0,
            data_keys: 0,
            objects: 0,
        };
        let mut sections = Vec::new();
        for dataset in datasets::list(&mut reader, tenant).await? {
            let sidecar = self.kit_sidecar(&mut reader, &row, &dataset.name).await?;
            let place = folder.join(dataset.name.as_str());
            write_keys(&place, &sidecar)?;
            let (objects, example) =
                write_listing(&mut reader, tenant, &dataset.name, &place.join("objects.csv"))
                    .await?;
            kit.datasets += 1;
            kit.data_keys += sidecar.data_keys.len() as u64;
            kit.objects += objects;
            sections.push(DatasetSection { sidecar, objects, names: dataset.names, example });
        }
        let place = workspace::get(&mut reader)
            .await?
            .ok_or_else(|| EngineError::StateCorrupt("the workspace's settings".into()))?
            .objects_url;
        drop(reader);
        for (name, text) in PROGRAMS {
            write_file(&folder.join(name), text.as_bytes())?;
        }
        let readme = Readme {
            tenant,
            date: self.clock.now().date_naive(),
            objects_folder: self.tenant_folder(tenant),
            objects_url: &place,
            datasets: &sections,
        };
        write_file(&folder.join("README.md"), readme.to_string().as_bytes())?;
        sync_folder(folder)?;
        Ok(kit)
    }

    /// The wrapped keys as the rows say them; of an off-boarded tenant, as the last sidecar does.
    async fn kit_sidecar(
        &self,
        connection: &mut Connection,
        tenant: &tenants::Tenant,
        dataset: &DatasetName,
    ) -> Result<Sidecar, EngineError> {
        if tenant.state != TenantState::Offboarded {
            return self.sidecar(connection, &tenant.id, dataset).await;
        }
        let bytes = match self.objects.get(&StoredPath::sidecar(&tenant.id, dataset)).await {
            Err(ObjectsError::NotFound { .. }) => {
                return Err(EngineError::TenantNotActive {
                    tenant: tenant.id.clone(),
                    state: tenant.state,
                    why: tenant.state_code.clone(),
                });
            }
            other => other?,
        };
        let damaged = || EngineError::StateCorrupt(format!("the sidecar of `{dataset}`"));
        let sidecar: Sidecar = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if (&sidecar.tenant, &sidecar.dataset) != (&tenant.id, dataset) {
            return Err(damaged());
        }
        Ok(sidecar)
    }

    /// The tenant's folder, where objects lie in folders.
    fn tenant_folder(&self, tenant: &TenantId) -> Option<PathBuf> {
        // Any path of the tenant's tells: the name of this dataset isn't in the answer.
        let dataset: DatasetName = "any".parse().ok()?;
        let sidecar = self.objects.local_path(&StoredPath::sidecar(tenant, &dataset))?;
        Some(sidecar.ancestors().nth(2)?.to_path_buf())
    }
}

/// The sidecar, and each wrapped key as a file of its own: what a provider's own tool takes.
fn write_keys(place: &Path, sidecar: &Sidecar) -> Result<(), EngineError> {
    let keys = place.join("keys");
    fs::create_dir_all(&keys).map_err(EngineError::io(keys.display().to_string()))?;
    let damaged = || {
        EngineError::StateCorrupt(format!(
            "the sidecar of `{}/{}`",
            sidecar.tenant, sidecar.dataset
        ))
    };
    let text = serde_json::to_vec_pretty(sidecar).map_err(|_| damaged())?;
    write_file(&place.join("keys.json"), &text)?;
    for key in &sidecar.data_keys {
        let wrapped = BASE64_STANDARD.decode(&key.wrapped).map_err(|_| damaged())?;
        write_file(&keys.join(format!("{}.wrapped", key.version)), &wrapped)?;
    }
    sync_folder(&keys)?;
    sync_folder(place)
}

/// The list of objects; gives their number, and one to show the commands with: one whose entry was
/// moved where there is any among the first, since those need an argument more.
async fn write_listing(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    path: &Path,
) -> Result<(u64, Option<Example>), EngineError> {
    let io = |source| EngineError::Io { what: path.display().to_string(), source };
    let mut out = BufWriter::new(File::create_new(path).map_err(io)?);
    out.write_all(listing::HEADER.as_bytes()).map_err(io)?;
    let (mut count, mut after) = (0, None);
    let mut example: Option<Example> = None;
    loop {
        let page = objects::list(connection, tenant, dataset, "", after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        for object in &page {
            out.write_all(listing::line(object).as_bytes()).map_err(io)?;
            count += 1;
        }
        example = example.or_else(|| {
            page.iter().find(|object| object.detached).or(page.first()).map(Example::of)
        });
    }
    out.into_inner().map_err(|error| io(error.into_error()))?.sync_all().map_err(io)?;
    Ok((count, example))
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(EngineError::io(path.display().to_string()))
}
