//! The files of archived days.

use std::{fs, path::PathBuf};

use crate::scene::{Day, Scene};

const NEXT: &str = "keep it as evidence and put a copy of the file in its place";

fn file(scene: &Scene, day: &Day) -> PathBuf {
    let path = scene.sql(&format!(
        "SELECT json_extract(archive, '$.path') FROM audit_days WHERE day = '{}'",
        day.day
    ));
    scene.terminal.path("workspace/objects").join(path)
}

/// The day is refused, and named; its rows stay away, and nothing else is the worse for it.
fn refused(scene: &Scene, day: &Day, says: &[&str]) {
    let found = scene.refused(&["audit", "fetch", &day.day]);
    found.says(&[&format!("the archive of {}", day.day), NEXT]);
    found.says(says);
    let rows = "SELECT count(*) FROM audit_records WHERE seq";
    assert_eq!(scene.number(&format!("{rows} >= {} AND seq < {}", day.first, day.end)), 0);
    let verified = scene.does(&["audit", "verify"]);
    assert_eq!(verified["archived_days"], 2);
}

#[test]
fn one_byte_of_an_archive_is_found() {
    let Some(scene) = Scene::new("one_byte_of_an_archive_is_found") else { return };
    let day = &scene.days()[1];
    let path = file(&scene, day);
    let whole = fs::read(&path).unwrap();
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(&path, damaged).unwrap();
        refused(&scene, day, &["record"]);
    }
    fs::write(&path, whole).unwrap();
    scene.does(&["audit", "fetch", &day.day]);
    scene.does(&["audit", "verify", "--search-index"]);
}

#[test]
fn an_archive_that_was_cut_or_is_gone_is_found() {
    let Some(scene) = Scene::new("an_archive_that_was_cut_or_is_gone_is_found") else { return };
    let day = &scene.days()[1];
    let path = file(&scene, day);
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&scene, day, &[]);
    }
    fs::remove_file(&path).unwrap();
    refused(&scene, day, &[]);
}

#[test]
fn an_archive_swapped_with_another_day_s_is_found() {
    let Some(scene) = Scene::new("an_archive_swapped_with_another_day_s_is_found") else { return };
    let days = scene.days();
    let [one, other] = [&days[0], &days[1]].map(|day| file(&scene, day));
    let kept = scene.terminal.path("kept");
    fs::rename(&one, &kept).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::rename(&kept, &other).unwrap();
    refused(&scene, &days[0], &[]);
    refused(&scene, &days[1], &[]);
}

#[test]
fn what_the_database_says_of_an_archive_is_not_believed() {
    let name = "what_the_database_says_of_an_archive_is_not_believed";
    let Some(scene) = Scene::new(name) else { return };
    let days = scene.days();
    // The row of one day names the file of the other, with its hash.
    let swap = format!(
        "UPDATE audit_days SET archive = (SELECT archive FROM audit_days WHERE day = '{}')
         WHERE day = '{}'",
        days[0].day, days[1].day
    );
    scene.attack(&swap, "audit days are sealed and archived once");
    let found = scene.refused(&["audit", "fetch", &days[1].day]);
    found.ends(7, "state-corrupt", &["the archive of", &days[1].day, "run `keyward audit verify`"]);
    scene
        .verify()
        .says(&[&format!("the day {} is marked as archived", days[1].day), "of another file"]);
    let rows = format!("SELECT count(*) FROM audit_records WHERE seq < {}", days[2].first);
    assert_eq!(scene.number(&rows), 0);
}
