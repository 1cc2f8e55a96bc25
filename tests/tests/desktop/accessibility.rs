//! No page has a serious or critical violation of WCAG 2.2 AA, light or dark, as axe finds them.

use std::path::Path;

use keyward_tests::window::{Theme, Window};

use crate::scene::{Done, Scene};

/// Every page on what a small workspace has.
const PAGES: &[&str] = &[
    "overview",
    "tenants",
    "tenants/acme",
    "onboarding",
    "onboarding/globex",
    "hierarchy",
    "hierarchy/acme",
    "rotation",
    "rotation?tenant=acme",
    "revocation",
    "revocation/acme",
    "approvals",
    "audit",
    "audit/1",
    "access",
    "settings",
];

#[tokio::test]
async fn every_page_passes_axe_in_both_themes() -> Done {
    let name = "desktop::every_page_passes_axe_in_both_themes";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(file) else {
        keyward_tests::skip::skip(name, "no axe: `npm ci` in `ui` installs it");
        return Ok(());
    };
    let Some(scene) = Scene::with_workspace(name) else { return Ok(()) };
    scene.tenant("acme", b"some bytes");
    scene.terminal.json(&["tenant", "add", "globex", "--name", "Globex"]);
    let window = scene.window().await?;
    let mut found = Vec::new();
    window.sees("Locked").await?;
    let mut look = async |window: &Window, page: &str, theme: Theme| -> Done {
        let lines = window.violations(&axe).await?;
        found.extend(lines.iter().map(|line| format!("{page}, {}: {line}", theme.as_str())));
        Ok(())
    };
    for theme in [Theme::Light, Theme::Dark] {
        window.theme(theme).await?;
        window.sees("Locked").await?;
        look(&window, "locked", theme).await?;
    }
    crate::scene::unlock(&window, keyward_tests::command::PASSPHRASE).await?;
    window.ready("overview").await?;
    for theme in [Theme::Light, Theme::Dark] {
        window.theme(theme).await?;
        for page in PAGES {
            if let Err(error) = window.go(page).await {
                println!("{error}");
            }
            look(&window, page, theme).await?;
        }
    }
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
    Ok(window.close().await?)
}
