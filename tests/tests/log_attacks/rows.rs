//! Records: changed, deleted, inserted, duplicated, moved, added.

use crate::scene::Scene;

const KEEP: &str = "keep this log as evidence and restore one that verifies";
const NEVER_CHANGE: &str = "audit records never change";
const NEVER_GO: &str = "audit records never go";

/// What makes room at a place: every record from there on gets the next number.
fn renumbered_from(seq: u64) -> String {
    // By way of numbers that no record has, or one would get its neighbour's.
    format!(
        "UPDATE audit_records SET seq = seq + 1000001 WHERE seq >= {seq};
         UPDATE audit_records SET seq = seq - 1000000 WHERE seq > 1000000"
    )
}

/// What copies a record to another number, its columns as well.
fn copied(from: u64, to: u64) -> String {
    format!(
        "INSERT INTO audit_records SELECT {to}, time, actor, tenant, key, action, outcome, body
         FROM audit_records WHERE seq = {from}"
    )
}

/// What is said of a record in another's place.
fn moved(to: u64, from: u64) -> String {
    format!("the record stored as {to} says that it is record {from}: it was moved or inserted")
}

#[test]
fn a_changed_record_is_named() {
    let Some(scene) = Scene::new("a_changed_record_is_named") else { return };
    let seq = scene.target();
    let change = format!(
        "UPDATE audit_records SET body = replace(body, '\"outcome\":\"ok\"', '\"outcome\":\"failed\"')
         WHERE seq = {seq}"
    );
    scene.attack(&change, NEVER_CHANGE);
    scene
        .verify()
        .says(&[&format!("record {seq} was altered: its bytes do not have its hash"), KEEP]);

    // Nothing is repaired by it: it is found again, and the log says that it was found before.
    scene.verify().says(&[&format!("record {seq} was altered")]);
    let found = scene.does(&["audit", "list", "--action", "audit.verify", "--limit", "2"]);
    for record in found["records"].as_array().unwrap() {
        assert_eq!(
            (&record["outcome"], &record["code"]),
            (&"failed".into(), &"log-not-verified".into())
        );
    }

    // Who is handed an export finds it without Keyward.
    scene.does(&["audit", "export", "log"]);
    let (status, said) = scene.stranger(&["bundle", "log", "--key", &scene.key()]);
    assert!(status == 1 && said.contains(&format!("record {seq} was altered")), "{said}");
}

#[test]
fn a_record_changed_in_an_export_is_named_to_strangers() {
    let name = "a_record_changed_in_an_export_is_named_to_strangers";
    let Some(scene) = Scene::new(name) else { return };
    scene.does(&["audit", "export", "log"]);
    let seq = scene.target();
    let bundle = scene.terminal.path(&format!("log/tile/entries/001.p/{}", scene.size() - 1 - 256));
    let mut bytes = std::fs::read(&bundle).unwrap();
    let wanted = format!("\"seq\":{seq},");
    let at = bytes.windows(wanted.len()).position(|bytes| bytes == wanted.as_bytes()).unwrap();
    bytes[at - 3] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let (status, said) = scene.stranger(&["bundle", "log", "--key", &scene.key()]);
    assert!(status == 1 && said.contains(&format!("record {seq}")), "{said}");
}

#[test]
fn a_byte_changed_in_the_database_s_file_is_named() {
    let Some(scene) = Scene::new("a_byte_changed_in_the_database_s_file_is_named") else { return };
    let seq = scene.target();
    scene.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = std::fs::read(scene.database()).unwrap();
    let wanted = format!("\"seq\":{seq},");
    let at = bytes.windows(wanted.len()).position(|bytes| bytes == wanted.as_bytes()).unwrap();
    // Of the role before it: `application`.
    bytes[at - 3] ^= 1;
    std::fs::write(scene.database(), bytes).unwrap();
    scene.verify().says(&[&format!("record {seq} was altered"), KEEP]);
}

#[test]
fn a_record_that_stops_being_one_is_named() {
    let Some(scene) = Scene::new("a_record_that_stops_being_one_is_named") else { return };
    let seq = scene.target();
    let change = format!("UPDATE audit_records SET body = '{{}}' WHERE seq = {seq}");
    scene.attack(&change, NEVER_CHANGE);
    scene.verify().says(&[&format!("record {seq} was altered"), KEEP]);
}

#[test]
fn a_deleted_record_is_named() {
    let Some(scene) = Scene::new("a_deleted_record_is_named") else { return };
    let seq = scene.target();
    scene.attack(&format!("DELETE FROM audit_records WHERE seq = {seq}"), NEVER_GO);
    scene
        .verify()
        .says(&[&format!("record {seq} is missing: record {} comes in its place", seq + 1), KEEP]);
}

#[test]
fn a_deleted_record_is_named_where_the_others_close_ranks() {
    let name = "a_deleted_record_is_named_where_the_others_close_ranks";
    let Some(scene) = Scene::new(name) else { return };
    let seq = scene.target();
    let close = format!(
        "DELETE FROM audit_records WHERE seq = {seq};
         UPDATE audit_records SET seq = seq - 1 WHERE seq > {seq}"
    );
    scene.attack(&close, NEVER_GO);
    scene.verify().says(&[&moved(seq, seq + 1), KEEP]);
}

