//! Which role may do what.

use crate::views::access::AccessItem;

/// Every action with each role's right to it, from the rules that decide.
#[tauri::command]
#[specta::specta]
pub fn access_matrix() -> Vec<AccessItem> {
    keyward_engine::access_matrix().into_iter().map(Into::into).collect()
}
