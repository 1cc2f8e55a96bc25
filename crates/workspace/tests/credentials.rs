//! Providers' credentials: kept with the workspace's secrets, used at once, recorded without the secret.

use std::{fs, path::Path, time::Duration};

use keyward_core::{Actor, Code, Role};
use keyward_engine::{AuditFilter, OperationContext};
use keyward_ledger::Record;
use keyward_secrets::{SecretText, Vault};
use keyward_workspace::{
    AwsInput, CreateOptions, Credential, CredentialKind, NewSecrets, OpenOptions, Workspace,
};
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse battery";
const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn options(passphrase: Option<&str>) -> OpenOptions {
    let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
    OpenOptions { passphrase, ..OpenOptions::new(Actor("tester".into())) }
}

async fn make(folder: &Path) -> Workspace {
    let options = CreateOptions {
        region: "local".parse().unwrap(),
        objects: None,
        secrets: NewSecrets::Passphrase(Zeroizing::new(PASSPHRASE.into())),
        open: options(None),
    };
    Workspace::create(folder, options).await.unwrap()
}

async fn open(folder: &Path) -> Workspace {
    Workspace::open(folder, options(Some(PASSPHRASE))).await.unwrap()
}

fn access_key() -> Credential {
    let input = AwsInput {
        access_key_id: Some(ID.into()),
        secret_access_key: Some(SecretText::new(SECRET.to_owned())),
        endpoint: Some("https://kms.example".into()),
        ..AwsInput::default()
    };
    Credential::Aws(input.try_into().unwrap())
}

fn context(workspace: &Workspace, role: Role) -> OperationContext {
    workspace.engine.context(Actor("tester".into()), role).unwrap()
}

/// What the log says of credentials.
async fn records(workspace: &Workspace) -> Vec<Record> {
    let officer = context(workspace, Role::SecurityOfficer);
    let all = AuditFilter::default();
    let page =
        workspace.engine.audit_tail(&officer, &all, None, 1000, Duration::ZERO).await.unwrap();
    page.records.into_iter().filter(|one| one.action.as_str().starts_with("credential.")).collect()
}

fn ended(records: &[Record]) -> Vec<(&str, &str)> {
    records.iter().map(|one| (one.action.as_str(), one.outcome.as_str())).collect()
}

#[tokio::test]
async fn one_is_kept_sealed_until_it_is_removed() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    let made = make(&folder).await;
    let administrator = context(&made, Role::Administrator);
    assert!(made.credentials(&administrator).await.unwrap().is_empty());
    let kept = made.set_credential(&administrator, access_key()).await.unwrap();
    assert_eq!(kept.identity.as_deref(), Some(ID));
    assert_eq!(made.credentials(&administrator).await.unwrap(), std::slice::from_ref(&kept));
    drop(made);

    let opened = open(&folder).await;
    let administrator = context(&opened, Role::Administrator);
    assert_eq!(opened.credentials(&administrator).await.unwrap(), [kept]);
    opened.remove_credential(&administrator, CredentialKind::Aws).await.unwrap();
    assert!(opened.credentials(&administrator).await.unwrap().is_empty());
    let again = opened.remove_credential(&administrator, CredentialKind::Aws).await.unwrap_err();
    assert_eq!(again.code(), Code::InvalidInput);

    let records = records(&opened).await;
    let expected = [
        ("credential.set", "intent"),
        ("credential.set", "ok"),
        ("credential.remove", "intent"),
        ("credential.remove", "ok"),
    ];
    assert_eq!(ended(&records), expected);
    for record in &records {
        assert_eq!(record.details["identity"], ID);
        assert_eq!(record.details["endpoint"], "https://kms.example");
        assert_eq!(record.details["provider"], "aws-kms");
    }
    drop(opened);
    for file in files(&folder) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!found, "{} has the secret", file.display());
    }
}

#[tokio::test]
async fn only_an_administrator_changes_them_and_an_approver_sees_none() {
    let place = tempfile::tempdir().unwrap();
    let made = make(&place.path().join("workspace")).await;
    let officer = context(&made, Role::SecurityOfficer);
    let refused = made.set_credential(&officer, access_key()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
    assert_eq!(ended(&records(&made).await), [("credential.set", "denied")]);
    assert!(made.credentials(&officer).await.unwrap().is_empty(), "nothing was kept");
    let approver = context(&made, "tenant-approver:acme".parse().unwrap());
    let refused = made.credentials(&approver).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
}

#[tokio::test]
async fn one_that_could_not_be_kept_is_said_and_the_one_before_stays() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    let made = make(&folder).await;
    let administrator = context(&made, Role::Administrator);
    made.set_credential(&administrator, access_key()).await.unwrap();
    // Where the lock should be is something that can't be locked.
    fs::remove_file(folder.join(".secrets.json.lock")).unwrap();
    fs::create_dir(folder.join(".secrets.json.lock")).unwrap();
    let profile = AwsInput { profile: Some("ops".into()), ..AwsInput::default() };
    let profile = Credential::Aws(profile.try_into().unwrap());
    let failed = made.set_credential(&administrator, profile).await.unwrap_err();
    assert_eq!(failed.code(), Code::Machine, "{failed}");
    let kept = made.credentials(&administrator).await.unwrap();
    assert_eq!(kept[0].identity.as_deref(), Some(ID));
    let records = records(&made).await;
    assert_eq!(ended(&records)[2..], [("credential.set", "intent"), ("credential.set", "failed")]);
}

#[tokio::test]
async fn one_that_cannot_be_read_is_shown_as_such_and_can_be_removed() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    drop(make(&folder).await);
    let vault = Vault::passphrase(folder.join("secrets.json"), Zeroizing::new(PASSPHRASE.into()));
    for junk in
        ["", "{}", r#"{"set_at":"2026-01-01T00:00:00Z","set_by":"x","credential":{"gcp":{}}}"#]
    {
        vault.store_text("credential-aws", &SecretText::new(junk.to_owned())).unwrap();
        let opened = open(&folder).await;
        let administrator = context(&opened, Role::Administrator);
        let kept = opened.credentials(&administrator).await.unwrap();
        assert_eq!((kept.len(), &kept[0].identity), (1, &None), "{junk}");
        opened.remove_credential(&administrator, CredentialKind::Aws).await.unwrap();
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
