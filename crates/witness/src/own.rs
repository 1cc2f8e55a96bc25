//! Being a witness: a folder with what was seen, and a key of one's own.
//!
//! ```text
//! FOLDER/            mode 0700
//!   witness.json     format, name, verifier key, where the key rests
//!   secrets.json     the key's seed, where it is sealed with a passphrase
//!   ORIGIN.key       a log's verifier key, as its first checkpoint was checked with
//!   ORIGIN.seen      the newest checkpoint of it that was cosigned
//! ```
//!
//! What this promises is all in one sentence: it cosigns no checkpoint that doesn't continue the one that
//! it cosigned last. So `ORIGIN.seen` is durable before a cosignature is handed out, and judged and
//! written under one lock.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use keyward_core::{SecretKey, WorkspaceId};
use keyward_ledger::{
    Checkpoint, LedgerError, Note, Origin, SigningKey, VerifierKey, Witness, WitnessKey,
    WitnessRequest,
};
use keyward_secrets::{Backing, Vault};
use zeroize::Zeroizing;

use crate::{WitnessError, file};

const FILE: &str = "witness.json";
const SECRETS: &str = "secrets.json";
const SEED: &str = "witness-seed";
const FORMAT: u32 = 1;

/// A witness of one's own.
pub struct OwnWitness {
    folder: PathBuf,
    name: Origin,
    key: SigningKey,
}

/// What a new witness shall be.
pub struct NewWitness {
    /// Its name on signature lines, like `acme.example/audit`.
    pub name: Origin,
    /// Where its key shall rest: the OS keyring, or a file in the folder sealed with this passphrase.
    pub passphrase: Option<Zeroizing<String>>,
}

/// A checkpoint that was cosigned.
#[derive(Clone, Debug)]
pub struct Cosigned {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The size that this witness had cosigned before; 0 where this is the first.
    pub since: u64,
    /// The note with the cosignature line.
    pub note: Note,
}

/// A log that this witness follows.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Watched {
    /// Its verifier key.
    pub key: VerifierKey,
    /// How many records the newest cosigned checkpoint has.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// When it was cosigned.
    pub at: DateTime<Utc>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    format: u32,
    name: String,
    key: String,
    id: String,
    secrets: Backing,
}

