//! The `keyward` command as it was built, and a user's terminal to run it in.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::Code;
use serde_json::Value;
use tempfile::TempDir;

use crate::skip::skip;

/// The command's file: `KEYWARD_BIN`, which `cargo xtask test` sets, or what lies in the target folder
/// this test was built in; `None` once the test called `name` is recorded as skipped.
#[must_use]
pub fn keyward(name: &str) -> Option<PathBuf> {
    let beside = || {
        // TARGET/debug/deps/TEST
        let test = std::env::current_exe().ok()?;
        Some(test.ancestors().nth(2)?.join(format!("keyward{}", std::env::consts::EXE_SUFFIX)))
    };
    let command = std::env::var_os("KEYWARD_BIN").map(PathBuf::from).or_else(beside);
    let command = command.filter(|path| path.is_file());
    if command.is_none() {
        skip(name, "no `keyward` command: `cargo build -p keyward-cli` makes it");
    }
    command
}

/// What a workspace of a [`Terminal`] is sealed with.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// A user at a terminal: a folder of its own, a workspace in it, and one `keyward` process for each
/// command. It keeps everything that was ever printed, to look for secrets in it.
pub struct Terminal {
    program: PathBuf,
    folder: TempDir,
    environment: BTreeMap<String, String>,
    printed: RefCell<Vec<(String, Vec<u8>)>>,
}

impl Terminal {
    /// `None` once the test called `name` is recorded as skipped.
    ///
    /// # Panics
    /// Where there is no room for a folder.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let program = keyward(name)?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = folder.path().join("workspace").display().to_string();
        let mut environment = BTreeMap::new();
        environment.insert("KEYWARD_WORKSPACE".into(), workspace);
        environment.insert("KEYWARD_PASSPHRASE".into(), PASSPHRASE.into());
        environment.insert("HOME".into(), folder.path().display().to_string());
        environment.insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
        Some(Self { program, folder, environment, printed: RefCell::default() })
    }

    /// Sets variables for what is run from now on. Nothing else of this process's own is passed on.
    pub fn set<'a>(&mut self, variables: impl IntoIterator<Item = (&'a str, String)>) {
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
        self.environment.extend(variables);
    }

    /// Unsets a variable.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// A path in the user's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the user's folder, and the folders above it.
    ///
    /// # Panics
    /// Where that can't be done.
    pub fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        fs::write(path, bytes).expect("it is written");
    }

    /// Runs a command in the user's folder.
    ///
    /// # Panics
    /// Where it can't be started.
    pub fn run(&self, arguments: &[&str], stdin: &[u8]) -> Output {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut input = child.stdin.take().expect("it is piped");
        let stdin = stdin.to_owned();
        let feeding = std::thread::spawn(move || {
            // A command that ends early doesn't read it all.
            let _ = input.write_all(&stdin);
        });
        let output = child.wait_with_output().expect("it ends");
        feeding.join().expect("it is fed");
        let mut printed = self.printed.borrow_mut();
        printed.push((format!("{arguments:?}, standard output"), output.stdout.clone()));
        printed.push((format!("{arguments:?}, standard error"), output.stderr.clone()));
        output
    }

    /// Runs a command that must do, with `--json`: its document.
    ///
    /// # Panics
    /// Unless the status is 0, standard output one document in one line, and standard error empty.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.json_from(arguments, b"")
    }

    /// As [`json`](Self::json), with something on standard input.
    ///
    /// # Panics
    /// As [`json`](Self::json).
    pub fn json_from(&self, arguments: &[&str], stdin: &[u8]) -> Value {
        let (status, document) = self.ended(arguments, stdin);
        assert_eq!(status, 0, "{arguments:?}: {document}");
        document
    }

    /// Runs a command with `--json` that does only a part of what it was told: its status and document.
    ///
    /// # Panics
    /// Unless standard output is one document in one line, and standard error empty.
    pub fn ended(&self, arguments: &[&str], stdin: &[u8]) -> (i32, Value) {
        let output = self.run(&[&["--json"], arguments].concat(), stdin);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.is_empty(), "{arguments:?}: {error}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(text.matches('\n').count(), 1, "{arguments:?}: {text}");
        let document = serde_json::from_str(&text).expect("one JSON document");
        (output.status.code().expect("it ends by itself"), document)
    }

    /// Runs a command with `--json` that must be refused, and gives its status and code.
    ///
    /// # Panics
    /// Unless standard output is empty, standard error one document with the three fields of an error,
    /// and the status that of the code's class.
    pub fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let (status, code, _) = self.refused_saying(arguments);
        (status, code)
    }

    /// As [`refused`](Self::refused), with the message as well.
    ///
    /// # Panics
    /// As [`refused`](Self::refused).
    pub fn refused_saying(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.run(&[&["--json"], arguments].concat(), b"");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty(), "{arguments:?}: standard output isn't empty");
        let document: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"));
        let error = document["error"].as_object().expect("an error");
        let names: Vec<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(names, ["class", "code", "message"], "{arguments:?}");
        let code = error["code"].as_str().expect("a code");
        let message = error["message"].as_str().expect("a message");
        let known = Code::ALL.iter().find(|known| known.as_str() == code).expect("a stable code");
        let status = output.status.code().expect("it ends by itself");
        assert_eq!(status, i32::from(known.class().status()), "{arguments:?}: {text}");
        (status, code.to_owned(), message.to_owned())
    }

    /// Whether nothing that was printed so far has the secret in it: as it is, in hex or in base64.
    ///
    /// # Panics
    /// With the command that printed it.
    pub fn never_printed(&self, secret: &[u8]) {
        let forms = [
            secret.to_vec(),
            hex::encode(secret).into_bytes(),
            BASE64_STANDARD.encode(secret).into_bytes(),
        ];
        for (what, bytes) in self.printed.borrow().iter() {
            assert!(!forms.iter().any(|form| contains(bytes, form)), "{what} shows a secret");
        }
    }

    /// Forgets what was printed by the last command: where printing a secret is what it is for.
    pub fn forget_last(&self) {
        let mut printed = self.printed.borrow_mut();
        let kept = printed.len().saturating_sub(2);
        printed.truncate(kept);
    }
}

/// Whether `bytes` are somewhere in `within`.
#[must_use]
pub fn contains(within: &[u8], bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else { return true };
    let mut rest = within;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let found = rest.get(at..).unwrap_or_default();
        if found.starts_with(bytes) {
            return true;
        }
        rest = found.get(1..).unwrap_or_default();
    }
    false
}

/// The names of a document's fields with the kinds of their values: what a program relies on. Of a list
/// the first entry stands for all.
#[must_use]
pub fn fields(document: &Value) -> String {
    match document {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(entries) => format!("[{}]", entries.first().map(fields).unwrap_or_default()),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| format!("{name}: {}", fields(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
