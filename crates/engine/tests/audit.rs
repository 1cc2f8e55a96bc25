//! The log's operations: finding records, following them, proving them and handing them out.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use keyward_core::{Code, Role};
use keyward_engine::{
    AuditCountFilter, AuditFilter, AuditStart, CountApart, CountStep, ExportFormat, VerifyOptions,
};
use keyward_ledger::{Checkpoint, Note, Witness};
use keyward_testkit::TestWorkspace;

/// A workspace with a few tenants' records on three days.
async fn three_days() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    for tenant in ["acme", "ben", "carol"] {
        let (tenant, dataset, _) = workspace.tenant(tenant).await;
        workspace.put(&tenant, &dataset, "2026/report", b"1").await.unwrap();
        workspace.clock.advance(TimeDelta::days(1));
    }
    workspace
}

#[tokio::test]
async fn pages_go_both_ways_and_filters_combine() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let all = AuditFilter::default();
    let newest = engine.audit_query(&officer, &all, AuditStart::Newest, 1000).await.unwrap();
    let oldest = engine.audit_query(&officer, &all, AuditStart::Oldest, 1000).await.unwrap();
    assert!(newest.next.is_none() && oldest.next.is_none());
    assert!(newest.records.iter().rev().eq(oldest.records.iter()));
    assert!((0..).zip(&oldest.records).all(|(seq, record)| record.seq == seq));

    // In pages of three, each way, nothing is left out and nothing comes twice.
    for first in [AuditStart::Newest, AuditStart::Oldest] {
        let (mut start, mut found) = (first, Vec::new());
        loop {
            let page = engine.audit_query(&officer, &all, start, 3).await.unwrap();
            found.extend(page.records);
            let Some(next) = page.next else { break };
            start = match first {
                AuditStart::Newest => AuditStart::Before(next),
                _ => AuditStart::After(next),
            };
        }
        let whole = if first == AuditStart::Newest { &newest } else { &oldest };
        assert_eq!(found, whole.records);
    }

    let filter = AuditFilter {
        tenant: Some("ben".parse().unwrap()),
        search: Some("REPORT 2026".into()),
        ..AuditFilter::default()
    };
    let page = engine.audit_query(&officer, &filter, AuditStart::Newest, 10).await.unwrap();
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].action.as_str(), "object.write");
    let nothing = AuditFilter { search: Some("- / *".into()), ..AuditFilter::default() };
    let refused = engine.audit_query(&officer, &nothing, AuditStart::Newest, 10).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
}

#[tokio::test]
async fn counts_are_those_of_the_records_that_the_caller_sees() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let all = AuditCountFilter::default();
    let records = engine
        .audit_query(&officer, &AuditFilter::default(), AuditStart::Oldest, 1000)
        .await
        .unwrap()
        .records;
    let days =
        engine.audit_counts(&officer, &all, CountStep::Day, CountApart::Nothing).await.unwrap();
    assert_eq!(days.len(), 3);
    assert_eq!(days.iter().map(|day| day.records).sum::<u64>(), records.len() as u64);
    let tenants =
        engine.audit_counts(&officer, &all, CountStep::Day, CountApart::Tenant).await.unwrap();
    assert!(tenants.iter().any(|count| count.term.as_deref() == Some("carol")));

    let approver = workspace.context(Role::TenantApprover("ben".parse().unwrap()));
    let own =
        engine.audit_counts(&approver, &all, CountStep::Hour, CountApart::Tenant).await.unwrap();
    assert!(!own.is_empty() && own.iter().all(|count| count.term.as_deref() == Some("ben")));
    let other =
        AuditCountFilter { tenant: Some("acme".parse().unwrap()), ..AuditCountFilter::default() };
    let refused = engine.audit_counts(&approver, &other, CountStep::Day, CountApart::Nothing).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
}

