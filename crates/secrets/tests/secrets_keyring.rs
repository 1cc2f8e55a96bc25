//! The keyring backing against a real Secret Service: gnome-keyring on a bus of its own.
//!
//! The test runs itself again inside `dbus-run-session`, once for each scenario, with a home folder of
//! its own: no keyring of the user's is ever touched. A process connects to its keyring only once,
//! so each scenario needs a process.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use keyward_core::{Code, SecretKey, WorkspaceId};
use keyward_secrets::{SecretText, Vault};

/// Set in the inner process to the scenario it is to play.
const SCENARIO: &str = "KEYWARD_TEST_KEYRING_SCENARIO";
const NAME: &str = "secrets_rest_in_a_real_keyring";

#[test]
fn secrets_rest_in_a_real_keyring() {
    match env::var(SCENARIO).as_deref() {
        Ok("unlocked") => return keeps_secrets(),
        Ok("locked" | "no-bus") => return fails_closed(),
        _ => {}
    }
    for tool in ["dbus-run-session", "gnome-keyring-daemon"] {
        if !is_installed(tool) {
            assert!(env::var_os("KEYWARD_NO_SKIP").is_none(), "`{tool}` is missing; install it");
            println!("skipped: secrets_keyring (no {tool})");
            return;
        }
    }
    let home = tempfile::tempdir().unwrap();
    let unlock = "printf 'login password' | gnome-keyring-daemon --unlock --components=secrets";
    let locked = "gnome-keyring-daemon --start --components=secrets";
    play("unlocked", home.path(), Some(unlock));
    // The same keyring in a session where nobody typed the password.
    play("locked", home.path(), Some(locked));
    play("no-bus", home.path(), None);
}

fn keeps_secrets() {
    let workspace = WorkspaceId::from_bytes([7; 16]);
    Vault::probe_keyring().unwrap();
    let vault = Vault::keyring(workspace);
    assert!(vault.load("ledger").unwrap().is_none());
    vault.remove("ledger").unwrap();
    for byte in [1, 2] {
        // 0xff is no UTF-8, and 0 ends a C string: both must survive.
        let mut bytes = [byte; 32];
        bytes[1] = 0;
        bytes[2] = 0xff;
        vault.store("ledger", &SecretKey::new(bytes)).unwrap();
        assert_eq!(Vault::keyring(workspace).load("ledger").unwrap().unwrap().expose(), &bytes);
    }
    let typed = SecretText::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCY\u{e4}".to_owned());
    vault.store_text("credential", &typed).unwrap();
    let kept = Vault::keyring(workspace).load_text("credential").unwrap().unwrap();
    assert_eq!(kept.expose(), typed.expose());
    let other = Vault::keyring(WorkspaceId::from_bytes([8; 16]));
    assert!(other.load("ledger").unwrap().is_none(), "workspaces have secrets of their own");
    vault.store("key-store", &SecretKey::new([3; 32])).unwrap();
    vault.remove("ledger").unwrap();
    assert!(vault.load("ledger").unwrap().is_none());
    assert!(vault.load("key-store").unwrap().is_some(), "left for the locked session to ask for");
}

fn fails_closed() {
    let vault = Vault::keyring(WorkspaceId::from_bytes([7; 16]));
    let errors = [
        Vault::probe_keyring().unwrap_err(),
        vault.load("key-store").unwrap_err(),
        vault.store("fresh", &SecretKey::new([1; 32])).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Code::KeyringUnavailable, "{error}");
        assert!(error.to_string().contains("passphrase"), "no next step: {error}");
    }
}

/// Runs this test again as a scenario, after a command that starts the keyring.
fn play(scenario: &str, home: &Path, start: Option<&str>) {
    let this = env::current_exe().unwrap();
    let mut command = if let Some(start) = start {
        let script = format!("{start} >/dev/null 2>&1; exec \"$@\"");
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", &script, "sh"]).arg(this);
        command
    } else {
        let mut command = Command::new(this);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        command
    };
    let output = command
        .args(["--exact", NAME, "--nocapture"])
        .env(SCENARIO, scenario)
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        // A filter that matches nothing succeeds too.
        output.status.success() && printed.contains("1 passed"),
        "{scenario}: {printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_installed(tool: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(tool).is_file())
}
