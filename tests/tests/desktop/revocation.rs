//! The kill switch in the window: what it locks, its time line, and the way back.

use crate::scene::{Done, Scene};

#[tokio::test]
async fn a_tenant_is_revoked_measured_and_restored() -> Done {
    let name = "desktop::a_tenant_is_revoked_measured_and_restored";
    let Some(scene) = Scene::with_workspace(name) else { return Ok(()) };
    scene.tenant("acme", b"some bytes");
    let window = scene.unlocked().await?;
    window.go("revocation/acme").await?;
    window.click("Revoke here").await?;
    window.fill("Reason, goes into the log", "the tenant asked for it").await?;
    // What isn't the tenant's id opens nothing.
    window.fill("Type acme to confirm", "acne").await?;
    window.sees("that isn’t the name").await?;
    window.fill("Type acme to confirm", "acme").await?;
    window.click("Revoke Acme").await?;
    window.sees("Recorded: every process refuses").await?;
    window.sees("unwrapped data keys wiped").await?;
    let refused = scene.terminal.refused(&["get", "acme", "docs", "object", "--output", "x"]);
    assert_eq!(refused, (3, "tenant-revoked".into()));

    window.click("Close").await?;
    window.click("Restore").await?;
    window.sees("Acme is restored").await?;
    let read = scene.terminal.run(&["get", "acme", "docs", "object", "--output", "-"], b"");
    assert_eq!(read.stdout, b"some bytes");
    Ok(window.close().await?)
}
