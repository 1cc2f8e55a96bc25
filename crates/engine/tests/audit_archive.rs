//! Time partitions of the log: days are sealed, their records move into encrypted files and come back,
//! and nothing is lost at any step, nor believed that was edited.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use chrono::{Days, NaiveDate, TimeDelta, Utc};
use keyward_core::{Code, DataKeyId, EncryptionContext, ObjectId, Role, TenantId};
use keyward_engine::{
    ArchiveDataset, ArchiveDays, ArchiveFault, AuditFilter, AuditStart, EngineError, LogDay, Swept,
};
use keyward_envelope::{RawAesKeyring, ReadOptions};
use keyward_kms::RootKeyService as _;
use keyward_ledger::{Checkpoint, Record, leaf_hash, proof, root_of};
use keyward_store::{
    Connection,
    layout::StoredPath,
    tables::{
        audit_checkpoints, audit_days, audit_head,
        audit_records::{self, AuditColumns},
        audit_tiles, data_keys, workspace,
    },
};
use keyward_testkit::TestWorkspace;
use sqlx::{Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};

const HOUR: Duration = Duration::from_secs(3600);

type Row = (u64, AuditColumns, Vec<u8>);

/// A workspace whose log has `days` days of some records each before today, none of them sealed, and whose
/// archives are to be encrypted under `ops/docs`.
async fn aged(days: i64) -> (TestWorkspace, TenantId) {
    let workspace = TestWorkspace::new().await;
    let (ops, docs, _) = workspace.tenant("ops").await;
    let (acme, _, _) = workspace.tenant("acme").await;
    for day in 0..days {
        for name in ["Grüße", "plan", "notes"] {
            workspace.put(&acme, &docs, &format!("{day}/{name}.pdf"), b"secret").await.unwrap();
        }
        workspace.clock.advance(TimeDelta::days(1));
    }
    let under = ArchiveDataset { tenant: ops, dataset: docs };
    workspace.engine.set_audit_retention(&workspace.admin(), Some(1), Some(&under)).await.unwrap();
    (workspace, acme)
}

fn today(workspace: &TestWorkspace) -> NaiveDate {
    use keyward_engine::Clock as _;
    workspace.clock.now().date_naive()
}

async fn days(workspace: &TestWorkspace) -> Vec<LogDay> {
    workspace.engine.audit_days(&workspace.officer()).await.unwrap()
}

async fn rows(workspace: &TestWorkspace) -> Vec<Row> {
    let store = workspace.store().await.unwrap();
    rows_in(&mut store.read().await.unwrap()).await
}

async fn rows_in(connection: &mut Connection) -> Vec<Row> {
    let (mut rows, mut next) = (Vec::new(), 0);
    loop {
        let chunk = audit_records::read_chunk(connection, next, 500).await.unwrap();
        let Some(last) = chunk.rows().next_back() else { return rows };
        next = last.seq + 1;
        rows.extend(chunk.rows().map(|row| (row.seq, row.columns, row.body.to_vec())));
    }
}

async fn archive(
    workspace: &TestWorkspace,
    days: ArchiveDays,
) -> Result<Vec<NaiveDate>, EngineError> {
    let archived = workspace.engine.audit_archive(&workspace.admin(), days, &|_, _| ()).await?;
    Ok(archived.into_iter().map(|day| day.day).collect())
}

async fn newest(workspace: &TestWorkspace, action: &str) -> Record {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let page =
        workspace.engine.audit_query(&workspace.officer(), &filter, AuditStart::Newest, 1).await;
    page.unwrap().records.remove(0)
}

async fn found(workspace: &TestWorkspace, words: &str) -> BTreeSet<u64> {
    let filter = AuditFilter { search: Some(words.into()), ..AuditFilter::default() };
    let page =
        workspace.engine.audit_query(&workspace.officer(), &filter, AuditStart::Newest, 1000).await;
    page.unwrap().records.iter().map(|record| record.seq).collect()
}

