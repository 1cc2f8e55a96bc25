//! The log in the window: what was changed behind Keyward's back is named, records are found and proven.

use fantoccini::key::Key;

use crate::scene::{Done, Scene};

#[tokio::test]
async fn a_changed_record_is_named() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::a_changed_record_is_named") else {
        return Ok(());
    };
    scene.terminal.json(&["tenant", "add", "acme", "--name", "Acme"]);
    let window = scene.unlocked().await?;
    window.go("audit").await?;
    window.click("Verify now").await?;
    window.sees("records are what was written").await?;

    scene.sqlite(
        "DROP TRIGGER audit_records_never_change; \
         UPDATE audit_records SET body = replace(body, '\"acme\"', '\"acne\"') WHERE seq = 1;",
    );
    window.click("Verify now").await?;
    window.sees("Go to record 1").await?;
    let text = window.text().await?;
    assert!(text.contains("log-mismatch") || text.contains("log-"), "{text}");
    Ok(window.close().await?)
}

#[tokio::test]
async fn records_are_filtered_and_proven() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::records_are_filtered_and_proven") else {
        return Ok(());
    };
    for id in ["acme", "globex"] {
        scene.terminal.json(&["tenant", "add", id, "--name", id]);
    }
    let window = scene.unlocked().await?;
    window.go("audit").await?;
    window.sees("globex").await?;
    window.fill("filter or text", "tenant:acme").await?;
    window.press(Key::Enter).await?;
    window.sees("1 of").await?;
    window.go("audit/1").await?;
    window.sees("included").await?;
    let proof = "return document.querySelector('svg[aria-label^=\"inclusion proof of record 1:\"]') !== null;";
    assert_eq!(window.run(proof, Vec::new()).await?, true);
    Ok(window.close().await?)
}