impl OwnWitness {
    /// Makes a witness with a new key in a folder that holds none.
    ///
    /// # Errors
    /// [`WitnessError::Exists`], and where key or folder can't be kept.
    pub fn create(folder: &Path, new: NewWitness) -> Result<Self, WitnessError> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder).map_err(WitnessError::io("make", folder))?;
        let _lock = file::lock(&folder.join(".lock"))?;
        if folder.join(FILE).exists() {
            return Err(WitnessError::Exists { folder: folder.into() });
        }
        let id = WorkspaceId::from_bytes(random()?);
        let (secrets, vault) = match new.passphrase {
            None => (Backing::Keyring, Vault::keyring(id)),
            Some(passphrase) => {
                (Backing::Passphrase, Vault::passphrase(folder.join(SECRETS), passphrase))
            }
        };
        let seed = SecretKey::new(*Zeroizing::new(random()?));
        vault.store(SEED, &seed)?;
        let key = SigningKey::from_seed(&seed);
        let config = Config {
            format: FORMAT,
            name: new.name.to_string(),
            key: key.witness_key(&new.name).to_string(),
            id: id.to_string(),
            secrets,
        };
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(&config)
            .map_err(|_| WitnessError::Damaged { path: path.clone() })?;
        file::replace(&path, &format!("{text}\n"))?;
        Ok(Self { folder: folder.into(), name: new.name, key })
    }

    /// Whether the key in this folder is sealed with a passphrase.
    ///
    /// # Errors
    /// [`WitnessError::NotFound`], [`WitnessError::Damaged`].
    pub fn needs_passphrase(folder: &Path) -> Result<bool, WitnessError> {
        Ok(config(folder)?.secrets == Backing::Passphrase)
    }

    /// The verifier key of the witness in this folder. Opens no secret.
    ///
    /// # Errors
    /// [`WitnessError::NotFound`], [`WitnessError::Damaged`].
    pub fn verifier_key(folder: &Path) -> Result<WitnessKey, WitnessError> {
        config(folder)?.key.parse().map_err(|_| WitnessError::Damaged { path: folder.join(FILE) })
    }

    /// The logs that the witness in this folder follows. Opens no secret.
    ///
    /// # Errors
    /// [`WitnessError::NotFound`], and where what it keeps is damaged.
    pub fn watched(folder: &Path) -> Result<Vec<Watched>, WitnessError> {
        let witness = Self::verifier_key(folder)?;
        let mut watched = Vec::new();
        for entry in fs::read_dir(folder).map_err(WitnessError::io("read", folder))? {
            let path = entry.map_err(WitnessError::io("read", folder))?.path();
            if path.extension().is_none_or(|extension| extension != "key") {
                continue;
            }
            let damaged = || WitnessError::Damaged { path: path.clone() };
            let (text, _) = file::read(&path)?.ok_or_else(damaged)?;
            let key: VerifierKey = text.trim_end().parse().map_err(|_| damaged())?;
            let Some(note) = seen(folder, key.name())? else { continue };
            let checkpoint = Checkpoint::verify_note(&note, &key)?;
            watched.push(Watched {
                size: checkpoint.size,
                root: checkpoint.root.to_string(),
                at: witness.cosigned(&note)?,
                key,
            });
        }
        watched.sort_by(|a, b| a.key.name().cmp(b.key.name()));
        Ok(watched)
    }

    /// Opens the witness in a folder.
    ///
    /// # Errors
    /// [`WitnessError::NotFound`], [`WitnessError::PassphraseNeeded`], and where the key can't be had.
    pub fn open(
        folder: &Path,
        passphrase: Option<Zeroizing<String>>,
    ) -> Result<Self, WitnessError> {
        let config = config(folder)?;
        let damaged = || WitnessError::Damaged { path: folder.join(FILE) };
        let vault = match (config.secrets, passphrase) {
            (Backing::Keyring, _) => Vault::keyring(config.id.parse().map_err(|_| damaged())?),
            (Backing::Passphrase, Some(passphrase)) => {
                Vault::passphrase(folder.join(SECRETS), passphrase)
            }
            (Backing::Passphrase, None) => return Err(WitnessError::PassphraseNeeded),
        };
        let seed = vault.load(SEED)?.ok_or(WitnessError::KeyMissing)?;
        let (name, key): (Origin, _) =
            (config.name.parse().map_err(|_| damaged())?, SigningKey::from_seed(&seed));
        if key.witness_key(&name).to_string() != config.key {
            return Err(damaged());
        }
        Ok(Self { folder: folder.into(), name, key })
    }

    /// What checks its cosignatures.
    #[must_use]
    pub fn key(&self) -> WitnessKey {
        self.key.witness_key(&self.name)
    }

    /// The size that a proof to it must start from: what it has cosigned last of this log, or 0.
    ///
    /// # Errors
    /// Where what it keeps is damaged.
    pub fn size(&self, origin: &Origin) -> Result<u64, WitnessError> {
        match seen(&self.folder, origin)? {
            Some(note) => Ok(Checkpoint::parse(note.text())?.size),
            None => Ok(0),
        }
    }

    /// Judges a request, keeps its checkpoint and cosigns it. Of a log that it hasn't seen it wants the
    /// key: the first checkpoint is taken as it is, once that key has signed it.
    ///
    /// # Errors
    /// [`WitnessError::UnknownLog`], [`WitnessError::OtherKey`], [`WitnessError::OtherStart`], and the
    /// ledger's judgement: rolled back, forked, not continued, not signed.
    pub fn cosign(
        &self,
        request: &WitnessRequest,
        log: Option<&VerifierKey>,
        time: DateTime<Utc>,
    ) -> Result<Cosigned, WitnessError> {
        let _lock = file::lock(&self.folder.join(".lock"))?;
        let origin = Checkpoint::parse(request.checkpoint.text())?.origin;
        let (known, log) = self.log_key(&origin, log)?;
        let before = match seen(&self.folder, &origin)? {
            Some(note) => Some(Checkpoint::verify_note(&note, &log)?),
            // INVARIANT: the key is written after the first checkpoint. A key without one means that
            // somebody took the checkpoint away, to have us take another on trust.
            None if known => {
                return Err(WitnessError::Damaged {
                    path: file::path(&self.folder, &origin, "seen"),
                });
            }
            None => None,
        };
        let since = before.as_ref().map_or(0, |seen| seen.size);
        let mut witness = match before {
            Some(seen) => Witness::resume(log.clone(), seen)?,
            None => Witness::new(log.clone()),
        };
        let offered = Checkpoint::verify_note(&request.checkpoint, &log)?;
        // A shorter log, or another of the same size, is that whatever the proof starts with.
        let judged = offered.size > since || request.old == since;
        if judged && request.old != since {
            return Err(WitnessError::OtherStart { old: request.old, seen: since });
        }
        let path = if offered.size > since { request.path.as_slice() } else { &[] };
        let text = log_signatures(&request.checkpoint, &log);
        let continued = witness.observe(&text.to_string(), path)?;
        let mut note = text;
        note.add(continued.cosign(&self.key, &self.name, time)?)?;
        // Killed after this and before the cosignature is out: it is given anew when asked again.
        file::replace(&file::path(&self.folder, &origin, "seen"), &note.to_string())?;
        if !known {
            file::replace(&file::path(&self.folder, &origin, "key"), &format!("{log}\n"))?;
        }
        Ok(Cosigned { checkpoint: continued.checkpoint().clone(), since, note })
    }

    /// The log's key, and whether it was known before.
    fn log_key(
        &self,
        origin: &Origin,
        given: Option<&VerifierKey>,
    ) -> Result<(bool, VerifierKey), WitnessError> {
        let path = file::path(&self.folder, origin, "key");
        let Some((text, _)) = file::read(&path)? else {
            let given = given.filter(|key| key.name() == origin).cloned();
            let unknown = WitnessError::UnknownLog { origin: origin.to_string() };
            return given.map(|key| (false, key)).ok_or(unknown);
        };
        let known: VerifierKey =
            text.trim_end().parse().map_err(|_| WitnessError::Damaged { path })?;
        if given.is_some_and(|given| *given != known) {
            return Err(WitnessError::OtherKey {
                origin: origin.to_string(),
                known: known.to_string(),
            });
        }
        Ok((true, known))
    }
}

