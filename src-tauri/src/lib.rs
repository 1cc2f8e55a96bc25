//! The desktop console: a window over the engine's operations.
//!
//! The web view decides nothing. Each command parses, calls one operation and gives a view of its answer;
//! key material and plaintext have no view. Dialogs are opened from here, events come from the log.

mod arguments;
mod auto_lock;
mod bindings;
mod commands;
mod desktop;
mod dialogs;
mod drawing;
mod events;
mod failure;
mod menu;
mod views;

use tauri::{
    App, AppHandle, Manager as _, RunEvent, WebviewUrl, WebviewWindowBuilder, async_runtime,
};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tauri_specta::Event as _;

use self::{arguments::Arguments, auto_lock::AutoLock, desktop::Desktop, events::OpenRequest};

/// The one window.
const WINDOW: &str = "main";

/// Runs the application until its window is closed.
///
/// # Errors
/// Tauri's, where the window system can't be reached.
pub fn run() -> tauri::Result<()> {
    let arguments = Arguments::read();
    let lock = AutoLock::load(arguments.state.as_ref().map(|state| state.join("lock-after")));
    let bindings = bindings::builder();
    let app = tauri::Builder::default()
        // First, so that a second instance ends before it has done anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(Desktop::new(arguments.folder, arguments.state, arguments.aws))
        .manage(lock)
        .invoke_handler(bindings.invoke_handler())
        .on_menu_event(|app, event| menu::choose(app, event.id().as_ref()))
        .setup(move |app| {
            bindings.mount_events(app);
            set_up(app)?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            // What is open is closed in order: jobs pause, the newest checkpoint is kept outside.
            async_runtime::block_on(app.state::<Desktop>().close());
        }
    });
    Ok(())
}

fn set_up(app: &mut App) -> tauri::Result<()> {
    app.set_menu(menu::build(app)?)?;
    let window = WebviewWindowBuilder::new(app, WINDOW, WebviewUrl::App("index.html".into()))
        .title("Keyward")
        .inner_size(1280.0, 800.0)
        .min_inner_size(960.0, 600.0)
        .build()?;
    drawing::suit(&window)?;
    let handle = app.handle().clone();
    app.deep_link().on_open_url(move |event| {
        event.urls().iter().for_each(|url| open(&handle, url.as_str()));
    });
    async_runtime::spawn(events::follow(app.handle().clone()));
    async_runtime::spawn(auto_lock::watch(app.handle().clone()));
    Ok(())
}

/// Brings the window to the front.
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(WINDOW) {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Follows a link `keyward://request/ID`. Anything else in one is ignored: anybody can make a link.
fn open(app: &AppHandle, url: &str) {
    let Some(id) = url.strip_prefix("keyward://request/") else { return };
    let id = id.trim_end_matches('/');
    if !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        show(app);
        let _ = OpenRequest { id: id.into() }.emit(app);
    }
}
