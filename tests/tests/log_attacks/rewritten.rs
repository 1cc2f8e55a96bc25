//! A record rewritten together with every hash above it.

use keyward_core::SecretKey;
use keyward_ledger::SigningKey;

use crate::{scene::Scene, tree::Tree};

/// Somebody else's key.
fn another_key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::new([7; 32]))
}

/// Rewrites a record as if another tenant's object had been written, and all tiles and the edge with it,
/// and whatever else a log is made of but its signatures.
fn rewrite(scene: &Scene) -> (Tree, String) {
    let seq = scene.target();
    let body = scene.sql(&format!(
        "SELECT replace(body, '\"role\":\"application\"', '\"role\":\"administrator\"')
         FROM audit_records WHERE seq = {seq}"
    ));
    assert!(body.contains("\"role\":\"administrator\""), "{body}");
    let mut tree = Tree::of(scene);
    tree.set(seq, &body);
    let body = body.replace('\'', "''");
    let text = format!(
        "UPDATE audit_records SET body = '{body}' WHERE seq = {seq}; {}",
        tree.statements()
    );
    (tree, text)
}

#[test]
fn unsigned_it_is_the_root_that_differs() {
    let Some(scene) = Scene::new("unsigned_it_is_the_root_that_differs") else { return };
    let (_, text) = rewrite(&scene);
    scene.trigger_refuses(&text, "audit records never change");
    let tiles = text.split_once(';').unwrap().1;
    scene.trigger_refuses(tiles, "audit tiles never go");
    scene.trigger_refuses(
        &tiles
            .replacen("DELETE FROM audit_tiles;", "", 1)
            .replace("INSERT INTO", "INSERT OR REPLACE INTO"),
        "audit tiles only grow",
    );
    scene.unguarded(&text);
    // The anchor is the newest checkpoint, which is in the head as well; the oldest one that the log keeps
    // and that is over the record is the one that is named.
    let kept = scene.number("SELECT min(size) FROM audit_checkpoints");
    assert!(scene.target() < kept);
    scene.verify().says(&[
        &format!("a record from 0 to {} was rewritten with its hash", kept - 1),
        &format!("signed over {kept} records"),
        "keep this log as evidence",
    ]);
    // Nothing is signed on top of it.
    let refused = scene.refused(&["tenant", "add", "one", "--name", "one"]);
    refused.says(&[&format!("signed over {} records", scene.size())]);
}

#[test]
fn with_a_new_root_on_the_old_signature_the_signature_is_wrong() {
    let name = "with_a_new_root_on_the_old_signature_the_signature_is_wrong";
    let Some(scene) = Scene::new(name) else { return };
    let (tree, text) = rewrite(&scene);
    let size = scene.size();
    let (old, new) = (Tree::of(&scene).root(size), tree.root(size));
    scene.unguarded(&format!(
        "{text} UPDATE audit_head SET checkpoint = replace(checkpoint, '{old}', '{new}')"
    ));
    let says = ["the signature of `keyward/", "is wrong: it was altered or forged"];
    scene.verify().says(&says);
    scene.refused(&["tenant", "list"]).says(&says);
}

#[test]
fn signed_by_another_key_it_is_nobodys_log() {
    let Some(scene) = Scene::new("signed_by_another_key_it_is_nobodys_log") else { return };
    let (tree, text) = rewrite(&scene);
    let key = scene.key();
    let id = key.split('+').nth(1).unwrap();
    scene.unguarded(&format!("{text} {}", tree.signatures(&scene, &another_key())));
    let says = ["is not signed by", &format!("key id `{id}`"), "trust neither"];
    scene.verify().says(&says);
    scene.refused(&["tenant", "list"]).says(&says);
}

#[test]
fn signed_by_another_key_that_the_settings_name_it_is_refused() {
    let name = "signed_by_another_key_that_the_settings_name_it_is_refused";
    let Some(scene) = Scene::new(name) else { return };
    let (tree, text) = rewrite(&scene);
    let ours = scene.key();
    let origin = scene.sql("SELECT value FROM workspace WHERE key = 'origin'");
    let theirs = another_key().verifier(&origin.parse().unwrap()).to_string();
    scene.unguarded(&format!(
        "{text} {} UPDATE workspace SET value = '{theirs}' WHERE key = 'verifier_key'",
        tree.signatures(&scene, &another_key())
    ));
    for arguments in [&["audit", "verify"][..], &["tenant", "list"]] {
        scene.refused(arguments).says(&[&theirs, &ours, "keep both as evidence"]);
    }
}

#[test]
fn signed_by_the_stolen_key_only_what_is_kept_elsewhere_tells() {
    let name = "signed_by_the_stolen_key_only_what_is_kept_elsewhere_tells";
    let Some(mut scene) = Scene::new(name) else { return };
    let kept = scene.keep_checkpoint();
    let size = scene.size();
    let (key, workspace) = (scene.key(), scene.terminal.path("workspace").display().to_string());
    scene.as_witness();
    scene.does(&["audit", "witness", "init", "tenant.example/auditor", "--secrets", "passphrase"]);
    scene.does(&["audit", "witness", "cosign", &workspace, "--key", &key]);
    scene.as_owner();
    let (tree, text) = rewrite(&scene);
    scene.unguarded(&format!("{text} {}", tree.signatures(&scene, &scene.stolen_key())));

    // The account's own anchor is enough.
    let says = ["/.local/state/keyward/anchors`", &size.to_string(), "accept-rollback"];
    scene.verify().ends(7, "log-forked", &says);

    // Somebody who has the account as well leaves nothing here that could tell, and the log verifies: that
    // is what it can't prove.
    scene.forget_anchors();
    scene.does(&["audit", "verify", "--search-index"]);

    // Who has kept a checkpoint, though, or witnesses, isn't told another story.
    let message = scene.verify_with(&["--checkpoint", &kept]);
    message.says(&[&size.to_string(), "past was rewritten", "keep both checkpoints as evidence"]);
    scene.verify_with(&["--since", &kept]).says(&[&size.to_string()]);
    scene.does(&["audit", "export", "log"]);
    let (status, said) = scene.stranger(&["bundle", "log", "--key", &key]);
    assert_eq!(status, 0, "{said}");
    let (status, said) = scene.stranger(&["bundle", "log", "--key", &key, "--at", &kept]);
    assert!(status == 1 && said.contains(&size.to_string()), "{said}");
    scene.as_witness();
    let cosign = scene.refused(&["audit", "witness", "cosign", &workspace]);
    cosign.ends(7, "log-forked", &[&size.to_string()]);
}
