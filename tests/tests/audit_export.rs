//! A real export of the log, as strangers see it: `keyward-verify`, Go's `tlog` and Tessera's `fsck`; and that
//! whatever is changed in it is found.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use keyward_core::{LoggedNames, Role};
use keyward_engine::{ArchiveDataset, ArchiveDays, ExportRange};
use keyward_ledger::{Checkpoint, Note};
use keyward_testkit::TestWorkspace;
use keyward_tests::peers::{fsck::Fsck, go::go, go_log::Dialogue};
use keyward_verify::{
    BundleOptions, BundleReport, Folder, Keys, VerifyError, verify_bundle, verify_proof,
};

/// A workspace with some hundred records on one day and some on the next.
async fn workspace() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    for day in 0..2 {
        let admin = workspace.admin();
        let tenants: Vec<_> = (0..300).map(|id| format!("t-{day}-{id}").parse().unwrap()).collect();
        let registered = tenants.iter().map(|id| workspace.engine.register_tenant(&admin, id, "t"));
        for registered in futures::future::join_all(registered).await {
            registered.unwrap();
        }
        workspace.put(&acme, &docs, "object", b"x").await.unwrap();
        workspace.clock.advance(TimeDelta::days(1));
    }
    workspace
}

async fn export(workspace: &TestWorkspace, name: &str) -> PathBuf {
    let folder = workspace.path().join(name);
    let range = ExportRange::default();
    workspace.engine.audit_export(&workspace.officer(), &folder, range).await.unwrap();
    folder
}

fn verify(folder: &Path, keys: &Keys, complete: bool) -> Result<BundleReport, VerifyError> {
    let options = BundleOptions { keys: keys.clone(), complete, ..BundleOptions::default() };
    verify_bundle(&Folder::open(folder)?, &options, &mut |_, _| {})
}

fn keys(workspace: &TestWorkspace) -> Keys {
    Keys { logs: vec![workspace.engine.verifier_key()], witnesses: Vec::new() }
}

#[tokio::test]
async fn every_file_of_an_export_counts() {
    let workspace = workspace().await;
    let keys = keys(&workspace);
    let folder = export(&workspace, "log").await;
    let report = verify(&folder, &keys, true).unwrap();
    assert!(report.records > 600 && report.archived == 0);
    let own = verify(&folder, &Keys::default(), true).unwrap();
    assert!(own.key_from_folder);

    let mut flipped = 0;
    for file in files(&folder) {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        let whole = fs::read(&file).unwrap();
        if name == "README.md" {
            continue;
        }
        // The comment of `keys` says nothing; its key does, where no other is given.
        let start = whole.iter().position(|byte| *byte == b'\n').filter(|_| name == "keys");
        let start = start.map_or(0, |line| line + 1);
        let given = if name == "keys" { Keys::default() } else { keys.clone() };
        for at in [start, start + (whole.len() - start) / 2, whole.len() - 2] {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            fs::write(&file, &altered).unwrap();
            assert!(verify(&folder, &given, true).is_err(), "{name}, byte {at}");
            flipped += 1;
        }
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        let cut = verify(&folder, &given, true);
        assert!(cut.is_err() || name == "keys", "{name} cut");
        fs::write(&file, &whole).unwrap();
    }
    // Checkpoint, key, three tiles, one above them, and three bundles.
    assert_eq!(flipped, 9 * 3);
    verify(&folder, &keys, true).unwrap();
}

#[tokio::test]
async fn go_checks_an_export() {
    let Some(go) = go("audit_export") else { return };
    let Some(fsck) = Fsck::find("audit_export") else { return };
    let workspace = workspace().await;
    let key = workspace.engine.verifier_key();
    let early = export(&workspace, "early").await;
    let early = fs::read_to_string(early.join("checkpoint")).unwrap();
    let folder = export(&workspace, "log").await;
    let note = Note::parse(&fs::read_to_string(folder.join("checkpoint")).unwrap()).unwrap();
    let checkpoint = Checkpoint::verify_note(&note, &key).unwrap();
    let vkey = key.to_string();
    assert_eq!(fsck.check(&folder, &vkey), Ok(checkpoint.size));

    let mut dialogue = Dialogue::default();
    dialogue.ask_folder(&folder, &vkey, &checkpoint);
    dialogue.ask_folder_grown(&folder, &vkey, &early, None);
    for index in [0, 1, 255, 256, checkpoint.size - 1] {
        let officer = workspace.officer();
        let proved = workspace.engine.audit_prove(&officer, index, None).await.unwrap();
        let body = String::from_utf8(proved.file.extra.unwrap()).unwrap();
        dialogue.ask_folder_record(&folder, &vkey, index, &body, None);
    }
    dialogue.hold(&go);
}

