//! An operation that fails in the engine is told in the window, by its code, and can be tried again.

use crate::scene::{Done, Scene};

#[tokio::test]
async fn a_failed_operation_is_told_and_tried_again() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::a_failed_operation_is_told_and_tried_again")
    else {
        return Ok(());
    };
    scene.terminal.json(&["tenant", "add", "acme", "--name", "Acme"]);
    let window = scene.unlocked().await?;
    // No such record: a question that has an answer, with its code.
    window.run("location.hash = '#/audit/4711';", Vec::new()).await?;
    window.sees("record-not-found").await?;
    // No such table: what nobody expects.
    scene.sqlite("ALTER TABLE tenants RENAME TO elsewhere;");
    window.run("location.hash = '#/onboarding/acme';", Vec::new()).await?;
    window.sees("no such table").await?;
    let alert = "return document.querySelector('[role=alert] code')?.innerText ?? '';";
    assert_eq!(window.run(alert, Vec::new()).await?, "machine");
    scene.sqlite("ALTER TABLE elsewhere RENAME TO tenants;");
    window.click("Try again").await?;
    window.ready("onboarding/acme").await?;
    Ok(window.close().await?)
}