#[test]
fn the_last_record_deleted_is_named() {
    let Some(scene) = Scene::new("the_last_record_deleted_is_named") else { return };
    let last = scene.size() - 1;
    scene.attack(&format!("DELETE FROM audit_records WHERE seq = {last}"), NEVER_GO);
    let says = [&format!("records {last} to {last} are cut off"), "restore the log that has them"];
    scene.verify().says(&says);
}

#[test]
fn two_records_bodies_swapped_are_named() {
    let Some(scene) = Scene::new("two_records_bodies_swapped_are_named") else { return };
    let (one, other) = (scene.target(), scene.target() + 7);
    let swap = format!(
        "CREATE TEMP TABLE kept AS SELECT seq, body FROM audit_records WHERE seq IN ({one}, {other});
         UPDATE audit_records SET body = (SELECT body FROM kept WHERE kept.seq = {one} + {other}
             - audit_records.seq) WHERE seq IN ({one}, {other})"
    );
    scene.attack(&swap, NEVER_CHANGE);
    scene.verify().says(&[&moved(one, other), KEEP]);
}

#[test]
fn two_records_numbers_swapped_are_named() {
    let Some(scene) = Scene::new("two_records_numbers_swapped_are_named") else { return };
    let (one, other) = (scene.target(), scene.target() + 7);
    let swap = format!(
        "UPDATE audit_records SET seq = 1000000 WHERE seq = {one};
         UPDATE audit_records SET seq = {one} WHERE seq = {other};
         UPDATE audit_records SET seq = {other} WHERE seq = 1000000"
    );
    scene.attack(&swap, NEVER_CHANGE);
    scene.verify().says(&[&moved(one, other), KEEP]);
}

#[test]
fn a_record_inserted_in_the_middle_is_named() {
    let Some(scene) = Scene::new("a_record_inserted_in_the_middle_is_named") else { return };
    let seq = scene.target();
    // Dated and numbered as one that belongs there, and about what wasn't done.
    let insert = format!(
        "{};
         INSERT INTO audit_records SELECT {seq}, time, actor, tenant, key, action, outcome,
             replace(body, '\"key_version\":1', '\"key_version\":2')
         FROM audit_records WHERE seq = {}",
        renumbered_from(seq),
        seq + 1,
    );
    scene.attack(&insert, NEVER_CHANGE);
    scene.verify().says(&[&format!("record {seq} was altered"), KEEP]);
}

#[test]
fn a_record_inserted_at_the_end_is_named() {
    let Some(scene) = Scene::new("a_record_inserted_at_the_end_is_named") else { return };
    let size = scene.size();
    // No trigger can tell this from a record that Keyward appends.
    let last = size - 1;
    scene.unguarded(&format!(
        "INSERT INTO audit_records SELECT {size}, time, actor, tenant, key, action, outcome,
             replace(body, '\"seq\":{last}', '\"seq\":{size}') FROM audit_records WHERE seq = {last}"
    ));
    let says = [
        &format!(
            "records {size} to {size} are signed by no checkpoint: they were added behind keyward's"
        ),
        "bring the newest checkpoint",
    ];
    scene.verify().says(&says);
    // Nothing is signed on top of it, and so nothing is done any more.
    let refused = scene.refused(&["tenant", "add", "one", "--name", "one"]);
    refused.ends(7, "state-corrupt", &["past the audit log's end", "run `keyward audit verify`"]);
}

#[test]
fn a_record_inserted_far_past_the_end_is_named() {
    let Some(scene) = Scene::new("a_record_inserted_far_past_the_end_is_named") else { return };
    scene.unguarded(&copied(scene.target(), 1_000_000));
    let says =
        ["to 1000000 are signed by no checkpoint", "added behind", "bring the newest checkpoint"];
    scene.verify().says(&says);
}

#[test]
fn a_duplicated_record_is_named() {
    let Some(scene) = Scene::new("a_duplicated_record_is_named") else { return };
    let seq = scene.target();
    let duplicate = format!("{};\n{}", renumbered_from(seq + 1), copied(seq, seq + 1));
    scene.attack(&duplicate, NEVER_CHANGE);
    scene.verify().says(&[&moved(seq + 1, seq), KEEP]);
}

#[test]
fn a_record_replaced_by_its_neighbour_is_named() {
    let Some(scene) = Scene::new("a_record_replaced_by_its_neighbour_is_named") else { return };
    let seq = scene.target();
    let replace = copied(seq - 1, seq).replacen("INSERT", "INSERT OR REPLACE", 1);
    scene.attack(&replace, NEVER_CHANGE);
    scene.verify().says(&[&moved(seq, seq - 1), KEEP]);
}

#[test]
fn a_record_added_to_an_archived_day_is_named() {
    let Some(scene) = Scene::new("a_record_added_to_an_archived_day_is_named") else { return };
    let archived = &scene.days()[1];
    scene.attack(&copied(scene.target(), archived.first), NEVER_CHANGE);
    scene.verify().says(&[
        &format!("record {} is in the database", archived.first),
        &format!("its day {} is archived", archived.day),
        KEEP,
    ]);
}
