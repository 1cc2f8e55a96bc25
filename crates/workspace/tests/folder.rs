//! A workspace's folder: made, opened, moved, and what goes wrong with it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{Actor, Code, LoggedNames, Role, RootKeyReference, TenantId};
use keyward_engine::{Answer, ChallengeKind, Source};
use keyward_kms::{RootKeyService, local::KeyUse};
use keyward_workspace::{CreateOptions, NewSecrets, OpenOptions, Workspace, WorkspaceError};
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse battery";

fn options(passphrase: Option<&str>) -> OpenOptions {
    let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
    OpenOptions { passphrase, ..OpenOptions::new(Actor("tester".into())) }
}

fn new(objects: Option<&str>, passphrase: &str) -> CreateOptions {
    CreateOptions {
        region: "local".parse().unwrap(),
        objects: objects.map(String::from),
        secrets: NewSecrets::Passphrase(Zeroizing::new(passphrase.into())),
        open: options(None),
    }
}

async fn make(folder: &Path) -> Result<Workspace, WorkspaceError> {
    Workspace::create(folder, new(None, PASSPHRASE)).await
}

fn code(outcome: Result<Workspace, WorkspaceError>) -> Code {
    match outcome {
        Ok(_) => panic!("it worked"),
        Err(error) => error.code(),
    }
}

#[tokio::test]
async fn a_workspace_opens_again_also_where_it_was_moved_to() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("deep/workspace");
    let made = make(&folder).await.unwrap();
    let context = made.engine.context(Actor("tester".into()), Role::Administrator).unwrap();
    made.engine.register_tenant(&context, &"acme".parse().unwrap(), "Acme").await.unwrap();
    let (id, key) = (made.config.id, made.engine.verifier_key());
    drop(made);

    let moved = place.path().join("moved");
    fs::rename(&folder, &moved).unwrap();
    let opened = Workspace::open(&moved, options(Some(PASSPHRASE))).await.unwrap();
    assert_eq!((opened.config.id, opened.engine.verifier_key()), (id, key));
    assert_eq!(opened.engine.tenants().await.unwrap().len(), 1);
    opened.inspect().database().await.unwrap();
    assert_eq!(opened.inspect().blobs().await.unwrap().orphaned, 0);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_sees_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let (new, empty) = (place.path().join("new"), place.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    fs::set_permissions(&empty, PermissionsExt::from_mode(0o755)).unwrap();
    for folder in [new, empty] {
        make(&folder).await.unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[tokio::test]
async fn the_passphrase_is_needed_and_must_be_the_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    drop(make(&folder).await.unwrap());
    let without = Workspace::open(&folder, options(None)).await;
    assert!(matches!(without, Err(WorkspaceError::PassphraseNeeded { .. })));
    let wrong = Workspace::open(&folder, options(Some("wrong horse battery"))).await;
    assert_eq!(code(wrong), Code::WrongPassphrase);
}

#[tokio::test]
async fn a_folder_in_use_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    drop(make(&folder).await.unwrap());
    assert!(matches!(make(&folder).await, Err(WorkspaceError::Exists { .. })));
    Workspace::open(&folder, options(Some(PASSPHRASE))).await.unwrap();

    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter.txt"), "dear").unwrap();
    assert!(matches!(make(&other).await, Err(WorkspaceError::NotEmpty { .. })));
    let left: Vec<_> =
        fs::read_dir(&other).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["letter.txt"]);
}

#[tokio::test]
async fn what_can_t_be_finished_is_undone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    // A passphrase too short fails at the secrets, a place of no known kind after them.
    let short = Workspace::create(&folder, new(None, "short")).await;
    assert_eq!(code(short), Code::InvalidInput);
    assert!(!folder.exists());
    let nowhere = Workspace::create(&folder, new(Some("ftp://example.com/x"), PASSPHRASE)).await;
    assert_eq!(code(nowhere), Code::InvalidInput);
    assert!(!folder.exists());

    let empty = place.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let nowhere = Workspace::create(&empty, new(Some("ftp://example.com/x"), PASSPHRASE)).await;
    assert_eq!(code(nowhere), Code::InvalidInput);
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);
}