/// The archives in the object store.
fn files(workspace: &TestWorkspace) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![workspace.objects().join("_audit")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn past_days_are_sealed_once_and_the_newest_checkpoint_is_kept() {
    let (workspace, _) = aged(3).await;
    let engine = &workspace.engine;
    let open = engine.audit_seal(&workspace.admin(), Some(today(&workspace))).await;
    assert_eq!(open.unwrap_err().code(), Code::InvalidInput, "today still takes records");

    let all = days(&workspace).await;
    assert_eq!(all.len(), 4);
    let head = {
        let store = workspace.store().await.unwrap();
        audit_head::get(&mut store.read().await.unwrap()).await.unwrap()
    };
    let sealed = engine.audit_seal(&workspace.admin(), Some(all[0].day)).await.unwrap();
    assert_eq!((sealed.days, sealed.records), (vec![all[0].day], all[0].records));
    assert_eq!(sealed.checkpoint, Some(head.size));
    let sealed = engine.audit_seal(&workspace.admin(), None).await.unwrap();
    assert_eq!(sealed.days, [all[1].day, all[2].day]);
    let none = engine.audit_seal(&workspace.admin(), None).await.unwrap();
    assert!(none.days.is_empty() && none.checkpoint.is_none());

    let store = workspace.store().await.unwrap();
    let kept = audit_checkpoints::get(&mut store.read().await.unwrap(), head.size).await.unwrap();
    assert_eq!(kept.unwrap().note, head.checkpoint);
    let record = newest(&workspace, "audit.seal").await;
    assert_eq!(record.details["days"], 2);
    assert_eq!(record.details["from"], all[1].day.to_string());
    assert_eq!(record.details["through"], all[2].day.to_string());
    assert_eq!(record.details["checkpoint"], sealed.checkpoint.unwrap());
    // The newest day can be sealed too, once it is over: its seal begins the next one.
    workspace.clock.advance(TimeDelta::days(1));
    assert_eq!(engine.audit_seal(&workspace.admin(), None).await.unwrap().days, [all[3].day]);
    assert!(days(&workspace).await[4].sealed.is_none());
    engine.audit_verify(&workspace.officer(), &|_, _| ()).await.unwrap();
}

#[tokio::test]
async fn records_go_into_a_file_and_come_back_as_they_were() {
    let (workspace, acme) = aged(4).await;
    let engine = &workspace.engine;
    engine.audit_seal(&workspace.admin(), None).await.unwrap();
    let before = rows(&workspace).await;
    let words = found(&workspace, "grüße").await;
    let all = days(&workspace).await;
    let (oldest, second) = (&all[0], &all[1]);

    assert_eq!(archive(&workspace, ArchiveDays::Day(oldest.day)).await.unwrap(), [oldest.day]);
    assert_eq!(archive(&workspace, ArchiveDays::Day(oldest.day)).await.unwrap(), []);
    let left = rows(&workspace).await;
    assert_eq!(left[0].0, oldest.records, "its rows are gone, and no other's");
    let record = newest(&workspace, "audit.archive").await;
    assert_eq!(record.tenant, None);
    assert_eq!(record.key.unwrap().to_string(), "dk:ops/docs/1");
    let day = &days(&workspace).await[0];
    let file = &day.archived.as_ref().unwrap().file;
    assert!(!day.here);
    for (field, value) in [
        ("day", oldest.day.to_string()),
        ("path", file.path.clone()),
        ("sha256", file.sha256.clone()),
        ("root", file.root.clone()),
    ] {
        assert_eq!(record.details[field], value);
    }
    assert_eq!(record.details["records"], oldest.records);
    let stored = std::fs::read(workspace.objects().join(&file.path)).unwrap();
    assert_eq!(
        (stored.len() as u64, record.details["bytes"].as_u64()),
        (file.bytes, Some(file.bytes))
    );
    assert!(!stored.windows(4).any(|bytes| bytes == b"acme"), "no tenant's name is in the clear");

    // The log verifies over the hole: its hashes agree, and its bodies weren't read.
    let verified = engine.audit_verify(&workspace.officer(), &|_, _| ()).await.unwrap();
    assert_eq!((verified.archived_days, verified.archived), (1, oldest.records));
    // What is left is found as before; what is not is not, and counts stay.
    assert_eq!(found(&workspace, "grüße").await, words.range(oldest.records..).copied().collect());

    let fetched = engine.audit_fetch(&workspace.officer(), oldest.day, &|_, _| ()).await.unwrap();
    assert!(fetched.here && !fetched.unchanged);
    let again = engine.audit_fetch(&workspace.officer(), oldest.day, &|_, _| ()).await.unwrap();
    assert!(again.here && again.unchanged);
    assert_eq!(rows(&workspace).await[..before.len()], before, "byte by byte");
    assert_eq!(found(&workspace, "grüße").await, words);
    let verified = engine.audit_verify(&workspace.officer(), &|_, _| ()).await.unwrap();
    assert_eq!((verified.archived_days, verified.archived), (0, 0));

    // They may go again, without another file.
    let files_before = files(&workspace);
    let released = engine.audit_release(&workspace.officer(), oldest.day).await.unwrap();
    assert!(!released.here && !released.unchanged);
    engine.audit_fetch(&workspace.officer(), oldest.day, &|_, _| ()).await.unwrap();
    let due = archive(&workspace, ArchiveDays::Before(second.day)).await.unwrap();
    assert_eq!(due, [oldest.day]);
    assert_eq!(files(&workspace), files_before);
    assert_eq!(newest(&workspace, "audit.archive").await.details["released"], true);

    let never = today(&workspace) + Days::new(9);
    let missing = engine.audit_fetch(&workspace.admin(), never, &|_, _| ()).await.unwrap_err();
    assert_eq!(missing.code(), Code::LogDayNotFound);
    let here = engine.audit_release(&workspace.admin(), second.day).await.unwrap_err();
    assert_eq!(here.code(), Code::NotFinished);

    // Only who may: the archive holds all tenants' records.
    let approver = workspace.context(Role::TenantApprover(acme));
    for refused in [
        engine.audit_fetch(&approver, oldest.day, &|_, _| ()).await.err(),
        engine.audit_release(&approver, oldest.day).await.err(),
        engine.audit_days(&approver).await.err(),
        engine.audit_seal(&workspace.officer(), None).await.err(),
        engine.audit_archive(&workspace.officer(), ArchiveDays::Due, &|_, _| ()).await.err(),
        engine.set_audit_retention(&workspace.officer(), Some(1), None).await.err(),
    ] {
        assert_eq!(refused.unwrap().code(), Code::NotAuthorised);
    }
}

/// What an auditor does about an archived record: its proof from the tiles, its bytes from the file, which
/// opens with the data key, an AWS Encryption SDK and zstd alone.
#[tokio::test]
async fn archived_records_are_proven_and_open_without_the_database() {
    let (workspace, _) = aged(3).await;
    let before = rows(&workspace).await;
    archive(&workspace, ArchiveDays::Due).await.unwrap();
    let day = days(&workspace).await.remove(0);
    let file = &day.archived.as_ref().unwrap().file;

    let id: DataKeyId = file.data_key.parse().unwrap();
    let store = workspace.store().await.unwrap();
    let mut reader = store.read().await.unwrap();
    let row = data_keys::get(&mut reader, &id).await.unwrap().unwrap();
    let root_key = "local:ops-key".parse().unwrap();
    let wrapped_for = EncryptionContext::for_data_key(&id);
    let data_key = workspace.keystore.unwrap(&root_key, &wrapped_for, &row.wrapped).await.unwrap();
    let message = std::fs::read(workspace.objects().join(&file.path)).unwrap();
    let keyring = RawAesKeyring::new("keyward:ops", "docs/1", &data_key).unwrap();
    let opened = keyward_envelope::open(&message, &keyring, &ReadOptions::default()).unwrap();
    let context = opened.header.context();
    let origin = workspace.engine.verifier_key().to_string();
    assert!(origin.starts_with(context.get("keyward:log").unwrap()));
    assert_eq!(context.get("keyward:day"), Some(day.day.to_string().as_str()));
    let text = zstd::stream::decode_all(&*opened.plaintext).unwrap();
    let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let leaves: Vec<_> =
        lines.iter().map(|line| leaf_hash(line.strip_suffix(b"\n").unwrap())).collect();
    assert_eq!(root_of(leaves.iter().copied()).to_string(), file.root);
    assert_eq!(leaves.len() as u64, day.records);

    let head = audit_head::get(&mut reader).await.unwrap();
    let checkpoint =
        Checkpoint::verify(&head.checkpoint, &workspace.engine.verifier_key()).unwrap();
    for (seq, leaf) in (day.first..).zip(&leaves) {
        let ids = proof::inclusion_tiles(seq, checkpoint.size).unwrap();
        let ids: Vec<_> = ids.iter().map(|id| (id.level, id.index)).collect();
        let tiles = audit_tiles::get_many(&mut reader, &ids).await.unwrap();
        let hashes = proof::inclusion_from_tiles(seq, checkpoint.size, |id| {
            let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
            tile.map(|tile| tile.hashes.as_slice())
        })
        .unwrap();
        proof::verify_inclusion(seq, checkpoint.size, leaf, &hashes, checkpoint.root).unwrap();
        assert_eq!(before[seq as usize].2, lines[seq as usize].strip_suffix(b"\n").unwrap());
    }
}

#[tokio::test]
async fn retention_has_a_floor_and_does_all_that_is_due() {
    let (workspace, _) = aged(5).await;
    let engine = &workspace.engine;
    let all: Vec<_> = days(&workspace).await.into_iter().map(|day| day.day).collect();
    let today = today(&workspace);
    assert_eq!(all.last(), Some(&today));

    for days in [0, 40_000] {
        let refused = engine.set_audit_retention(&workspace.admin(), Some(days), None).await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
    }
    let open = archive(&workspace, ArchiveDays::Day(all[0])).await.unwrap_err();
    assert!(open.to_string().contains("keyward audit seal"), "{open}");
    engine.audit_seal(&workspace.admin(), Some(all[1])).await.unwrap();
    // With a floor of one day yesterday stays, sealed or not.
    let due = archive(&workspace, ArchiveDays::Due).await.unwrap();
    assert_eq!(due, all[..4], "all but yesterday and today, the unsealed ones too");
    engine.audit_seal(&workspace.admin(), None).await.unwrap();
    let fresh = archive(&workspace, ArchiveDays::Day(all[4])).await.unwrap_err();
    assert_eq!(fresh.code(), Code::NotFinished);
    assert!(archive(&workspace, ArchiveDays::Before(today)).await.unwrap().is_empty());

    let kept = engine.audit_retention(&workspace.officer()).await.unwrap();
    assert_eq!(kept.keep_days, 1);
    let record = newest(&workspace, "audit.retention").await;
    assert_eq!(record.details["keep_days"], 40_000, "a refusal is recorded too");
    engine.set_audit_retention(&workspace.admin(), Some(7), None).await.unwrap();
    workspace.clock.advance(TimeDelta::days(4));
    assert!(archive(&workspace, ArchiveDays::Due).await.unwrap().is_empty());
    workspace.clock.advance(TimeDelta::days(4));
    assert_eq!(archive(&workspace, ArchiveDays::Due).await.unwrap(), [all[4], all[5]]);
}

#[tokio::test]
async fn archives_need_a_dataset_and_keep_its_tenant() {
    let workspace = TestWorkspace::new().await;
    let (ops, docs, _) = workspace.tenant("ops").await;
    let (other, _, _) = workspace.tenant("other").await;
    let engine = &workspace.engine;
    workspace.clock.advance(TimeDelta::days(40));
    let unset = archive(&workspace, ArchiveDays::Due).await.unwrap_err();
    assert!(unset.to_string().contains("--under TENANT/DATASET"), "{unset}");
    let none = ArchiveDataset { tenant: ops.clone(), dataset: "none".parse().unwrap() };
    let none = engine.set_audit_retention(&workspace.admin(), None, Some(&none)).await;
    assert_eq!(none.unwrap_err().code(), Code::DatasetNotFound);

    let under = ArchiveDataset { tenant: ops.clone(), dataset: docs.clone() };
    engine.set_audit_retention(&workspace.admin(), None, Some(&under)).await.unwrap();
    let kept = engine.offboard(&workspace.admin(), &ops, false).await.unwrap_err();
    assert!(kept.to_string().contains("keyward audit retention"), "{kept}");
    let day = archive(&workspace, ArchiveDays::Due).await.unwrap()[0];
    // An archive stays under the data key that it is under, and rotations of keys don't matter.
    engine.rotate_data_key(&workspace.admin(), &ops, &docs).await.unwrap();
    let under = ArchiveDataset { tenant: other.clone(), dataset: docs };
    engine.set_audit_retention(&workspace.admin(), None, Some(&under)).await.unwrap();
    let kept = engine.offboard(&workspace.admin(), &ops, false).await.unwrap_err();
    assert!(kept.to_string().contains("would never open again"), "{kept}");
    engine.audit_fetch(&workspace.admin(), day, &|_, _| ()).await.unwrap();

    // Without its key nothing comes back, and nothing breaks.
    engine.audit_release(&workspace.admin(), day).await.unwrap();
    engine.revoke(&workspace.admin(), &ops, "a drill", false).await.unwrap();
    let revoked = engine.audit_fetch(&workspace.admin(), day, &|_, _| ()).await.unwrap_err();
    assert_eq!(revoked.code(), Code::TenantRevoked);
    engine.restore(&workspace.admin(), &ops, true).await.unwrap();
    engine.audit_fetch(&workspace.admin(), day, &|_, _| ()).await.unwrap();
}

#[tokio::test]
async fn an_edited_archive_is_named_with_its_first_wrong_record() {
    let (workspace, _) = aged(4).await;
    let engine = &workspace.engine;
    let all = archive(&workspace, ArchiveDays::Due).await.unwrap();
    let all_days = days(&workspace).await;
    let path =
        |at: usize| workspace.objects().join(&all_days[at].archived.as_ref().unwrap().file.path);
    let (day, good) = (&all_days[1], std::fs::read(path(1)).unwrap());
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        Some(bytes)
    };
    let longer = [good.as_slice(), b"x"].concat();
    for (edit, what) in [
        (flipped(2), "the header"),
        (flipped(good.len() / 2), "the middle"),
        (flipped(good.len() - 1), "the end"),
        (Some(good[..good.len() - 1].to_vec()), "a byte less"),
        (Some(longer), "a byte more"),
        (Some(Vec::new()), "empty"),
        (Some(std::fs::read(path(0)).unwrap()), "another day's"),
        (None, "gone"),
    ] {
        match &edit {
            Some(bytes) => std::fs::write(path(1), bytes).unwrap(),
            None => std::fs::remove_file(path(1)).unwrap(),
        }
        let before = rows(&workspace).await.len();
        let error = engine.audit_fetch(&workspace.admin(), all[1], &|_, _| ()).await.unwrap_err();
        let EngineError::ArchiveDiffers { day: named, fault, .. } = &error else {
            panic!("{what}: {error}")
        };
        assert_eq!((*named, error.code()), (all[1], Code::LogNotVerified));
        let end = day.first + day.records;
        match fault {
            ArchiveFault::Gone => assert_eq!(what, "gone"),
            ArchiveFault::Closed(seq) => assert!((day.first..=end).contains(seq), "{what}: {seq}"),
            other => panic!("{what}: {other}"),
        }
        assert_eq!(rows(&workspace).await.len(), before + 1, "{what}: only the failure's record");
        assert!(!days(&workspace).await[1].here, "{what}");
        let record = newest(&workspace, "audit.fetch").await;
        assert_eq!(record.code.as_deref(), Some("log-not-verified"));
        assert_eq!(record.details["day"], all[1].to_string());
    }
    // Fetched back, its rows don't go before the file has them: they may be the only copy left.
    std::fs::write(path(1), &good).unwrap();
    engine.audit_fetch(&workspace.admin(), all[1], &|_, _| ()).await.unwrap();
    std::fs::remove_file(path(1)).unwrap();
    for error in [
        engine.audit_release(&workspace.admin(), all[1]).await.unwrap_err(),
        archive(&workspace, ArchiveDays::Due).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("is gone"), "{error}");
    }
    assert!(days(&workspace).await[1].here);
}

