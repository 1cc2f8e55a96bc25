//! A transaction that the database gives up by itself, under those who share it.
//!
//! SQLite does so where a disk is full at the wrong moment or memory ends; a trigger's `RAISE(ROLLBACK)`
//! has it do so at will. What runs on that connection then would be durable statement by statement.
//!
//! | who | is told | what is asserted |
//! | --- | --- | --- |
//! | whose statement it was | its failure | no row of it |
//! | those in the transaction already | a failure | no row, no record |
//! | those who come after | success | row and record |

use keyward_core::ObjectName;
use keyward_engine::Source;
use keyward_tests::{behind, crash::CALLERS, random::Random};

use crate::{Place, callers::Calls, crash_state::State};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_given_up_takes_all_of_its_changes_along() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    let trigger = "CREATE TRIGGER injected BEFORE INSERT ON objects WHEN NEW.name = 'poison'
        BEGIN SELECT RAISE(ROLLBACK, 'given up'); END";
    behind::run(&workspace.database(), trigger).await;
    let calls = &Calls::new(&place);
    let poison: ObjectName = "poison".parse().unwrap();
    let callers = (0..CALLERS).map(|caller| {
        let poison = &poison;
        async move {
            let mut random = Random::new(caller);
            for _ in 0..8 {
                if caller % 16 == 0 {
                    let (context, source) = (workspace.application(), vec![1].into());
                    let source = Source::Bytes(source);
                    let done = workspace.engine.write(&context, acme, docs, poison, source).await;
                    done.unwrap_err();
                } else {
                    calls.write(caller, &mut random).await;
                }
            }
        }
    });
    futures::future::join_all(callers).await;
    let failed = calls.failed();
    assert!(failed.contains_key("machine"), "none was in the transaction of another: {failed:?}");
    calls.all_go_on().await;

    behind::run(&workspace.database(), "DROP TRIGGER injected").await;
    let mut state = State::default();
    state.allow_new(&["kept", "replaced"]);
    state.allow_unrecorded(&["machine"]);
    let again = place.open_again().await;
    state.look_over(&again, &calls.lines(), 4).await;
    state.look_deep(&again).await;
    println!("{state}; {failed:?}");
}
