//! `keyward keystore`: the owner's side of the local software key store; what a tenant without a KMS
//! of its own does.

use std::{
    io::{self, Read, Write},
    str::FromStr,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::{Subcommand, ValueEnum};
use keyward_core::{EncryptionContext, RootKeyReference, TenantId, reference::LocalKey};
use keyward_kms::{
    KmsError, RootKeyService,
    local::{AccessList, KeyRecord, KeyUse, LocalState},
};
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    render::{
        table::{pairs, table},
        time,
    },
    session::Session,
};

/// No wrapped key comes near it.
const MAX_CIPHERTEXT: u64 = 64 * 1024;

/// Administer the local key store: what a tenant without a KMS of its own does
#[derive(Debug, Subcommand)]
pub enum Keystore {
    /// Make a key
    Create {
        /// Its name, or `local:NAME`
        key: LocalKey,
        /// A tenant that may wrap and unwrap with it; may be given several times
        #[arg(long = "allow", value_name = "TENANT")]
        allowed: Vec<TenantId>,
    },
    /// List all keys
    List,
    /// Show a key
    Show {
        /// The key
        key: LocalKey,
    },
    /// Give a key a new version; older ones still unwrap
    Rotate {
        /// The key
        key: LocalKey,
    },
    /// Keep everyone from using a key
    Disable {
        /// The key
        key: LocalKey,
    },
    /// Let a key be used again
    Enable {
        /// The key
        key: LocalKey,
    },
    /// Have a key deleted after a waiting time
    ScheduleDeletion {
        /// The key
        key: LocalKey,
        /// The waiting time: 7 to 30
        #[arg(long, default_value_t = 30)]
        days: u32,
    },
    /// Cancel a deletion; the key is disabled then
    CancelDeletion {
        /// The key
        key: LocalKey,
    },
    /// Let a tenant use a key, in these ways only
    Allow {
        /// The key
        key: LocalKey,
        /// The tenant
        tenant: TenantId,
        /// A way; may be given several times; usually both
        #[arg(long = "use", value_name = "USE")]
        uses: Vec<Use>,
    },
    /// Keep a tenant from using a key
    Deny {
        /// The key
        key: LocalKey,
        /// The tenant
        tenant: TenantId,
    },
    /// Put a tag on a key
    Tag {
        /// The key
        key: LocalKey,
        /// The tag's name
        name: String,
        /// The tag's value
        value: String,
    },
    /// Take a tag off a key
    Untag {
        /// The key
        key: LocalKey,
        /// The tag's name
        name: String,
    },
    /// Decrypt what the key wrapped: the answer to a challenge, or a data key
    ///
    /// A ciphertext that is given in base64 is answered in base64; without one, standard input's bytes
    /// are decrypted to standard output.
    Decrypt {
        /// The key
        key: LocalKey,
        /// The ciphertext
        #[arg(long, value_name = "BASE64")]
        ciphertext: Option<String>,
        /// A pair of the encryption context; all of them must be given
        #[arg(long = "context", value_name = "KEY=VALUE")]
        pairs: Vec<Pair>,
    },
}

/// What a tenant may do with a key.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Use {
    Wrap,
    Unwrap,
}

/// A pair of an encryption context.
#[derive(Clone, Debug)]
pub struct Pair {
    key: String,
    value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or("write it as `KEY=VALUE`, like `keyward:tenant=acme`")?;
        Ok(Self { key: key.into(), value: value.into() })
    }
}

#[derive(serde::Serialize)]
struct Shown {
    reference: String,
    version: u32,
    #[serde(flatten)]
    record: KeyRecord,
}

impl Keystore {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let store = session.workspace.keystore.administration();
        let key = match self {
            Self::List => return list(session),
            Self::Decrypt { key, ciphertext, pairs } => {
                let (key, owner) = (RootKeyReference::from(key), &session.workspace.keystore);
                return decrypt(session, owner, &key, ciphertext.as_deref(), pairs).await;
            }
            Self::Create { key, allowed } => {
                let access: AccessList =
                    allowed.into_iter().map(|tenant| (tenant, KeyUse::ALL.into())).collect();
                store.create_key(&key, access)?;
                key
            }
            Self::Show { key } => key,
            Self::Rotate { key } => {
                store.rotate(&key)?;
                key
            }
            Self::Disable { key } => {
                store.disable(&key)?;
                key
            }
            Self::Enable { key } => {
                store.enable(&key)?;
                key
            }
            Self::ScheduleDeletion { key, days } => {
                store.schedule_deletion(&key, days)?;
                key
            }
            Self::CancelDeletion { key } => {
                store.cancel_deletion(&key)?;
                key
            }
            Self::Allow { key, tenant, uses } => {
                let uses: Vec<KeyUse> = uses.into_iter().map(KeyUse::from).collect();
                let uses = if uses.is_empty() { KeyUse::ALL.to_vec() } else { uses };
                store.allow(&key, &tenant, &uses)?;
                key
            }
            Self::Deny { key, tenant } => {
                store.deny(&key, &tenant)?;
                key
            }
            Self::Tag { key, name, value } => {
                store.tag(&key, &name, &value)?;
                key
            }
            Self::Untag { key, name } => {
                store.untag(&key, &name)?;
                key
            }
        };
        session.output.print(&Shown::of(store.describe(&key)?), describe)
    }
}

