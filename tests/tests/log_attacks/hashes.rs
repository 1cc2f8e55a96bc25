//! Tiles, the head and kept checkpoints, edited alone.

use crate::{scene::Scene, tree::Tree};

const KEEP: &str = "keep this log as evidence and restore one that verifies";

const COPY: &str = "restore the database from a copy";

/// What flips a hash of a tile.
fn flipped(level: u8, tile: u64, place: u64) -> String {
    let at = place * 32 + 1;
    format!(
        "UPDATE audit_tiles SET hashes = CAST(substr(hashes, 1, {at} - 1) || zeroblob(31) || x'01'
             || substr(hashes, {at} + 32) AS BLOB) WHERE level = {level} AND tile = {tile}"
    )
}

#[test]
fn a_leaf_hash_is_named() {
    let Some(scene) = Scene::new("a_leaf_hash_is_named") else { return };
    let seq = scene.target();
    scene.attack(&flipped(0, 1, seq - 256), "audit tiles only grow");
    scene.verify().says(&[&format!("record {seq}"), KEEP]);
}

#[test]
fn an_archived_record_s_hash_is_named() {
    let Some(scene) = Scene::new("an_archived_record_s_hash_is_named") else { return };
    let seq = scene.days()[1].first;
    scene.attack(&flipped(0, 0, seq), "audit tiles only grow");
    // Its body isn't here to compare with: the tile above tells.
    scene.verify().says(&["`tile/1/000`", KEEP]);
}

#[test]
fn a_hash_of_an_upper_tile_is_named() {
    let Some(scene) = Scene::new("a_hash_of_an_upper_tile_is_named") else { return };
    scene.attack(&flipped(1, 0, 0), "audit tiles only grow");
    scene.verify().says(&["tile/1/000", "0", "255", KEEP]);
}

#[test]
fn a_tile_that_is_gone_or_cut_is_named() {
    let Some(scene) = Scene::new("a_tile_that_is_gone_or_cut_is_named") else { return };
    let gone = "DELETE FROM audit_tiles WHERE level = 0 AND tile = 0";
    scene.attack(gone, "audit tiles never go");
    scene.verify().says(&["tile/0/000"]);

    let Some(scene) = Scene::new("a_tile_that_is_gone_or_cut_is_named") else { return };
    let gone = "DELETE FROM audit_tiles WHERE level = 1 AND tile = 0";
    scene.attack(gone, "audit tiles never go");
    scene.verify().says(&["tile/1/000"]);

    let Some(scene) = Scene::new("a_tile_that_is_gone_or_cut_is_named") else { return };
    let cut =
        "UPDATE audit_tiles SET hashes = substr(hashes, 1, 6400) WHERE level = 0 AND tile = 0";
    scene.attack(cut, "audit tiles only grow");
    scene.verify().says(&["record 200", "tile/0/000", KEEP]);
}

#[test]
fn a_tile_past_the_end_is_named() {
    let Some(scene) = Scene::new("a_tile_past_the_end_is_named") else { return };
    scene.unguarded("INSERT INTO audit_tiles VALUES (0, 9, zeroblob(32))");
    scene.verify().says(&["tile/0/009", "added behind keyward's back"]);
    let Some(scene) = Scene::new("a_tile_past_the_end_is_named") else { return };
    scene.unguarded("INSERT INTO audit_tiles VALUES (2, 0, zeroblob(32))");
    scene.verify().says(&["tile/2/000", "added behind keyward's back"]);
}

#[test]
fn the_head_s_time_edge_and_size_are_named() {
    let name = "the_head_s_time_edge_and_size_are_named";
    let Some(scene) = Scene::new(name) else { return };
    // Later records would be dated after it.
    scene.unguarded("UPDATE audit_head SET time = time + 3600000000");
    scene.verify().says(&["head", "time"]);

    let Some(scene) = Scene::new(name) else { return };
    let back = "UPDATE audit_head SET time = time - 3600000000";
    scene.attack(back, "the audit head never shrinks");
    scene.verify().says(&["head", "time"]);

    let Some(scene) = Scene::new(name) else { return };
    scene.unguarded("UPDATE audit_head SET frontier = zeroblob(length(frontier))");
    scene.verify().says(&["head", "edge"]);

    let Some(scene) = Scene::new(name) else { return };
    let size = scene.size();
    scene.attack("UPDATE audit_head SET size = size - 1", "the audit head never shrinks");
    scene.verify().ends(7, "state-corrupt", &["head", "keyward audit verify"]);
    let _ = size;
}

#[test]
fn a_kept_checkpoint_that_was_edited_is_named() {
    let name = "a_kept_checkpoint_that_was_edited_is_named";
    let Some(scene) = Scene::new(name) else { return };
    let size = scene.number("SELECT max(size) FROM audit_checkpoints");
    let (old, new) = (Tree::of(&scene).root(size), Tree::of(&scene).root(size - 1));
    let edit = format!("UPDATE audit_checkpoints SET note = replace(note, '{old}', '{new}')");
    scene.attack(&edit, "audit checkpoints only gain signatures");
    scene.verify().says(&[&format!("kept for {size} records"), "altered or forged"]);

    // Stored under another size.
    let Some(scene) = Scene::new(name) else { return };
    let moved = format!("UPDATE audit_checkpoints SET size = {size} - 1 WHERE size = {size}");
    scene.attack(&moved, "audit checkpoints only gain signatures");
    scene.verify().says(&[&format!("kept for {} records", size - 1), &format!("over {size}")]);

    // Of another history, signed with the stolen key.
    let Some(scene) = Scene::new(name) else { return };
    let mut other = Tree::of(&scene);
    other.set(scene.target(), "{}");
    let note = other.signed(size, &scene.stolen_key());
    scene.unguarded(&format!("UPDATE audit_checkpoints SET note = '{note}' WHERE size = {size}"));
    scene.verify().says(&[&size.to_string(), "root"]);
}

#[test]
fn a_kept_checkpoint_that_is_gone_is_named() {
    let Some(scene) = Scene::new("a_kept_checkpoint_that_is_gone_is_named") else { return };
    let size = scene.number("SELECT max(size) FROM audit_checkpoints");
    let gone = format!("DELETE FROM audit_checkpoints WHERE size = {size}");
    scene.attack(&gone, "audit checkpoints never go");
    let says =
        [&format!("the checkpoint over {size} records"), "deleted behind keyward's back", COPY];
    scene.verify().says(&says);
}
