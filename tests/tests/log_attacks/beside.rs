//! What lies beside the records and only repeats them: columns, terms, counts, days, the word index.

use keyward_tests::behind;

use crate::scene::Scene;

const COPY: &str = "restore the database from a copy";

#[test]
fn a_column_that_says_something_else_is_named() {
    let name = "a_column_that_says_something_else_is_named";
    let Some(scene) = Scene::new(name) else { return };
    let seq = scene.target();
    // Who asks for the tenant's records doesn't see it.
    let hide = format!(
        "UPDATE audit_records SET tenant = (SELECT id FROM audit_terms WHERE term = 'globex')
         WHERE seq = {seq}"
    );
    scene.attack(&hide, "audit records never change");
    scene.verify().says(&[&format!("record {seq}"), "columns", COPY]);

    for column in ["time", "actor", "key", "action", "outcome"] {
        let Some(scene) = Scene::new(name) else { return };
        scene.unguarded(&format!(
            "UPDATE audit_records SET {column} = {column} + 1 WHERE seq = {seq}"
        ));
        scene.verify().says(&[&format!("record {seq}"), "columns", COPY]);
    }
}

#[test]
fn a_term_that_says_something_else_is_named_by_the_first_record_that_has_it() {
    let name = "a_term_that_says_something_else_is_named_by_the_first_record_that_has_it";
    let Some(scene) = Scene::new(name) else { return };
    let first = scene.number(
        "SELECT min(seq) FROM audit_records WHERE action =
             (SELECT id FROM audit_terms WHERE term = 'object.write')",
    );
    let edit = "UPDATE audit_terms SET term = 'object.none' WHERE term = 'object.write'";
    scene.attack(edit, "audit terms never change");
    scene.verify().says(&[&format!("record {first}"), "columns", COPY]);
}

#[test]
fn a_count_that_was_changed_added_or_taken_away_is_named_by_its_hour() {
    let name = "a_count_that_was_changed_added_or_taken_away_is_named_by_its_hour";
    let Some(scene) = Scene::new(name) else { return };
    let written = "tenant = (SELECT id FROM audit_terms WHERE term = 'acme')
        AND action = (SELECT id FROM audit_terms WHERE term = 'object.write')";
    let hour = scene.sql(&format!(
        "SELECT strftime('%Y-%m-%d %H:00:00', max(hour) * 3600, 'unixepoch') FROM audit_counts
         WHERE {written}"
    ));
    let fewer = format!("UPDATE audit_counts SET records = records - 1 WHERE {written}");
    scene.attack(&fewer, "audit counts only grow");
    scene.verify().says(&[&hour, "`acme`, `object.write`, `ok`", "counts were altered", COPY]);

    for (change, of) in [
        (format!("UPDATE audit_counts SET records = records + 1 WHERE {written}"), "`acme`"),
        (format!("DELETE FROM audit_counts WHERE {written}"), "`acme`"),
        (
            "UPDATE audit_counts SET records = records + 1 WHERE tenant = -1
                AND action = (SELECT id FROM audit_terms WHERE term = 'object.write')"
                .into(),
            "all tenants",
        ),
    ] {
        let Some(scene) = Scene::new(name) else { return };
        scene.unguarded(&change);
        scene.verify().says(&[&hour, of, COPY]);
    }

    // An hour of no day, and an archived day's.
    let Some(scene) = Scene::new(name) else { return };
    scene.unguarded("INSERT INTO audit_counts VALUES (0, 400000, 1, 2, 5)");
    scene.verify().says(&["2015-08-19 16:00:00", COPY]);
    let Some(scene) = Scene::new(name) else { return };
    let day = &scene.days()[0];
    scene.unguarded(
        "UPDATE audit_counts SET records = records + 1 WHERE tenant >= 0
             AND hour = (SELECT min(hour) FROM audit_counts)",
    );
    scene.verify().says(&[&day.day, "counts were altered", COPY]);
}

