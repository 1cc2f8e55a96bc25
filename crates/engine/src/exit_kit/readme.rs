//! The kit's README: every command written out, for this tenant's datasets and keys.

use std::{fmt, path::PathBuf};

use chrono::NaiveDate;
use keyward_core::{LoggedNames, RootKeyReference, TenantId};
use keyward_store::tables::objects::Object;

use crate::{Engine, Sidecar, SidecarKey, azure_commands};

const TEMPLATE: &str = include_str!("README.md");

/// What the README tells.
pub(super) struct Readme<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) date: NaiveDate,
    /// The folder of the tenant's objects, where they lie in folders.
    pub(super) objects_folder: Option<PathBuf>,
    /// The place of the object store as the workspace was told it.
    pub(super) objects_url: &'a str,
    pub(super) datasets: &'a [DatasetSection],
}

/// One dataset.
pub(super) struct DatasetSection {
    pub(super) sidecar: Sidecar,
    pub(super) objects: u64,
    /// How the audit log holds their names.
    pub(super) names: LoggedNames,
    /// An object to show the commands with; none where there are no objects.
    pub(super) example: Option<Example>,
}

/// An object to show the commands with.
pub(super) struct Example {
    version: u32,
    path: String,
    entry: Option<String>,
}

impl Example {
    pub(super) fn of(object: &Object) -> Self {
        Self {
            version: object.data_key_version,
            path: object.path().to_string(),
            entry: object.detached_entry().map(|path| path.to_string()),
        }
    }
}

impl fmt::Display for Readme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datasets: String = self.datasets.iter().map(ToString::to_string).collect();
        let text = TEMPLATE
            .replace("{tenant}", self.tenant.as_str())
            .replace("{version}", env!("CARGO_PKG_VERSION"))
            .replace("{date}", &self.date.to_string())
            .replace("{datasets}", &datasets)
            // The one text that others chose: last, so that nothing in it is taken for a place to fill.
            .replace("{fetch}", &self.fetch());
        f.write_str(&text)
    }
}

impl Readme<'_> {
    /// How to get a copy of the tenant's objects.
    fn fetch(&self) -> String {
        let tenant = self.tenant;
        if let Some(folder) = &self.objects_folder {
            let folder = quote(&folder.display().to_string());
            return format!(
                "They lie in a folder; copy it, or have it copied for you:\n\n\
                 ```sh\nmkdir -p objects\ncp -R {folder} objects/\n```\n"
            );
        }
        let url = format!("{}/{tenant}", self.objects_url.trim_end_matches('/'));
        let command = match url.split_once("://").map(|(scheme, _)| scheme) {
            Some("s3") => format!("aws s3 sync {} objects/{tenant}", quote(&url)),
            Some("gs") => format!("gcloud storage cp --recursive {} objects/", quote(&url)),
            _ => {
                return format!(
                    "They lie under `{url}`. Copy all of that to `objects/{tenant}` here.\n"
                );
            }
        };
        format!("They lie in a bucket:\n\n```sh\nmkdir -p objects\n{command}\n```\n")
    }
}

impl fmt::Display for DatasetSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dataset = &self.sidecar.dataset;
        write!(f, "\n## Dataset `{dataset}`: {} objects\n", self.objects)?;
        if self.sidecar.data_keys.iter().any(|key| is_local(&self.sidecar, key)) {
            f.write_str(LOCAL_STORE)?;
        }
        for key in &self.sidecar.data_keys {
            unwrapping(f, &self.sidecar, key)?;
        }
        if self.names == LoggedNames::Digest {
            write!(
                f,
                "\nThe audit log holds the names of this dataset's objects as digests, which open with its \
                 data keys. Say\nwhich name each stands for (names of deleted objects can be given with \
                 `--names-from FILE`):\n\n\
                 ```sh\npython3 log_names.py --dataset {dataset} > {dataset}-names.csv\n```\n\n\
                 By hand: the digest is HMAC-SHA-256 over the name, under HKDF-SHA-256 of the data key with no \
                 salt\nand the info `keyward object name digest v1`, 32 bytes long.\n"
            )?;
        }
        let Some(example) = &self.example else { return Ok(()) };
        let Some(key) = self.sidecar.data_keys.iter().find(|key| key.version == example.version)
        else {
            return Ok(());
        };
        let entry = match &example.entry {
            Some(path) => format!(" --entry objects/{path}"),
            None => String::new(),
        };
        let (namespace, name) = Engine::entry_name(&self.sidecar.tenant, dataset, key.version);
        let arguments = format!(
            "--key {dataset}/keys/{}.key --namespace {namespace} --name {name}{entry} objects/{}",
            key.version, example.path
        );
        write!(
            f,
            "\nRead one object, in Python or in Node. Path, version and entry file of every other one \
             are in\n`{dataset}/objects.csv`; without an entry file there, leave `--entry` out:\n\n\
             ```sh\npython3 read_object.py {arguments} {dataset}-python.out\n\
             node read_object.mjs {arguments} {dataset}-node.out\n```\n\n\
             Read them all, under their own names:\n\n\
             ```sh\npython3 read_all.py --dataset {dataset} --objects objects --output restored/{dataset}\n```\n"
        )
    }
}

