//! A root key's rotation and the rewrap after it, started and watched in the window.

use crate::scene::{Done, Scene};

#[tokio::test]
async fn a_root_key_is_rotated_and_its_data_keys_rewrapped() -> Done {
    let name = "desktop::a_root_key_is_rotated_and_its_data_keys_rewrapped";
    let Some(scene) = Scene::with_workspace(name) else { return Ok(()) };
    scene.tenant("acme", b"some bytes");
    for dataset in ["mail", "notes"] {
        scene.terminal.json(&["dataset", "create", "acme", dataset]);
    }
    let window = scene.unlocked().await?;
    window.go("rotation?tenant=acme").await?;
    window.click("Rotate now").await?;
    window.click("Rotate Acme’s root key").await?;
    window.sees("rk:acme/1 wraps with version 2").await?;
    window.sees("3 of 3 data keys aren’t under the current version").await?;
    window.click("Forecast").await?;
    window.sees("Objects touched").await?;
    window.click("Start the rewrap").await?;
    window.sees("to rk:acme/1 version 2").await?;
    window.sees("3 of 3").await?;
    let forecast = scene.terminal.json(&["rewrap", "acme", "--dry-run"]);
    assert_eq!(forecast["total"], 0, "some remain under the old version");
    let read = scene.terminal.run(&["get", "acme", "docs", "object", "--output", "-"], b"");
    assert_eq!(read.stdout, b"some bytes");
    Ok(window.close().await?)
}
