//! One account at one desktop: its window, and its terminal on the same workspace.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use keyward_tests::{
    command::{PASSPHRASE, Terminal},
    skip::skip,
    window::{Surroundings, Window, missing},
};

/// Every step of a test may fail so, and says by itself where.
pub type Done = Result<(), Box<dyn std::error::Error>>;

/// What a test happens in. Each has a display, a bus, a home and ports of its own.
pub struct Scene {
    // Ended before the folder goes.
    pub surroundings: Surroundings,
    pub terminal: Terminal,
    application: PathBuf,
    driver: PathBuf,
}

impl Scene {
    /// `None` once the test called `name` is recorded as skipped.
    pub fn new(name: &str) -> Option<Self> {
        let mut terminal = Terminal::new(name)?;
        let built = |variable: &str, otherwise: Option<PathBuf>| {
            let path = std::env::var_os(variable).map(PathBuf::from).or(otherwise);
            path.filter(|path| path.is_file())
        };
        let Some(application) = built("KEYWARD_DESKTOP_BIN", beside("keyward-desktop")) else {
            skip(name, "no desktop console: `cargo build -p keyward-desktop` makes it");
            return None;
        };
        let Some(driver) = built("KEYWARD_TAURI_DRIVER", on_path("tauri-driver")) else {
            skip(name, "no `tauri-driver`: `cargo xtask setup` installs it");
            return None;
        };
        if let Some(program) = missing() {
            skip(name, &format!("no `{program}`: `cargo xtask setup` installs it"));
            return None;
        }
        let home = terminal.path("home");
        let surroundings = Surroundings::start(&home, 1600, 1000).expect("a desktop starts");
        terminal.set(surroundings.environment());
        Some(Self { surroundings, terminal, application, driver })
    }

    /// With a workspace that a passphrase seals.
    pub fn with_workspace(name: &str) -> Option<Self> {
        let scene = Self::new(name)?;
        scene.terminal.json(&["init", "--secrets", "passphrase", "--region", "eu-central-1"]);
        Some(scene)
    }

    /// The workspace's folder, which may not be there yet.
    pub fn folder(&self) -> PathBuf {
        self.terminal.path("workspace")
    }

    /// Opens the window on it.
    pub async fn window(&self) -> Result<Window, Box<dyn std::error::Error>> {
        let folder = self.folder();
        let window =
            Window::open(&self.surroundings, &self.driver, &self.application, &folder).await?;
        window.size(1280, 800).await?;
        Ok(window)
    }

    /// Opens the window and the workspace, with everything that is answered kept.
    pub async fn unlocked(&self) -> Result<Window, Box<dyn std::error::Error>> {
        let window = self.window().await?;
        window.listen().await?;
        unlock(&window, PASSPHRASE).await?;
        window.ready("overview").await?;
        Ok(window)
    }

    /// The application once more, in the same desktop.
    pub fn second_instance(&self) -> Command {
        let mut command = self.surroundings.command(&self.application);
        command.arg("--workspace").arg(self.folder());
        command
    }

    /// A tenant with a proven key of the local key store, a dataset, and one object in it.
    pub fn tenant(&self, id: &str, content: &[u8]) {
        let terminal = &self.terminal;
        let key = format!("{id}-root");
        terminal.json(&["tenant", "add", id, "--name", &name_of(id)]);
        terminal.json(&["keystore", "create", &key, "--allow", id]);
        terminal.json(&["key", "add", id, &format!("local:{key}")]);
        let challenge = terminal.json(&["challenge", "start", &format!("rk:{id}/1")]);
        let nonce = self.decrypted(challenge["command"].as_str().expect("a command"));
        let challenge = challenge["id"].as_str().expect("an id");
        terminal.json(&["challenge", "answer", challenge, "--nonce", &nonce]);
        terminal.json(&["dataset", "create", id, "docs"]);
        terminal.file("object", content);
        terminal.json(&["put", id, "docs", "object"]);
    }

    /// What a printed command of the key store's owner decrypts, in base64.
    pub fn decrypted(&self, command: &str) -> String {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let document = self.terminal.json(&words);
        self.terminal.forget_last();
        document["plaintext"].as_str().expect("a plaintext").to_owned()
    }

    /// Runs SQL with the `sqlite3` tool, as whoever may write to the disk can.
    pub fn sqlite(&self, text: &str) {
        let database = self.folder().join("keyward.db");
        assert!(database.is_file(), "the database has another name");
        let output = Command::new("sqlite3").arg(database).arg(text).output();
        let output = output.expect("`sqlite3` starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What people call a tenant.
pub fn name_of(id: &str) -> String {
    let mut letters = id.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Unlocks a window by a passphrase, as its user does.
pub async fn unlock(window: &Window, passphrase: &str) -> Done {
    window.fill("Passphrase", passphrase).await?;
    Ok(window.click("Unlock").await?)
}

/// TARGET/debug/deps/TEST lies two folders below it.
fn beside(program: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    Some(test.ancestors().nth(2)?.join(program))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| Path::is_file(file))
}