/// Said where a root key isn't in a KMS of the tenant's.
const LOCAL_STORE: &str = "
Its root key lies in a local key store, which the `keyward` command opens: whoever holds that store, the
folder and the secret that it is sealed with, runs the commands that unwrap. Everything after them needs
no Keyward.
";

fn is_local(sidecar: &Sidecar, key: &SidecarKey) -> bool {
    sidecar
        .references(key)
        .any(|(_, reference)| matches!(reference.parse(), Ok(RootKeyReference::Local(_))))
}

/// How to unwrap one data key, in each region where its root key may be used.
fn unwrapping(f: &mut fmt::Formatter<'_>, sidecar: &Sidecar, key: &SidecarKey) -> fmt::Result {
    let (dataset, version) = (&sidecar.dataset, key.version);
    write!(f, "\nUnwrap data key version {version}, which `{}` wraps", key.root_key)?;
    if sidecar.references(key).len() > 1 {
        f.write_str(" (any one of these commands)")?;
    }
    f.write_str(":\n\n```sh\n")?;
    let wrapped = format!("{dataset}/keys/{version}.wrapped");
    let target = format!("{dataset}/keys/{version}.key");
    let context = sidecar.encryption_context(key);
    let pairs: Vec<_> = context.iter().map(|(k, v)| format!("{k}={v}")).collect();
    for (region, reference) in sidecar.references(key) {
        match reference.parse() {
            Ok(RootKeyReference::Aws(aws)) => writeln!(
                f,
                "aws kms decrypt --region {} --key-id {} --ciphertext-blob fileb://{wrapped} \
                 --encryption-context {} --query Plaintext --output text | base64 -d > {target}",
                aws.region(),
                quote(reference),
                quote(&pairs.join(",")),
            )?,
            Ok(RootKeyReference::Azure(azure)) => {
                // Azure knows no context: that it is this one, the payload's last 32 bytes say.
                match azure_commands::unwrap(&azure, &key.wrapped) {
                    Some(command) => writeln!(f, "{command} > {target}")?,
                    None => writeln!(f, "# {wrapped} is not of {reference}")?,
                }
            }
            Ok(RootKeyReference::Local(local)) => {
                let context: Vec<_> =
                    pairs.iter().map(|pair| format!("--context {}", quote(pair))).collect();
                writeln!(
                    f,
                    "keyward keystore decrypt {} {} < {wrapped} > {target}",
                    local.name(),
                    context.join(" "),
                )?;
            }
            // A provider whose tools no command is known of: what it takes is named all the same.
            _ => writeln!(
                f,
                "# decrypt {wrapped} with {reference} in {region} to {target}, with the encryption context {}",
                pairs.join(", ")
            )?,
        }
    }
    f.write_str("```\n")
}

/// A word of the shell, in quotes where it needs them.
fn quote(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | ',' | '=');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_takes_a_quoted_word_as_one() {
        assert_eq!(quote("arn:aws:kms:eu-central-1:1:key/a"), "arn:aws:kms:eu-central-1:1:key/a");
        assert_eq!(quote("a b; rm -rf ~"), "'a b; rm -rf ~'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
}