#[tokio::test]
async fn a_record_is_shown_and_proven_to_those_who_may_see_it() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let filter = AuditFilter { action: Some("object.write".into()), ..AuditFilter::default() };
    let page = engine.audit_query(&officer, &filter, AuditStart::Oldest, 10).await.unwrap();
    let record = &page.records[0];

    let shown = engine.audit_show(&officer, record.seq).await.unwrap();
    assert_eq!(shown.record.as_ref(), Some(record));
    assert_eq!(shown.day.first, 0);
    assert!(shown.checkpoint.size > record.seq);

    let proved = engine.audit_prove(&officer, record.seq, None).await.unwrap();
    let body = proved.file.extra.clone().unwrap();
    assert_eq!(String::from_utf8(body.clone()).unwrap(), record.to_canonical().unwrap());
    proved.file.verify_record(&body, &engine.verifier_key()).unwrap();

    let own = workspace.context(Role::TenantApprover("acme".parse().unwrap()));
    engine.audit_show(&own, record.seq).await.unwrap();
    engine.audit_prove(&own, record.seq, None).await.unwrap();
    let other = workspace.context(Role::TenantApprover("ben".parse().unwrap()));
    for refused in [
        engine.audit_show(&other, record.seq).await.map(drop),
        engine.audit_prove(&other, record.seq, None).await.map(drop),
        // One of no tenant's.
        engine.audit_show(&other, 0).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    }
    for missing in [
        engine.audit_show(&officer, 1_000_000).await.map(drop),
        engine.audit_prove(&officer, 1_000_000, None).await.map(drop),
        engine.audit_prove(&officer, 0, Some(1)).await.map(drop),
    ] {
        assert_eq!(missing.unwrap_err().code(), Code::RecordNotFound);
    }
}

#[tokio::test]
async fn the_log_continues_its_own_checkpoints_and_no_other() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let old = engine.audit_prove(&officer, 0, None).await.unwrap().file.checkpoint;
    for number in 0..5 {
        let tenant = format!("tenant-{number}").parse().unwrap();
        engine.register_tenant(&workspace.admin(), &tenant, "t").await.unwrap();
    }
    let proved = engine.audit_consistency(&officer, &old.to_string()).await.unwrap();
    let mut witness = Witness::resume(engine.verifier_key(), proved.old.clone()).unwrap();
    witness.observe(&proved.request.checkpoint.to_string(), &proved.request.path).unwrap();
    assert_eq!(proved.new.size, proved.old.size + 5);

    // What was signed over another history, or over more than there is.
    let key = keyward_ledger::SigningKey::from_seed(&keyward_core::SecretKey::new([7; 32]));
    let forged = Checkpoint { root: keyward_ledger::leaf_hash(b"x"), ..proved.old.clone() };
    let ahead = Checkpoint { size: 1_000_000, ..proved.old.clone() };
    for (other, said) in [(forged, "not shown to continue"), (ahead, "rolled back")] {
        let refused = engine.audit_consistency(&officer, &other.sign(&key)).await.unwrap_err();
        assert_eq!(refused.code(), Code::LogNotVerified);
        assert!(refused.to_string().contains(said), "{refused}");
        let options = VerifyOptions { continues: vec![other.sign(&key)], ..Default::default() };
        let refused = engine.audit_verify_with(&officer, &options, &|_, _| {}).await;
        assert_eq!(refused.unwrap_err().code(), Code::LogNotVerified);
    }
}

#[tokio::test]
async fn verifying_tells_what_was_verified() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let first = engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    assert_eq!((first.from, first.days, first.archived), (0, 3, 0));
    assert_eq!(
        Checkpoint::verify(&first.checkpoint, &engine.verifier_key()).unwrap().size,
        first.records
    );

    let options = VerifyOptions {
        search_index: true,
        continues: vec![first.checkpoint.clone()],
        since: None,
    };
    let second = engine.audit_verify_with(&officer, &options, &|_, _| {}).await.unwrap();
    assert_eq!((second.search_index, second.continues), (true, vec![first.records]));

    let options = VerifyOptions { since: Some(first.checkpoint), ..VerifyOptions::default() };
    let third = engine.audit_verify_with(&officer, &options, &|_, _| {}).await.unwrap();
    assert_eq!((third.from, third.records), (first.records, first.records + 2));
    let both = VerifyOptions { search_index: true, ..options };
    let refused = engine.audit_verify_with(&officer, &both, &|_, _| {}).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
}