#[tokio::test]
async fn a_row_that_does_not_have_its_hash_is_not_archived() {
    let workspace = TestWorkspace::new().await;
    let (ops, docs, _) = workspace.tenant("ops").await;
    workspace.put(&ops, &docs, "a-name-to-find", b"x").await.unwrap();
    let found = found(&workspace, "find").await;
    let mut behind =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(workspace.database()))
            .await
            .unwrap();
    behind
        .execute(
            "DROP TRIGGER audit_records_never_change;
             UPDATE audit_records SET body = replace(body, 'a-name-to-find', 'A-name-to-find')",
        )
        .await
        .unwrap();

    workspace.clock.advance(TimeDelta::days(40));
    let under = ArchiveDataset { tenant: ops, dataset: docs };
    let engine = &workspace.engine;
    engine.set_audit_retention(&workspace.admin(), None, Some(&under)).await.unwrap();
    let error = archive(&workspace, ArchiveDays::Due).await.unwrap_err();
    let named = format!("record {}", found.first().unwrap());
    assert!(error.to_string().contains(&named), "{error}");
    assert_eq!(error.code(), Code::LogNotVerified);
    assert!(days(&workspace).await[0].archived.is_none());
    assert!(files(&workspace).is_empty(), "no file is left behind");
}

/// What the database says of an archive leads to nothing but a file of that day.
#[tokio::test]
async fn a_row_of_a_day_that_was_edited_opens_nothing() {
    let (workspace, _) = aged(4).await;
    workspace.engine.audit_seal(&workspace.admin(), None).await.unwrap();
    let done = archive(&workspace, ArchiveDays::Day(days(&workspace).await[0].day)).await.unwrap();
    let all = days(&workspace).await;
    let file = all[0].archived.as_ref().unwrap().file.clone();
    let text = serde_json::to_string(&file).unwrap();
    let store = workspace.store().await.unwrap();
    for (day, archive) in [
        (1, "{}".to_owned()),
        (1, text.clone()),
        (1, text.replace("_audit/", "../_audit/")),
        (1, text.replace(&file.path, "ops/docs/keys.json")),
    ] {
        let mut write = store.write().await.unwrap();
        audit_days::archive(&mut write, all[day].day, Utc::now(), &archive).await.unwrap();
        let row = audit_days::get(&mut write, all[day].day).await.unwrap().unwrap();
        let error = LogDay::try_from(row).unwrap_err();
        assert_eq!(error.code(), Code::StateCorrupt, "{archive}");
    }
    assert_eq!(done.len(), 1);
}