#[test]
fn a_day_s_range_and_seal_are_named() {
    let name = "a_day_s_range_and_seal_are_named";
    let once = "audit days are sealed and archived once";
    let Some(scene) = Scene::new(name) else { return };
    let [_, _, day, newest] = scene.days();
    let begin = format!("UPDATE audit_days SET first = first + 1 WHERE day = '{}'", newest.day);
    scene.attack(&begin, once);
    scene.verify().says(&[&newest.day, &newest.first.to_string(), "days were altered", COPY]);

    // Both ends of a boundary, so that they still follow each other.
    let Some(scene) = Scene::new(name) else { return };
    let shift = format!(
        "UPDATE audit_days SET records = records - 1 WHERE day = '{}';
         UPDATE audit_days SET first = first - 1 WHERE day = '{}'",
        day.day, newest.day
    );
    scene.attack(&shift, once);
    let last = day.end - 1;
    scene.verify().says(&[&format!("record {last}"), &newest.day, COPY]);

    // A seal over fewer records than the day has, and a seal from the future.
    for checkpoint in [day.first, scene.size() + 1000] {
        let Some(scene) = Scene::new(name) else { return };
        let seal =
            format!("UPDATE audit_days SET checkpoint = {checkpoint} WHERE day = '{}'", day.day);
        scene.attack(&seal, once);
        scene.verify().says(&[
            &format!("the day {} ends before record {}", day.day, day.end),
            &format!("its seal names a checkpoint over {checkpoint}"),
            COPY,
        ]);
    }

    // A day taken away, and one added.
    let Some(scene) = Scene::new(name) else { return };
    let gone = format!("DELETE FROM audit_days WHERE day = '{}'", newest.day);
    scene.attack(&gone, "audit days never go");
    scene.verify().says(&[COPY]);
    let Some(scene) = Scene::new(name) else { return };
    let open = format!("UPDATE audit_days SET day = '2031-01-01' WHERE day = '{}'", newest.day);
    scene.attack(&open, once);
    scene.verify().says(&["2031-01-01", &format!("record {}", newest.first), COPY]);
}

#[test]
fn a_day_marked_archived_to_delete_its_records_is_named() {
    let name = "a_day_marked_archived_to_delete_its_records_is_named";
    let Some(scene) = Scene::new(name) else { return };
    let [_, other, day, _] = scene.days();
    // This is all that archiving does, and no trigger stands in the way; but no file was written, and
    // nothing recorded.
    let delete = format!(
        "UPDATE audit_days SET archived_at = sealed_at, here = 0, archive = replace(
             (SELECT archive FROM audit_days WHERE day = '{other}'), replace('{other}', '-', '/'),
             replace('{day}', '-', '/'))
         WHERE day = '{day}';
         DELETE FROM audit_records WHERE seq >= {first} AND seq < {end}",
        other = other.day,
        day = day.day,
        first = day.first,
        end = day.end,
    );
    scene.sql(&delete);
    scene.verify().says(&[
        &format!("the day {} is marked as archived, and the log has no record", day.day),
        "keep this log as evidence",
    ]);
    let fetch = scene.refused(&["audit", "fetch", &day.day]);
    fetch.says(&[&format!("the archive of {}", day.day), "is gone"]);
}

#[test]
fn the_word_index_edited_in_its_tables_is_named() {
    let name = "the_word_index_edited_in_its_tables_is_named";
    let Some(scene) = Scene::new(name) else { return };
    // One byte of a word in the index, and who searches for it finds nothing any more.
    let found = || {
        let found = scene.does(&["audit", "search", "umbrella"]);
        found["records"].as_array().unwrap().len()
    };
    assert_eq!(found(), 1);
    // Its end alone: how it begins may stand with the word before it.
    let block = scene.sql(
        "SELECT id || ' ' || hex(block) FROM audit_text_data
         WHERE instr(hex(block), hex('brella')) LIMIT 1",
    );
    let (id, block) = block.split_once(' ').unwrap();
    let edited = block.replace(&hex::encode_upper("brella"), &hex::encode_upper("brellb"));
    scene.sql(&format!("UPDATE audit_text_data SET block = x'{edited}' WHERE id = {id}"));
    assert_eq!(found(), 0);
    // The records are as they were, which a quick verification says.
    scene.does(&["audit", "verify"]);
    scene.verify_with(&["--search-index"]).says(&["record ", "search index was altered", COPY]);

    // Bytes that no index has.
    let Some(scene) = Scene::new(name) else { return };
    scene.sql(&format!("UPDATE audit_text_data SET block = x'00' WHERE id = {id}"));
    scene.verify_with(&["--search-index"]).says(&["search index can't be read", COPY]);
}

#[tokio::test]
async fn words_taken_from_a_record_or_given_to_it_are_named() {
    let name = "words_taken_from_a_record_or_given_to_it_are_named";
    let Some(scene) = Scene::new(name) else { return };
    let seq = scene.target();
    // Debian's `sqlite3` may be too old to open the index; the library that Keyward has isn't.
    behind::run(&scene.database(), &format!("DELETE FROM audit_text WHERE rowid = {seq}")).await;
    scene.does(&["audit", "verify"]);
    scene.verify_with(&["--search-index"]).says(&[&format!("record {seq}"), "search index", COPY]);

    let Some(scene) = Scene::new(name) else { return };
    let replace = format!(
        "INSERT OR REPLACE INTO audit_text (rowid, words) VALUES ({seq}, 'nothing to be seen')"
    );
    behind::run(&scene.database(), &replace).await;
    scene.verify_with(&["--search-index"]).says(&[&format!("record {seq}"), "search index", COPY]);

    let Some(scene) = Scene::new(name) else { return };
    let add = "INSERT INTO audit_text (rowid, words) VALUES (1000000, 'added')";
    behind::run(&scene.database(), add).await;
    scene.verify_with(&["--search-index"]).says(&["record 1000000", "search index", COPY]);
}
