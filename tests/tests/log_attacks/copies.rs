//! The log as a whole: cut, put back, swapped, continued twice.

use std::fs;

use crate::{
    scene::{Scene, copy, put_back},
    tree::Tree,
};

const ACCEPT: &str = "keyward audit accept-rollback --reason TEXT";

/// What makes the log as it was at an earlier size, every hash and count right, with the checkpoint of
/// then in the head.
fn cut(scene: &Scene, size: u64, checkpoint: &str) -> String {
    let mut tree = Tree::of(scene);
    tree.cut(size);
    format!(
        "CREATE TEMP TABLE gone AS SELECT tenant, time / 3600000000 AS hour, action, outcome
             FROM audit_records WHERE seq >= {size};
         UPDATE audit_counts SET records = records - (SELECT count(*) FROM gone WHERE
             gone.tenant = audit_counts.tenant AND gone.hour = audit_counts.hour
             AND gone.action = audit_counts.action AND gone.outcome = audit_counts.outcome)
             WHERE tenant >= 0 AND records > (SELECT count(*) FROM gone WHERE
             gone.tenant = audit_counts.tenant AND gone.hour = audit_counts.hour
             AND gone.action = audit_counts.action AND gone.outcome = audit_counts.outcome);
         DELETE FROM audit_records WHERE seq >= {size};
         DELETE FROM audit_counts WHERE NOT EXISTS (SELECT 1 FROM audit_records WHERE
             audit_records.tenant = audit_counts.tenant AND time / 3600000000 = hour
             AND audit_records.action = audit_counts.action
             AND audit_records.outcome = audit_counts.outcome)
             AND tenant >= 0 AND hour >= (SELECT min(hour) FROM gone);
         DELETE FROM audit_counts WHERE tenant = -1 AND hour >= (SELECT min(hour) FROM gone);
         INSERT INTO audit_counts SELECT -1, hour, action, outcome, sum(records) FROM audit_counts
             WHERE hour >= (SELECT min(hour) FROM gone) GROUP BY hour, action, outcome;
         {}
         UPDATE audit_head SET checkpoint = '{checkpoint}',
             time = (SELECT max(time) FROM audit_records);",
        tree.statements(),
    )
}

#[test]
fn a_cut_tail_is_found_by_the_anchor_and_by_what_the_log_keeps() {
    let name = "a_cut_tail_is_found_by_the_anchor_and_by_what_the_log_keeps";
    let Some(scene) = Scene::new(name) else { return };
    let before = scene.sql("SELECT checkpoint FROM audit_head");
    let size = scene.size();
    for id in ["one", "two"] {
        scene.does(&["tenant", "add", id, "--name", id]);
    }
    let grown = scene.size();
    let kept = scene.keep_checkpoint();
    scene.attack(&cut(&scene, size, &format!("{before}\n")), "audit records never go");
    assert_eq!(scene.size(), size);
    let says = [
        "/.local/state/keyward/anchors`",
        &format!("a checkpoint over {grown} records"),
        &format!("the database has {size}"),
        ACCEPT,
    ];
    scene.refused(&["tenant", "list"]).ends(7, "log-rolled-back", &says);
    scene.verify().ends(7, "log-rolled-back", &says);

    // With the anchors gone as well it is a log that ends there, until somebody brings a checkpoint.
    scene.forget_anchors();
    scene.does(&["audit", "verify"]);
    scene.verify_with(&["--checkpoint", &kept]).says(&[&grown.to_string(), "evidence"]);
}