/// The process goes away at any moment: every record is in its row or in its file, the file that nothing
/// names is swept, and the next run does the rest.
#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_is_cut_short_loses_nothing() {
    let (workspace, _) = aged(6).await;
    workspace.engine.audit_seal(&workspace.admin(), None).await.unwrap();
    let before = rows(&workspace).await;
    let (mut cut, mut done) = (0, 0);
    for wait in 0..400_u64 {
        let engine = workspace.open_again().await.unwrap();
        let admin = workspace.admin();
        let run = engine.audit_archive(&admin, ArchiveDays::Due, &|_, _| ());
        match tokio::time::timeout(Duration::from_micros(wait * 150), run).await {
            Ok(archived) => done += archived.unwrap().len(),
            Err(_) => cut += 1,
        }
        drop(engine);
        whole(&workspace, before.len() as u64).await;
        if days(&workspace).await.iter().filter(|day| !day.here).count() == 5 {
            break;
        }
    }
    assert!(cut > 3, "{cut} cut, {done} done");
    archive(&workspace, ArchiveDays::Due).await.unwrap();
    let archived: Vec<_> = days(&workspace).await.into_iter().filter(|day| !day.here).collect();
    assert_eq!(archived.len(), 5);
    workspace.engine.audit_verify(&workspace.officer(), &|_, _| ()).await.unwrap();
    // Whatever runs left behind is swept, and nothing else.
    workspace.engine.sweep_orphans(&workspace.admin(), Duration::ZERO).await.unwrap();
    assert_eq!(files(&workspace).len(), 5);
    for (wait, day) in (0..).zip(&archived) {
        // Bringing back is cut short as well.
        let admin = workspace.admin();
        let run = workspace.engine.audit_fetch(&admin, day.day, &|_, _| ());
        let _ = tokio::time::timeout(Duration::from_micros(wait * 500), run).await;
        whole(&workspace, before.len() as u64).await;
        // What was on its way still when its caller went may land before this one's does.
        if let Err(error) = workspace.engine.audit_fetch(&admin, day.day, &|_, _| ()).await {
            assert_eq!(error.code(), Code::ChangedMeanwhile);
        }
    }
    assert_eq!(rows(&workspace).await[..before.len()], before);
    workspace.engine.audit_verify(&workspace.officer(), &|_, _| ()).await.unwrap();
}

