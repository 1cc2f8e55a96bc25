//! A workspace's first day, and the ways in and out of it.

use std::time::{Duration, Instant};

use keyward_tests::command::PASSPHRASE;

use crate::scene::{Done, Scene, unlock};

#[tokio::test]
async fn a_workspace_is_made_locked_and_unlocked() -> Done {
    let Some(scene) = Scene::new("desktop::a_workspace_is_made_locked_and_unlocked") else {
        return Ok(());
    };
    let window = scene.window().await?;
    window.sees("Create a workspace").await?;
    window.fill("Region", "eu-central-1").await?;
    window.click("Encrypted file").await?;
    window.fill("Passphrase", PASSPHRASE).await?;
    window.fill("The same again", PASSPHRASE).await?;
    window.click("Create the workspace").await?;
    window.ready("overview").await?;
    // It is a workspace like any other: the command opens it too.
    assert_eq!(scene.terminal.json(&["status"])["region"], "eu-central-1");

    lock(&window).await?;
    unlock(&window, "tr0ub4dor&3 and more").await?;
    window.sees("passphrase").await?;
    window.sees("wrong-passphrase").await?;
    unlock(&window, PASSPHRASE).await?;
    window.ready("overview").await?;
    Ok(window.close().await?)
}

async fn lock(window: &keyward_tests::window::Window) -> Done {
    window.go("overview").await?;
    window.click("· administrator").await?;
    window.click("Lock").await?;
    Ok(window.sees("Locked").await?)
}

#[tokio::test]
async fn a_window_that_nobody_uses_locks_itself() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::a_window_that_nobody_uses_locks_itself")
    else {
        return Ok(());
    };
    let window = scene.unlocked().await?;
    window.go("settings").await?;
    window.choose("Lock when idle for", "1 min").await?;
    window.sees("After 1 minutes without input").await?;
    let began = Instant::now();
    // Reading the page is no input.
    while !window.text().await?.contains("While it is locked") {
        assert!(began.elapsed() < Duration::from_secs(90), "the window stays open");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(50), "it was locked too soon");
    Ok(window.close().await?)
}

#[tokio::test]
async fn a_second_instance_leaves_the_first_alone() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::a_second_instance_leaves_the_first_alone")
    else {
        return Ok(());
    };
    let window = scene.unlocked().await?;
    let mut second = scene.second_instance().spawn()?;
    let began = Instant::now();
    let ended = loop {
        if let Some(status) = second.try_wait()? {
            break status;
        }
        if began.elapsed() > Duration::from_secs(20) {
            second.kill()?;
            second.wait()?;
            panic!("the second instance goes on");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(ended.success(), "{ended}");
    window.go("audit").await?;
    Ok(window.close().await?)
}
