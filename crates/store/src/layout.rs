//! Where each stored file lies: the one place that makes paths in the object store.
//!
//! A path is made of ids alone, never of a name that a person chose for an object, so that no name can
//! lead out of its dataset or clash with another on a file system that folds case.
//!
//! ```text
//! TENANT/DATASET/objects/AB/ABCD...         an object's message (AB: the first two hex digits of its id)
//! TENANT/DATASET/objects/AB/ABCD....3.entry its entry under data key version 3, moved there by a rekey
//! TENANT/DATASET/keys.json                  the sidecar: the dataset's wrapped data keys
//! _audit/WORKSPACE/2026/11/24.ABCD...       a workspace's records of a day, archived
//! ```

use std::fmt;

use chrono::NaiveDate;
use keyward_core::{DatasetName, ObjectId, TenantId, WorkspaceId};
use object_store::path::Path;

/// Where logs' archives lie. No tenant's id starts so: what deletes a tenant's files never comes here.
const LOG_ARCHIVES: &str = "_audit/";

/// A file's path in the object store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoredPath(Path);

impl StoredPath {
    /// An object's message.
    #[must_use]
    pub fn object(tenant: &TenantId, dataset: &DatasetName, id: &ObjectId) -> Self {
        Self(Path::from(object_text(tenant, dataset, id)))
    }

    /// An object's entry that a rekey has moved out of the message, under the data key version that
    /// wraps it: a new version is a new file, so that a rekey cut short leaves the old one in place.
    #[must_use]
    pub fn entry(tenant: &TenantId, dataset: &DatasetName, id: &ObjectId, version: u32) -> Self {
        Self(Path::from(format!("{}.{version}.entry", object_text(tenant, dataset, id))))
    }

    /// A dataset's sidecar.
    #[must_use]
    pub fn sidecar(tenant: &TenantId, dataset: &DatasetName) -> Self {
        Self(Path::from(format!("{tenant}/{dataset}/keys.json")))
    }

    /// The archive of a day of the log. The id is drawn for one writing alone, so that one that was cut
    /// short is never in another's way.
    #[must_use]
    pub fn log_archive(workspace: &WorkspaceId, day: NaiveDate, id: &ObjectId) -> Self {
        let prefix = log_archives_prefix(workspace);
        Self(Path::from(format!("{prefix}{}.{id}", day.format("%Y/%m/%d"))))
    }

    /// Which day of the log this is the archive of; `None` for any other file.
    #[must_use]
    pub fn archived_day(&self) -> Option<NaiveDate> {
        Some(log_archive_parts(self.as_str())?.1)
    }

    /// Takes a path back from its text, as the `garbage` table keeps it; `None` where it is none that
    /// this file makes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((workspace, day, id)) = log_archive_parts(text) {
            let path = Self::log_archive(&workspace, day, &id);
            return (path.as_str() == text).then_some(path);
        }
        let mut parts = text.split('/');
        let tenant: TenantId = parts.next()?.parse().ok()?;
        let dataset: DatasetName = parts.next()?.parse().ok()?;
        let path = match parts.next()? {
            "keys.json" => Self::sidecar(&tenant, &dataset),
            "objects" => {
                let file = parts.nth(1)?;
                match file.strip_suffix(".entry") {
                    Some(entry) => {
                        let (id, version) = entry.split_once('.')?;
                        Self::entry(&tenant, &dataset, &id.parse().ok()?, version.parse().ok()?)
                    }
                    None => Self::object(&tenant, &dataset, &file.parse().ok()?),
                }
            }
            _ => return None,
        };
        // Whatever else was in the text (another fan-out, more parts) makes it another path.
        (path.as_str() == text).then_some(path)
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    pub(crate) fn location(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for StoredPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The prefix under which everything of a tenant lies, and nothing else.
#[must_use]
pub fn tenant_prefix(tenant: &TenantId) -> String {
    format!("{tenant}/")
}

/// The prefix under which everything of a dataset lies, and nothing else.
#[must_use]
pub fn dataset_prefix(tenant: &TenantId, dataset: &DatasetName) -> String {
    format!("{tenant}/{dataset}/")
}

/// The prefix under which the archives of a workspace's log lie, and nothing else: others may share the
/// bucket.
#[must_use]
pub fn log_archives_prefix(workspace: &WorkspaceId) -> String {
    format!("{LOG_ARCHIVES}{workspace}/")
}

fn log_archive_parts(text: &str) -> Option<(WorkspaceId, NaiveDate, ObjectId)> {
    let (workspace, archive) = text.strip_prefix(LOG_ARCHIVES)?.split_once('/')?;
    let (day, id) = archive.rsplit_once('.')?;
    let day = NaiveDate::parse_from_str(day, "%Y/%m/%d").ok()?;
    Some((workspace.parse().ok()?, day, id.parse().ok()?))
}

/// Two digits of fan-out: a folder of a million files is slow on many file systems.
fn object_text(tenant: &TenantId, dataset: &DatasetName, id: &ObjectId) -> String {
    let id = id.to_string();
    format!("{tenant}/{dataset}/objects/{}/{id}", id.get(..2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_of_ids_and_parse_back() {
        let (tenant, dataset) = ("acme".parse().unwrap(), "invoices".parse().unwrap());
        let id = ObjectId::from_bytes([0xab; 16]);
        let hex = "ab".repeat(16);
        let day = NaiveDate::from_ymd_opt(2026, 1, 9).unwrap();
        let workspace = WorkspaceId::from_bytes([0xcd; 16]);
        let archive = StoredPath::log_archive(&workspace, day, &id);
        assert_eq!(archive.archived_day(), Some(day));
        assert!(archive.as_str().starts_with(&log_archives_prefix(&workspace)));
        assert_eq!(StoredPath::sidecar(&tenant, &dataset).archived_day(), None);
        for (path, text) in [
            (StoredPath::object(&tenant, &dataset, &id), format!("acme/invoices/objects/ab/{hex}")),
            (
                StoredPath::entry(&tenant, &dataset, &id, 3),
                format!("acme/invoices/objects/ab/{hex}.3.entry"),
            ),
            (StoredPath::sidecar(&tenant, &dataset), "acme/invoices/keys.json".into()),
            (
                StoredPath::log_archive(&workspace, day, &id),
                format!("_audit/{}/2026/01/09.{hex}", "cd".repeat(16)),
            ),
        ] {
            assert_eq!(path.as_str(), text);
            assert_eq!(StoredPath::parse(&text), Some(path));
        }
    }

    #[test]
    fn other_paths_do_not_parse() {
        let hex = "ab".repeat(16);
        for text in [
            "",
            "acme",
            "acme/invoices/other.json",
            "acme/invoices/keys.json/x",
            "../invoices/keys.json",
            &format!("acme/invoices/objects/cd/{hex}"),
            &format!("acme/invoices/objects/ab/{hex}.entry"),
            &format!("acme/invoices/objects/ab/{hex}.03.entry"),
            &format!("acme/invoices/objects/ab/{hex}/x"),
            &format!("acme/invoices/objects/ab/../{hex}"),
            &format!("/acme/invoices/objects/ab/{hex}"),
            &format!("_audit/{hex}/2026/1/9.{hex}"),
            &format!("_audit/{hex}/2026/02/30.{hex}"),
            &format!("_audit/{hex}/2026/01/09.{hex}.1"),
            &format!("_audit/{hex}/2026/01/09"),
            &format!("_audit/2026/01/09.{hex}"),
            "_audit/docs/keys.json",
        ] {
            assert_eq!(StoredPath::parse(text), None, "{text}");
        }
    }
}