#[test]
fn a_tail_cut_to_before_a_kept_checkpoint_is_found_without_any_anchor() {
    let name = "a_tail_cut_to_before_a_kept_checkpoint_is_found_without_any_anchor";
    let Some(scene) = Scene::new(name) else { return };
    let kept = scene.number("SELECT max(size) FROM audit_checkpoints");
    let mut tree = Tree::of(&scene);
    tree.cut(kept - 1);
    let note = tree.signed(kept - 1, &scene.stolen_key());
    scene.unguarded(&cut(&scene, kept - 1, &note));
    scene.forget_anchors();
    let seal = [&format!("its seal names a checkpoint over {kept}"), "or the log cut"];
    scene.verify().says(&seal);

    // The days edited as well, it is the kept checkpoint that speaks of more.
    let Some(scene) = Scene::new(name) else { return };
    let end = kept - 1;
    scene.unguarded(&format!(
        "{} DELETE FROM audit_days WHERE first >= {end}; UPDATE audit_days SET checkpoint = {end}",
        cut(&scene, end, &note)
    ));
    scene.forget_anchors();
    let cut = [&format!("records {end} to {end} are cut off"), "restore the log that has them"];
    scene.verify().says(&cut);
}

#[test]
fn an_older_database_put_back_is_refused() {
    let Some(scene) = Scene::new("an_older_database_put_back_is_refused") else { return };
    let size = scene.size();
    // Beside its write-ahead log, as a backup that isn't careful takes it.
    let database = |end: &str| scene.terminal.path(&format!("workspace/keyward.db{end}"));
    scene.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    fs::copy(database(""), scene.terminal.path("older.db")).unwrap();
    scene.does(&["tenant", "add", "one", "--name", "one"]);
    let grown = scene.size();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(database(end));
    }
    fs::copy(scene.terminal.path("older.db"), database("")).unwrap();
    let says: [&str; 3] =
        [&format!("over {grown} records"), &format!("the database has {size}"), ACCEPT];
    for arguments in [&["tenant", "list"][..], &["audit", "verify"], &["audit", "export", "log"]] {
        scene.refused(arguments).ends(7, "log-rolled-back", &says);
    }
    assert!(!scene.terminal.path("log").exists());
}

#[test]
fn an_older_folder_put_back_is_refused_until_that_is_accepted_for_the_record() {
    let name = "an_older_folder_put_back_is_refused_until_that_is_accepted_for_the_record";
    let Some(scene) = Scene::new(name) else { return };
    let (workspace, older) = (scene.terminal.path("workspace"), scene.terminal.path("older"));
    let size = scene.size();
    copy(&workspace, &older);
    scene.does(&["tenant", "add", "one", "--name", "one"]);
    let grown = scene.size();
    put_back(&older, &workspace);
    let says: [&str; 3] =
        [&format!("over {grown} records"), &format!("the database has {size}"), ACCEPT];
    scene.verify().ends(7, "log-rolled-back", &says);
    assert_eq!(scene.size(), size, "what is refused stays as it was found");

    scene.does(&["audit", "accept-rollback", "--reason", "the disk failed"]);
    scene.does(&["audit", "verify"]);
    let accepted = scene.does(&["audit", "list", "--action", "audit.accept"]);
    let record = &accepted["records"][0];
    assert_eq!(record["seq"], size);
    assert_eq!(record["details"]["reason"], "the disk failed");
    let lost = record["details"]["anchors"][0]["checkpoint"].as_str().unwrap();
    assert!(lost.contains(&format!("\n{grown}\n")), "{lost}");
}

#[test]
fn two_workspaces_databases_swapped_are_refused() {
    let Some(scene) = Scene::new("two_workspaces_databases_swapped_are_refused") else { return };
    let other = scene.terminal.path("other").display().to_string();
    scene.does(&["init", "--secrets", "passphrase", "--workspace", &other]);
    let id = |folder: &str| {
        let config = fs::read(scene.terminal.path(folder).join("workspace.json")).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        config["id"].as_str().unwrap().to_owned()
    };
    let (ours, theirs) = (id("workspace"), id("other"));
    fs::create_dir(scene.terminal.path("kept")).unwrap();
    for end in ["", "-wal", "-shm"] {
        let path = |folder: &str| scene.terminal.path(&format!("{folder}/keyward.db{end}"));
        let _ = fs::rename(path("workspace"), path("kept"));
        let _ = fs::rename(path("other"), path("workspace"));
        let _ = fs::rename(path("kept"), path("other"));
    }
    for arguments in
        [&["tenant", "list"][..], &["audit", "verify"], &["audit", "verify", "--workspace", &other]]
    {
        scene.refused(arguments).ends(
            7,
            "state-corrupt",
            &["keyward.db`", &ours, &theirs, "bring back"],
        );
    }
}

