//! The native menu: pages by name, locking, and the usual of the platform.

use tauri::{
    App, AppHandle, Manager as _, Wry,
    menu::{Menu, MenuBuilder, MenuItemBuilder, SubmenuBuilder},
};
use tauri_specta::Event as _;

use crate::{desktop::Desktop, events::OpenPage};

/// The pages that the menu goes to, with the key that does.
const PAGES: [(&str, &str, &str); 6] = [
    ("overview", "Overview", "CmdOrCtrl+1"),
    ("tenants", "Tenants", "CmdOrCtrl+2"),
    ("hierarchy", "Hierarchy", "CmdOrCtrl+3"),
    ("rotation", "Rotation", "CmdOrCtrl+4"),
    ("audit", "Audit", "CmdOrCtrl+5"),
    ("settings", "Settings", "CmdOrCtrl+Comma"),
];

/// Builds the menu.
///
/// # Errors
/// Tauri's, where the platform has no menus.
pub fn build(app: &App) -> tauri::Result<Menu<Wry>> {
    let lock = MenuItemBuilder::with_id("lock", "Lock").accelerator("CmdOrCtrl+L").build(app)?;
    let file = SubmenuBuilder::new(app, "Keyward").item(&lock).separator().quit().build()?;
    let edit = SubmenuBuilder::new(app, "Edit")
        .undo()
        .redo()
        .separator()
        .cut()
        .copy()
        .paste()
        .select_all()
        .build()?;
    let mut go = SubmenuBuilder::new(app, "Go");
    for (page, name, key) in PAGES {
        go = go.item(&MenuItemBuilder::with_id(page, name).accelerator(key).build(app)?);
    }
    MenuBuilder::new(app).items(&[&file, &edit, &go.build()?]).build()
}

/// Does what an item says.
pub fn choose(app: &AppHandle, item: &str) {
    if item == "lock" {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { app.state::<Desktop>().close().await });
    } else if PAGES.iter().any(|(page, ..)| *page == item) {
        let _ = OpenPage { page: item.into() }.emit(app);
    }
}