#[tokio::test]
async fn no_workspace_is_told_from_an_unfinished_a_newer_and_a_damaged_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    let open = || Workspace::open(&folder, options(Some(PASSPHRASE)));
    assert_eq!(code(open().await), Code::WorkspaceNotFound);
    fs::create_dir_all(folder.join(".making")).unwrap();
    assert_eq!(code(open().await), Code::NotFinished);
    assert_eq!(code(make(&folder).await), Code::NotFinished);
    fs::remove_dir(folder.join(".making")).unwrap();

    drop(make(&folder).await.unwrap());
    let file = folder.join("workspace.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    assert_eq!(code(open().await), Code::WorkspaceNewer);
    fs::write(&file, &text[..20]).unwrap();
    assert_eq!(code(open().await), Code::StateCorrupt);
    fs::write(&file, text).unwrap();
    fs::remove_file(folder.join("secrets.json")).unwrap();
    assert!(matches!(open().await, Err(WorkspaceError::SecretMissing { .. })));
}

#[tokio::test]
async fn what_nothing_names_is_removed_once_it_is_old_and_what_is_gone_is_told() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    let open = make(&folder).await.unwrap();
    let (tenant, dataset) = ("acme".parse().unwrap(), "docs".parse().unwrap());
    onboard(&open, &tenant).await;
    let context = open.engine.context(Actor("tester".into()), Role::Administrator).unwrap();
    open.engine.create_dataset(&context, &tenant, &dataset, &[], LoggedNames::Plain).await.unwrap();
    let context = open.engine.context(Actor("tester".into()), Role::Application).unwrap();
    let source = Source::Bytes(Zeroizing::new(b"dear".to_vec()));
    let name = "letter.txt".parse().unwrap();
    let written = open.engine.write(&context, &tenant, &dataset, &name, source).await.unwrap();

    let objects = folder.join("objects/acme/docs/objects");
    let (young, old) = (stray(&objects, "ab"), stray(&objects, "cd"));
    let hours_ago = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    fs::File::options().write(true).open(&old).unwrap().set_modified(hours_ago).unwrap();
    let found = open.inspect().blobs().await.unwrap();
    assert_eq!((found.orphaned, found.missing), (1, 0));
    let admin = open.engine.context(Actor("tester".into()), Role::Administrator).unwrap();
    let swept = open.engine.sweep_orphans(&admin, keyward_workspace::SETTLED).await.unwrap();
    assert_eq!(swept.deleted, 1);
    assert_eq!(open.inspect().blobs().await.unwrap().orphaned, 0);
    assert!(young.exists() && !old.exists());

    let id = written.object.id.to_string();
    fs::remove_file(objects.join(&id[..2]).join(&id)).unwrap();
    let found = open.inspect().blobs().await.unwrap();
    assert_eq!((found.missing, found.missing_names), (1, vec!["acme/docs: letter.txt".into()]));
}

/// A stored file of the right form that no row names.
fn stray(objects: &Path, byte: &str) -> PathBuf {
    let path = objects.join(byte).join(byte.repeat(16));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "half a message").unwrap();
    path
}

/// Registers a tenant with a key of the local key store and proves it.
async fn onboard(open: &Workspace, tenant: &TenantId) {
    let reference: RootKeyReference = "local:acme-root".parse().unwrap();
    let RootKeyReference::Local(local) = &reference else { panic!("a local key") };
    let access = [(tenant.clone(), KeyUse::ALL.into())].into();
    open.keystore.administration().create_key(local, access).unwrap();
    let context = open.engine.context(Actor("tester".into()), Role::Administrator).unwrap();
    open.engine.register_tenant(&context, tenant, "Acme").await.unwrap();
    let references = [reference.clone()];
    let key = open.engine.register_root_key(&context, tenant, &references).await.unwrap();
    let kind = ChallengeKind::Decrypt;
    let view = open.engine.start_challenge(&context, &key.key.id, kind).await.unwrap();
    let blob = BASE64_STANDARD.decode(view.ciphertext.unwrap()).unwrap();
    let nonce = open.keystore.unwrap(&reference, &view.encryption_context.unwrap(), &blob).await;
    let answer = Answer::Decrypted(nonce.unwrap().expose().to_vec());
    open.engine.answer_challenge(&context, view.id, &answer).await.unwrap();
}