/// Each of these records is in its row, or its day's file is where its row says.
async fn whole(workspace: &TestWorkspace, records: u64) {
    // One moment: the transaction of a caller that has gone away may be on its way still.
    let store = workspace.store().await.unwrap();
    let mut snapshot = store.snapshot().await.unwrap();
    let here: BTreeSet<_> = rows_in(&mut snapshot).await.iter().map(|row| row.0).collect();
    let days = audit_days::list(&mut snapshot).await.unwrap();
    for day in days.into_iter().map(|day| LogDay::try_from(day).unwrap()) {
        let has = (day.first..day.first + day.records).filter(|seq| here.contains(seq)).count();
        let expected = if day.here { day.records } else { 0 };
        assert_eq!(has as u64, expected, "{}", day.day);
        if let Some(archive) = &day.archived {
            let length = workspace.objects().join(&archive.file.path).metadata().unwrap().len();
            assert_eq!(length, archive.file.bytes);
        }
    }
    assert!(here.last().is_some_and(|last| *last + 1 >= records));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_archive_one_day_leave_one_file() {
    let (workspace, _) = aged(2).await;
    workspace.engine.audit_seal(&workspace.admin(), None).await.unwrap();
    let other = workspace.open_again().await.unwrap();
    let (one, two) = (workspace.admin(), workspace.admin());
    let (one, two) = tokio::join!(
        workspace.engine.audit_archive(&one, ArchiveDays::Due, &|_, _| ()),
        other.audit_archive(&two, ArchiveDays::Due, &|_, _| ()),
    );
    assert!(one.is_ok() || two.is_ok());
    for error in [one.err(), two.err()].into_iter().flatten() {
        assert_eq!(error.code(), Code::ChangedMeanwhile, "{error}");
    }
    assert_eq!(files(&workspace).len(), 1);
    let day = days(&workspace).await[0].day;
    workspace.engine.audit_fetch(&workspace.admin(), day, &|_, _| ()).await.unwrap();
}

#[tokio::test]
async fn only_archives_that_nothing_names_are_swept() {
    let (workspace, _) = aged(3).await;
    archive(&workspace, ArchiveDays::Due).await.unwrap();
    let day = days(&workspace).await[0].day;
    let id = {
        let store = workspace.store().await.unwrap();
        workspace::get(&mut store.read().await.unwrap()).await.unwrap().unwrap().id
    };
    let leave = |path: &str, age: Duration| {
        let path = workspace.objects().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "nobody's").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
        path
    };
    let path = |workspace, byte| {
        StoredPath::log_archive(workspace, day, &ObjectId::from_bytes([byte; 16])).to_string()
    };
    let named = files(&workspace);
    for file in &named {
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(std::time::SystemTime::now() - 2 * HOUR).unwrap();
    }
    let orphan = leave(&path(&id, 1), 2 * HOUR);
    let young = leave(&path(&id, 2), HOUR / 2);
    let theirs = leave(&path(&keyward_core::WorkspaceId::from_bytes([9; 16]), 3), 2 * HOUR);
    let unknown = leave(&format!("_audit/{id}/notes.txt"), 2 * HOUR);

    let swept = workspace.engine.sweep_orphans(&workspace.admin(), HOUR).await.unwrap();
    let Swept { deleted, bytes, unknown: unknowns, .. } = swept;
    assert_eq!((deleted, bytes, unknowns), (1, 8, 1));
    assert!(!orphan.exists() && young.exists() && theirs.exists() && unknown.exists());
    assert!(named.iter().all(|file| file.exists()));
}