#[tokio::test]
async fn a_proof_file_holds_without_the_log() {
    let workspace = workspace().await;
    let keys = keys(&workspace);
    let proved = workspace.engine.audit_prove(&workspace.officer(), 17, None).await.unwrap();
    let file = workspace.path().join("17.tlog-proof");
    fs::write(&file, proved.file.to_string()).unwrap();
    let report = verify_proof(&file, &keys, None).unwrap();
    assert_eq!((report.index, report.checkpoint), (17, proved.checkpoint));
    let mut altered = proved.file.to_string().into_bytes();
    altered[60] ^= 1;
    fs::write(&file, altered).unwrap();
    assert!(verify_proof(&file, &keys, None).is_err());
}

/// Archived days are left out and named, and the rest verifies as well; fetched, they are there again.
#[tokio::test]
async fn an_export_says_what_is_archived() {
    let workspace = workspace().await;
    let (engine, admin) = (&workspace.engine, workspace.admin());
    let (ops, _, _) = workspace.tenant("ops").await;
    let logs = "log-archive".parse().unwrap();
    engine.create_dataset(&admin, &ops, &logs, &[], LoggedNames::Plain).await.unwrap();
    let under = ArchiveDataset { tenant: ops, dataset: logs };
    engine.set_audit_retention(&admin, Some(1), Some(&under)).await.unwrap();
    workspace.clock.advance(TimeDelta::days(1));
    engine.audit_seal(&admin, None).await.unwrap();
    let day = engine.audit_days(&workspace.officer()).await.unwrap()[0].day;
    engine.audit_archive(&admin, ArchiveDays::Day(day), &|_, _| {}).await.unwrap();

    let verified = engine.audit_verify(&workspace.officer(), &|_, _| {}).await.unwrap();
    assert!(verified.archived > 300 && verified.archived_days == 1);
    let shown = engine.audit_show(&workspace.officer(), 3).await.unwrap();
    assert!(shown.record.is_none() && shown.day.archived.is_some());
    let approver = workspace.context(Role::TenantApprover("acme".parse().unwrap()));
    engine.audit_show(&approver, 3).await.unwrap_err();
    let proved = engine.audit_prove(&workspace.officer(), 3, None).await.unwrap();
    assert!(proved.file.extra.is_none());

    let folder = export(&workspace, "archived").await;
    let report = verify(&folder, &keys(&workspace), false).unwrap();
    assert_eq!(report.first_archived, Some(0));
    assert!(report.archived >= verified.archived);
    assert!(verify(&folder, &keys(&workspace), true).is_err());
    let listed = fs::read_to_string(folder.join("archived.json")).unwrap();
    assert!(listed.contains(&day.to_string()));
    assert!(fs::read_to_string(folder.join("README.md")).unwrap().contains("audit fetch"));

    engine.audit_fetch(&admin, day, &|_, _| {}).await.unwrap();
    let whole = export(&workspace, "whole").await;
    let report = verify(&whole, &keys(&workspace), true).unwrap();
    assert_eq!(report.archived, 0);

    // A range has the records of its time alone, and all hashes.
    let part = workspace.path().join("part");
    let since = Some(day.succ_opt().unwrap().and_time(chrono::NaiveTime::MIN).and_utc());
    let range = ExportRange { since, until: None };
    let exported = engine.audit_export(&workspace.officer(), &part, range).await.unwrap();
    assert!(exported.bodies > 0 && exported.bodies < exported.records);
    let report = verify(&part, &keys(&workspace), false).unwrap();
    assert_eq!(report.records, exported.bodies);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