#[test]
fn another_workspace_s_log_made_to_look_like_this_one_s_is_refused() {
    let name = "another_workspace_s_log_made_to_look_like_this_one_s_is_refused";
    let Some(scene) = Scene::new(name) else { return };
    let settings = ["id", "origin", "verifier_key"].map(|key| {
        let value = scene.sql(&format!("SELECT value FROM workspace WHERE key = '{key}'"));
        (key, value)
    });
    let other = scene.terminal.path("other").display().to_string();
    scene.does(&["init", "--secrets", "passphrase", "--workspace", &other]);
    for end in ["", "-wal", "-shm"] {
        let path = |folder: &str| scene.terminal.path(&format!("{folder}/keyward.db{end}"));
        let _ = fs::remove_file(path("workspace"));
        let _ = fs::rename(path("other"), path("workspace"));
    }
    let theirs = scene.sql("SELECT value FROM workspace WHERE key = 'origin'");
    for (key, value) in &settings {
        scene.unguarded(&format!("UPDATE workspace SET value = '{value}' WHERE key = '{key}'"));
    }
    let [_, (_, ours), _] = &settings;
    let found = scene.verify();
    found.says(&[&theirs, ours]);
    scene.refused(&["tenant", "list"]).says(&[&theirs, ours]);
}

#[test]
fn two_logs_continued_from_one_copy_are_told_apart() {
    let name = "two_logs_continued_from_one_copy_are_told_apart";
    let Some(mut scene) = Scene::new(name) else { return };
    let workspace = scene.terminal.path("workspace").display().to_string();
    let fork = scene.terminal.path("fork").display().to_string();
    copy(scene.terminal.path("workspace").as_path(), scene.terminal.path("fork").as_path());
    scene.does(&["tenant", "add", "one", "--name", "one"]);
    scene.does(&["tenant", "add", "two", "--name", "two"]);
    let size = scene.size();
    let kept = scene.keep_checkpoint();
    let key = scene.key();
    scene.as_witness();
    scene.does(&["audit", "witness", "init", "tenant.example/auditor", "--secrets", "passphrase"]);
    scene.does(&["audit", "witness", "cosign", &workspace, "--key", &key]);

    // Where nothing of this account is known, on another machine say, the copy goes on by itself.
    scene.as_nobody();
    for id in ["three", "four", "five"] {
        scene.does(&["tenant", "add", id, "--name", id, "--workspace", &fork]);
    }
    scene.does(&["audit", "verify", "--workspace", &fork]);

    // Brought back, it is told by the anchor, by a witness, and by who kept a checkpoint.
    scene.as_owner();
    let says = [&format!("first {size} records"), "another history", ACCEPT];
    for arguments in [&["tenant", "list"][..], &["audit", "verify"]] {
        let arguments = [arguments, &["--workspace", &fork]].concat();
        scene.refused(&arguments).ends(7, "log-forked", &says);
    }
    scene.as_witness();
    let cosign = scene.refused(&["audit", "witness", "cosign", &fork]);
    cosign.ends(7, "log-forked", &[&size.to_string()]);
    scene.does(&["audit", "witness", "cosign", &workspace]);
    scene.as_nobody();
    let against = scene.verify_with(&["--workspace", &fork, "--checkpoint", &kept]);
    against.says(&[&size.to_string(), "keep both checkpoints as evidence"]);
    scene.does(&["audit", "export", "log", "--workspace", &fork]);
    let (status, said) = scene.stranger(&["bundle", "log", "--key", &key, "--at", &kept]);
    assert!(status == 1 && said.contains(&size.to_string()), "{said}");
}
