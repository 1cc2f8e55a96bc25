//! A clock that jumps, and two that don't agree.

use chrono::TimeDelta;
use keyward_core::Code;
use keyward_engine::{Answer, ChallengeKind};
use keyward_ledger::Record;
use keyward_store::tables::audit_records;
use keyward_testkit::TestWorkspace;

use crate::Place;

/// That no record is older than the one before it, and gives how many there are.
async fn in_order(workspace: &TestWorkspace) -> usize {
    let officer = workspace.officer();
    let verified = workspace.engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    assert_eq!(verified.clock_steps, 0);
    let store = workspace.store().await.unwrap();
    let mut reader = store.read().await.unwrap();
    let chunk = audit_records::read_chunk(&mut reader, 0, 10_000).await.unwrap();
    let time = |body: &[u8]| Record::parse(std::str::from_utf8(body).unwrap()).unwrap().time;
    let times: Vec<_> = chunk.rows().map(|row| time(row.body)).collect();
    assert!(times.is_sorted());
    times.len()
}

#[tokio::test]
async fn a_clock_that_jumps_never_takes_the_log_back() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    for hours in [-1, 5, -10_000, 48, -48, 1] {
        workspace.clock.advance(TimeDelta::hours(hours));
        workspace.put(acme, docs, "a", b"x").await.unwrap();
        workspace.get(acme, docs, "a").await.unwrap();
        // The next process reads the clock as it is now: it may be behind the log.
        let again = workspace.open_again().await.unwrap();
        let name = "a".parse().unwrap();
        again.read(&workspace.application(), acme, docs, &name).await.unwrap();
    }
    in_order(workspace).await;
}

/// A clock set back makes no expired challenge valid again.
#[tokio::test]
async fn a_clock_set_back_revives_no_challenge() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let key = workspace.key("second", acme);
    let references = std::slice::from_ref(&key);
    let admin = || workspace.admin();
    let engine = &workspace.engine;
    let view = engine.register_root_key(&admin(), acme, references).await.unwrap();
    let kind = ChallengeKind::Decrypt;
    let challenge = engine.start_challenge(&admin(), &view.key.id, kind).await.unwrap();
    let answer = workspace.decrypt(&key, &challenge).await;
    workspace.clock.advance(TimeDelta::minutes(16));
    // Anything that looks at the time.
    engine.start_challenge(&admin(), &view.key.id, kind).await.unwrap();
    workspace.clock.advance(TimeDelta::minutes(-16));
    let late = engine.answer_challenge(&admin(), challenge.id, &answer).await.map(drop);
    assert_eq!(late.unwrap_err().code(), Code::ChallengeExpired);
    let never = Answer::Decrypted(vec![0; 32]);
    let again = engine.answer_challenge(&admin(), challenge.id, &never).await.map(drop);
    assert_eq!(again.unwrap_err().code(), Code::ChallengeExpired);
}

/// Two engines with clocks an hour apart, writing and reading at once; and one deletes what the other
/// reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_on_one_workspace_keep_one_log() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let second = place.fresh().await;
    second.clock.advance(TimeDelta::hours(-1));
    let before = in_order(workspace).await;

    let write = async |workspace: &TestWorkspace, who: &str| {
        for number in 0..25_u8 {
            let name = format!("{who}/{number}");
            workspace.put(acme, docs, &name, &[number; 100]).await.unwrap();
            assert_eq!(workspace.get(acme, docs, &name).await.unwrap(), [number; 100]);
        }
    };
    tokio::join!(write(workspace, "first"), write(&second, "second"));
    assert_eq!(
        in_order(workspace).await - before,
        1 + 4 * 25,
        "the verification and each operation"
    );

    // One rotates, rekeys and deletes, the other reads: it gets the object or is told that it is gone.
    let delete = async {
        second.engine.rotate_data_key(&second.admin(), acme, docs).await.unwrap();
        second.engine.rekey(&second.admin(), acme, docs).await.unwrap();
        for number in 0..25 {
            let name = format!("first/{number}").parse().unwrap();
            second.engine.delete(&second.application(), acme, docs, &name).await.unwrap();
        }
    };
    let read = async {
        let mut gone = 0;
        while gone < 25 {
            gone = 0;
            for number in 0..25_u8 {
                match workspace.get(acme, docs, &format!("first/{number}")).await {
                    Ok(read) => assert_eq!(read, [number; 100]),
                    Err(error) => {
                        assert_eq!(error.code(), Code::ObjectNotFound, "{error}");
                        gone += 1;
                    }
                }
            }
        }
    };
    tokio::join!(delete, read);
    in_order(workspace).await;
    for number in 0..25_u8 {
        let name = format!("second/{number}");
        assert_eq!(workspace.get(acme, docs, &name).await.unwrap(), [number; 100]);
    }
    place.unharmed().await;
}
