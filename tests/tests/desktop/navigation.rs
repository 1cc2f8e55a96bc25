//! Getting about by the keyboard, and pages that follow what others do.

use fantoccini::key::Key;
use keyward_tests::window::Window;

use crate::scene::{Done, Scene};

#[tokio::test]
async fn the_palette_leads_to_a_page_and_to_a_tenant() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::the_palette_leads_to_a_page_and_to_a_tenant")
    else {
        return Ok(());
    };
    scene.terminal.json(&["tenant", "add", "globex", "--name", "Globex"]);
    let window = scene.unlocked().await?;
    by_palette(&window, "audit").await?;
    window.ready("audit").await?;
    by_palette(&window, "globex").await?;
    window.ready("tenants/globex").await?;
    window.sees("Globex").await?;
    by_palette(&window, "#0").await?;
    window.ready("audit/0").await?;
    Ok(window.close().await?)
}

/// Opens it, types, and takes what comes first.
async fn by_palette(window: &Window, text: &str) -> Done {
    // Held down until it is let go of, so each time once.
    window.keys(&format!("{}k{}", char::from(Key::Control), char::from(Key::Null))).await?;
    window.fill("Search or go to a tenant, key, record", text).await?;
    window.press(Key::Enter).await?;
    Ok(())
}

#[tokio::test]
async fn what_the_command_does_appears_by_itself() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::what_the_command_does_appears_by_itself")
    else {
        return Ok(());
    };
    let window = scene.unlocked().await?;
    window.go("onboarding").await?;
    assert!(!window.text().await?.contains("Initech"));
    window.run("window.loadedOnce = true;", Vec::new()).await?;
    scene.terminal.json(&["tenant", "add", "initech", "--name", "Initech"]);
    window.sees("Initech").await?;
    let same = window.run("return window.loadedOnce === true;", Vec::new()).await?;
    assert_eq!(same, true, "the page was loaded anew");
    Ok(window.close().await?)
}