/// The note with the log's own signature alone: others' lines aren't ours to pass on.
fn log_signatures(note: &Note, log: &VerifierKey) -> Note {
    let lines: String = note
        .signatures()
        .iter()
        .filter(|line| line.name == *log.name() && line.id == log.id())
        .map(ToString::to_string)
        .collect();
    Note::parse(&format!("{}\n{lines}", note.text())).unwrap_or_else(|_| note.clone())
}

fn seen(folder: &Path, origin: &Origin) -> Result<Option<Note>, WitnessError> {
    let path = file::path(folder, origin, "seen");
    let Some((text, _)) = file::read(&path)? else { return Ok(None) };
    Note::parse(&text).map(Some).map_err(|_: LedgerError| WitnessError::Damaged { path })
}

fn config(folder: &Path) -> Result<Config, WitnessError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Err(WitnessError::NotFound { folder: folder.into() });
    }
    let damaged = || WitnessError::Damaged { path: path.clone() };
    let (text, _) = file::read(&path)?.ok_or_else(damaged)?;
    let config: Config = serde_json::from_str(&text).map_err(|_| damaged())?;
    if config.format == FORMAT { Ok(config) } else { Err(damaged()) }
}

fn random<const N: usize>() -> Result<[u8; N], WitnessError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| WitnessError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use keyward_core::Code;
    use keyward_ledger::{Hash, leaf_hash, proof, root_of};

    use super::*;

    fn log() -> (Origin, SigningKey) {
        ("keyward/log".parse().unwrap(), SigningKey::from_seed(&SecretKey::new([1; 32])))
    }

    fn request(leaves: &[Hash], old: u64) -> WitnessRequest {
        let (origin, key) = log();
        let (size, root) = (leaves.len() as u64, root_of(leaves.iter().copied()));
        let note = Checkpoint { origin, size, root }.sign(&key);
        let path = match old {
            0 => Vec::new(),
            old if old <= size => proof::consistency(leaves, old).unwrap(),
            _ => Vec::new(),
        };
        WitnessRequest { old, path, checkpoint: Note::parse(&note).unwrap() }
    }

    fn leaves(count: u64, salt: u8) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&[&n.to_be_bytes()[..], &[salt]].concat())).collect()
    }

    fn witness(folder: &Path) -> OwnWitness {
        let passphrase = Zeroizing::new("correct horse battery".to_owned());
        let name = "acme.example/w".parse().unwrap();
        OwnWitness::create(folder, NewWitness { name, passphrase: Some(passphrase) }).unwrap()
    }

    #[test]
    fn cosigns_what_continues_and_remembers_it() {
        let folder = tempfile::tempdir().unwrap();
        let (origin, key) = log();
        let log = key.verifier(&origin);
        let own = witness(folder.path());
        let now = DateTime::from_timestamp(1_795_515_781, 0).unwrap();
        let all = leaves(20, 0);
        let unknown = own.cosign(&request(&all[..5], 0), None, now).unwrap_err();
        assert!(matches!(unknown, WitnessError::UnknownLog { .. }));
        assert_eq!(own.cosign(&request(&all[..5], 0), Some(&log), now).unwrap().since, 0);
        // The passphrase's cost makes opening slow: once is enough.
        let own = OwnWitness::open(
            folder.path(),
            Some(Zeroizing::new("correct horse battery".to_owned())),
        )
        .unwrap();
        assert_eq!(own.size(&origin).unwrap(), 5);
        let cosigned = own.cosign(&request(&all[..12], 5), None, now).unwrap();
        assert_eq!((cosigned.since, cosigned.checkpoint.size), (5, 12));
        assert_eq!(own.key().cosigned(&cosigned.note), Ok(now));
        let watched = OwnWitness::watched(folder.path()).unwrap();
        assert_eq!((watched.len(), watched[0].size, watched[0].at), (1, 12, now));

        let code = |request: &WitnessRequest| own.cosign(request, None, now).unwrap_err().code();
        assert_eq!(code(&request(&all[..9], 12)), Code::LogRolledBack);
        assert_eq!(code(&request(&all[..9], 5)), Code::LogRolledBack);
        assert_eq!(code(&request(&leaves(12, 1), 12)), Code::LogForked);
        assert_eq!(code(&request(&leaves(20, 1), 12)), Code::LogForked);
        assert_eq!(code(&request(&all, 5)), Code::ChangedMeanwhile);
        let other = SigningKey::from_seed(&SecretKey::new([9; 32])).verifier(&origin);
        let swapped = own.cosign(&request(&all, 12), Some(&other), now).unwrap_err();
        assert!(matches!(swapped, WitnessError::OtherKey { .. }));
        assert_eq!(own.size(&origin).unwrap(), 12, "what it refuses changes nothing");
        assert_eq!(own.cosign(&request(&all, 12), None, now).unwrap().checkpoint.size, 20);

        fs::remove_file(file::path(folder.path(), &origin, "seen")).unwrap();
        assert!(matches!(
            own.cosign(&request(&all, 0), Some(&log), now),
            Err(WitnessError::Damaged { .. })
        ));
    }

    #[test]
    fn a_folder_holds_one_witness() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(OwnWitness::watched(folder.path()), Err(WitnessError::NotFound { .. })));
        witness(folder.path());
        assert!(OwnWitness::needs_passphrase(folder.path()).unwrap());
        assert!(matches!(
            OwnWitness::open(folder.path(), None),
            Err(WitnessError::PassphraseNeeded)
        ));
        let name = "other".parse().unwrap();
        assert!(matches!(
            OwnWitness::create(folder.path(), NewWitness { name, passphrase: None }),
            Err(WitnessError::Exists { .. })
        ));
    }
}