#[tokio::test]
async fn tail_waits_for_records_of_any_process() {
    let workspace = Arc::new(three_days().await);
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let all = AuditFilter::default();
    let newest = engine.audit_query(&officer, &all, AuditStart::Newest, 1).await.unwrap();
    let after = Some(newest.records[0].seq);
    let short = Duration::from_millis(10);
    let page = engine.audit_tail(&officer, &all, after, 10, short).await.unwrap();
    assert!(page.records.is_empty());
    assert_eq!(page.next, after);

    let other = workspace.open_again().await.unwrap();
    let filter = AuditFilter { action: Some("tenant.register".into()), ..AuditFilter::default() };
    let (first, second) = ("dora".parse().unwrap(), "emil".parse().unwrap());
    let admin = workspace.admin();
    for (engine_of, tenant) in [(&other, &first), (&**engine, &second)] {
        let waiting = engine.audit_tail(&officer, &filter, after, 10, Duration::from_secs(20));
        let writing = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            engine_of.register_tenant(&admin, tenant, "t").await.unwrap();
        };
        let (page, ()) = tokio::join!(waiting, writing);
        let page = page.unwrap();
        assert!(page.records.iter().any(|record| record.action.as_str() == "tenant.register"));
    }
    // From the first record on, page by page.
    let page = engine.audit_tail(&officer, &all, None, 2, short).await.unwrap();
    assert_eq!((page.records[0].seq, page.next), (0, Some(1)));
    // Where nothing passes, the place moves on all the same.
    let none = AuditFilter { action: Some("tenant.revoke".into()), ..AuditFilter::default() };
    let page = engine.audit_tail(&officer, &none, None, 2, short).await.unwrap();
    assert!(page.records.is_empty() && page.next > after);
}

#[tokio::test]
async fn lines_have_every_record_that_passes() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let filter = AuditFilter { tenant: Some("ben".parse().unwrap()), ..AuditFilter::default() };
    let page = engine.audit_query(&officer, &filter, AuditStart::Oldest, 1000).await.unwrap();
    let mut texts = Vec::new();
    for format in [ExportFormat::Jsonl, ExportFormat::Ocsf, ExportFormat::Csv] {
        let mut text = Vec::new();
        let done = engine.audit_export_lines(&officer, &filter, format, &mut text).await.unwrap();
        assert!(done.records >= page.records.len() as u64);
        texts.push(String::from_utf8(text).unwrap());
    }
    for (line, record) in texts[0].lines().zip(&page.records) {
        assert_eq!(line, record.to_canonical().unwrap());
    }
    assert!(texts[1].lines().all(|line| line.starts_with('{') && line.contains("\"leaf_hash\"")));
    assert!(texts[2].starts_with("seq,time,"));

    let approver = workspace.context(Role::TenantApprover("ben".parse().unwrap()));
    let refused =
        engine.audit_export_lines(&approver, &filter, ExportFormat::Csv, Vec::new()).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
}

#[tokio::test]
async fn a_folder_is_there_whole_or_not_at_all() {
    let workspace = three_days().await;
    let (engine, officer) = (&workspace.engine, workspace.officer());
    let folder = workspace.path().join("log");
    let exported = engine.audit_export(&officer, &folder, Default::default()).await.unwrap();
    assert_eq!(exported.records, exported.bodies);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let note = Note::parse(&read("checkpoint")).unwrap();
    let checkpoint = Checkpoint::verify_note(&note, &engine.verifier_key()).unwrap();
    assert_eq!(checkpoint.size, exported.records);
    assert!(read("keys").lines().any(|line| line == engine.verifier_key().to_string()));
    assert!(read("README.md").contains("keyward-verify bundle"));
    assert!(!folder.join("archived.json").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let refused = engine.audit_export(&officer, &folder, Default::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::AlreadyExists);
    let approver = workspace.context(Role::TenantApprover("ben".parse().unwrap()));
    let other = workspace.path().join("other");
    let refused = engine.audit_export(&approver, &other, Default::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    assert!(!other.exists());
    // Nothing is left behind by what was refused.
    let hidden = std::fs::read_dir(workspace.path()).unwrap();
    assert!(
        hidden.flatten().all(|entry| !entry.file_name().to_string_lossy().starts_with(".keyward-"))
    );
}
