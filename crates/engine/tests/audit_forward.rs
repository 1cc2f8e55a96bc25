//! Forwarding stops, plainly, where the next record lies in an archive, and goes on once it is back.

use std::{future::pending, io::Read as _, net::TcpListener, thread};

use chrono::{TimeDelta, Utc};
use keyward_core::{Code, Role};
use keyward_engine::{ArchiveDataset, ArchiveDays, EngineError, Forwarded, Forwarding};
use keyward_siem::{
    forward::{Confirm, Pace, Target, Transport},
    syslog::Format,
};
use keyward_testkit::TestWorkspace;

/// A receiver that reads to the end of each connection, and forgets it.
fn receiver() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read_to_end(&mut Vec::new());
        }
    });
    port
}

async fn forward(
    workspace: &TestWorkspace,
    role: Role,
    port: u16,
) -> Result<Forwarded, EngineError> {
    let target = Target {
        host: "127.0.0.1".into(),
        port,
        transport: Transport::Tcp,
        confirm: Confirm::Close,
    };
    let forwarding = Forwarding {
        receiver: "siem".into(),
        target,
        format: Format::Cef,
        pace: Pace { page: 7, ..Pace::default() },
        from: None,
        follow: false,
    };
    let context = workspace.context(role);
    workspace.engine.audit_forward(&context, &forwarding, pending(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_before_an_archived_day_and_goes_on_when_it_is_back() {
    let workspace = TestWorkspace::new().await;
    let (ops, docs, _) = workspace.tenant("ops").await;
    let today = Utc::now().date_naive();
    for day in 0..3 {
        workspace.put(&ops, &docs, &day.to_string(), b"secret").await.unwrap();
        workspace.clock.advance(TimeDelta::days(1));
    }
    let under = ArchiveDataset { tenant: ops.clone(), dataset: docs };
    let admin = workspace.admin();
    workspace.engine.set_audit_retention(&admin, Some(1), Some(&under)).await.unwrap();
    workspace.engine.audit_seal(&admin, None).await.unwrap();
    let archived =
        workspace.engine.audit_archive(&admin, ArchiveDays::Due, &|_, _| ()).await.unwrap();
    let oldest = archived.first().unwrap();
    assert!(oldest.day >= today);

    let port = receiver();
    let away = forward(&workspace, Role::Administrator, port).await.unwrap_err();
    assert!(matches!(away, EngineError::LogDayAway { day, seq: 0 } if day == oldest.day), "{away}");
    assert_eq!(away.code(), Code::NotFinished);
    assert!(away.to_string().contains(&format!("`keyward audit fetch {}`", oldest.day)));

    // The next day that is away stops it in its turn, with what came before it delivered.
    workspace.engine.audit_fetch(&admin, oldest.day, &|_, _| ()).await.unwrap();
    let away = forward(&workspace, Role::Administrator, port).await.unwrap_err();
    assert!(matches!(away, EngineError::LogDayAway { .. }), "{away}");
    let cursors = workspace.engine.audit_cursors(&workspace.officer()).await.unwrap();
    assert_eq!(cursors[0].seq, oldest.first + oldest.records);
    for day in archived.iter().skip(1) {
        workspace.engine.audit_fetch(&admin, day.day, &|_, _| ()).await.unwrap();
    }
    let sent = forward(&workspace, Role::Administrator, port).await.unwrap();
    assert!(sent.records > 0);
    let cursors = workspace.engine.audit_cursors(&workspace.officer()).await.unwrap();
    assert_eq!((cursors.len(), cursors[0].seq), (1, sent.next));
    assert_eq!(forward(&workspace, Role::Administrator, port).await.unwrap().records, 0);

    for role in [Role::SecurityOfficer, Role::TenantApprover(ops.clone()), Role::Application] {
        let refused = forward(&workspace, role, port).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotAuthorised);
    }
    let approver = workspace.context(Role::TenantApprover(ops));
    let refused = workspace.engine.audit_cursors(&approver).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
}