impl From<Use> for KeyUse {
    fn from(word: Use) -> Self {
        match word {
            Use::Wrap => Self::Wrap,
            Use::Unwrap => Self::Unwrap,
        }
    }
}

impl Shown {
    fn of(record: KeyRecord) -> Self {
        Self { reference: format!("local:{}", record.name), version: record.version(), record }
    }
}

fn list(session: &Session) -> Result<u8, Failure> {
    let (mut keys, mut failed): (Vec<Shown>, Vec<KmsError>) = (Vec::new(), Vec::new());
    for outcome in session.workspace.keystore.administration().list()? {
        match outcome {
            Ok(record) => keys.push(Shown::of(record)),
            Err(error) => failed.push(error),
        }
    }
    let failed: Vec<Failure> = failed.into_iter().map(Failure::from).collect();
    if !session.output.json {
        failed.iter().for_each(|failure| failure.report(false));
    }
    let worst = failed.iter().map(Failure::status).max().unwrap_or(0);
    let document = serde_json::json!({ "keys": keys, "failed": failed });
    session
        .output
        .print(&document, |_| {
            let rows = keys.iter().map(|key| {
                let tenants: Vec<_> = key.record.access.keys().map(TenantId::as_str).collect();
                let (version, since) = (key.version.to_string(), time(key.record.created_at));
                vec![key.reference.clone(), state(&key.record), version, since, tenants.join(" ")]
            });
            let none = "no keys; `keyward keystore create` makes one";
            table(&["key", "state", "version", "created", "tenants"], rows.collect(), none)
        })
        .map(|_| worst)
}

/// Decrypts as the key's owner does, with nothing of the workspace but its way to the key.
///
/// # Errors
/// [`Failure`] of the provider, and for what is no ciphertext.
pub async fn decrypt(
    session: &Session,
    owner: &dyn RootKeyService,
    key: &RootKeyReference,
    ciphertext: Option<&str>,
    pairs: Vec<Pair>,
) -> Result<u8, Failure> {
    let blob = match ciphertext {
        Some(text) => BASE64_STANDARD
            .decode(text.trim())
            .map_err(|_| Failure::usage("the ciphertext is not base64"))?,
        None => {
            let mut bytes = Vec::new();
            io::stdin()
                .take(MAX_CIPHERTEXT)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::io("read", "standard input", &error))?;
            bytes
        }
    };
    let context =
        EncryptionContext::from_pairs(pairs.into_iter().map(|pair| (pair.key, pair.value)));
    let plaintext = owner.unwrap(key, &context, &blob).await?;
    if ciphertext.is_none() && !session.output.json {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(plaintext.expose())
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::io("write", "standard output", &error))?;
        return Ok(0);
    }
    let text = Zeroizing::new(BASE64_STANDARD.encode(plaintext.expose()));
    let document = serde_json::json!({ "plaintext": text.as_str() });
    session.output.print(&document, |_| text.as_str().to_owned())
}

fn state(record: &KeyRecord) -> String {
    match record.state {
        LocalState::Enabled => "enabled",
        LocalState::Disabled => "disabled",
        LocalState::PendingDeletion => "pending-deletion",
        LocalState::Destroyed => "destroyed",
    }
    .to_owned()
}

fn describe(key: &Shown) -> String {
    let record = &key.record;
    let access = record.access.iter().map(|(tenant, uses)| {
        let words: Vec<_> =
            uses.iter().map(|one| if *one == KeyUse::Wrap { "wrap" } else { "unwrap" }).collect();
        format!("{tenant} ({})", words.join(", "))
    });
    let tags = record.tags.iter().map(|(name, value)| format!("{name}={value}"));
    let (access, tags): (Vec<_>, Vec<_>) = (access.collect(), tags.collect());
    pairs(&[
        ("key", Some(key.reference.clone())),
        ("state", Some(state(record))),
        ("version", Some(key.version.to_string())),
        ("created", Some(time(record.created_at))),
        ("rotated", record.rotated_at().map(time)),
        ("deletion", record.deletion_at.map(time)),
        ("tenants", Some(access.join(" ")).filter(|text| !text.is_empty())),
        ("tags", Some(tags.join(" ")).filter(|text| !text.is_empty())),
    ])
}
