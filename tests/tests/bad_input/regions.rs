//! The wrong region, of a key and of a dataset.

use keyward_core::{Code, LoggedNames};
use keyward_tests::behind;

use crate::Place;

#[tokio::test]
async fn a_key_is_used_in_its_own_regions_only() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    workspace.put(acme, docs, "a", b"secret").await.unwrap();
    // As if the database had been carried to a region where the key has no reference.
    let elsewhere = "UPDATE root_key_references SET region = 'eu-west-1' WHERE tenant = 'acme'";
    behind::run(&workspace.database(), elsewhere).await;
    let fresh = place.fresh().await;
    let read = fresh.get(acme, docs, "a").await.unwrap_err();
    assert_eq!(read.code(), Code::WrongRegion);
    assert!(read.to_string().contains("`eu-west-1`"), "it says where to go: {read}");
    place.recorded("object.read", Code::WrongRegion).await;
    let write = fresh.put(acme, docs, "b", b"x").await.unwrap_err();
    assert_eq!(write.code(), Code::WrongRegion);
    let calls = fresh.faults.calls();
    let rotated = fresh.engine.rotate_data_key(&fresh.admin(), acme, docs).await;
    assert_eq!(rotated.unwrap_err().code(), Code::WrongRegion);
    assert_eq!(fresh.faults.calls(), calls, "no provider was asked");
    place.unharmed().await;
    let back = "UPDATE root_key_references SET region = 'local' WHERE tenant = 'acme'";
    behind::run(&workspace.database(), back).await;
    assert_eq!(place.fresh().await.get(acme, docs, "a").await.unwrap(), b"secret");
}

#[tokio::test]
async fn data_lies_where_its_dataset_allows() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let abroad = "abroad".parse().unwrap();
    let regions = ["eu-west-1".parse().unwrap()];
    let made = workspace
        .engine
        .create_dataset(&workspace.admin(), acme, &abroad, &regions, LoggedNames::Plain)
        .await;
    assert_eq!(made.unwrap_err().code(), Code::WrongRegion);
    place.recorded("dataset.create", Code::WrongRegion).await;
    assert!(!workspace.objects().join("acme/abroad").exists(), "nothing was written");

    let home = "home".parse().unwrap();
    let regions = ["local".parse().unwrap()];
    workspace
        .engine
        .create_dataset(&workspace.admin(), acme, &home, &regions, LoggedNames::Plain)
        .await
        .unwrap();
    workspace.put(acme, &home, "a", b"secret").await.unwrap();
    let moved = r#"UPDATE datasets SET regions = replace(regions, 'local', 'eu-west-1')
        WHERE name = 'home'"#;
    behind::run(&workspace.database(), moved).await;
    let files = count(&workspace.objects());
    let refused = workspace.put(acme, &home, "b", b"x").await.unwrap_err();
    assert_eq!(refused.code(), Code::WrongRegion);
    let rekey = workspace.engine.rekey(&workspace.admin(), acme, &home).await;
    assert_eq!(rekey.unwrap_err().code(), Code::WrongRegion);
    assert_eq!(count(&workspace.objects()), files, "no byte was stored first");
    let refused = workspace.get(acme, &home, "a").await.unwrap_err();
    assert_eq!(refused.code(), Code::WrongRegion, "nor is it read from where it may not lie");
    place.unharmed().await;
}

fn count(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count(&path) } else { 1 })
        .sum()
}
