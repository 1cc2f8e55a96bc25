//! The command as a shell sees it: standard output, standard error, exit status.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The command on a workspace, with nothing of this account's own settings.
fn keyward(workspace: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command
        .env_clear()
        .env("KEYWARD_WORKSPACE", workspace)
        .env("KEYWARD_PASSPHRASE", "correct horse battery")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn run(workspace: &Path, arguments: &[&str]) -> Output {
    keyward(workspace).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that must do, and gives its document.
fn json(workspace: &Path, arguments: &[&str]) -> Value {
    let output = run(workspace, &[arguments, &["--json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A workspace with tenant `acme`, its proven key and dataset `docs`.
fn onboarded(workspace: &Path) {
    json(workspace, &["init", "--secrets", "passphrase"]);
    json(workspace, &["tenant", "add", "acme"]);
    json(workspace, &["keystore", "create", "acme-root", "--allow", "acme"]);
    json(workspace, &["key", "add", "acme", "local:acme-root"]);
    let started = json(workspace, &["challenge", "start", "rk:acme/1"]);
    // The printed command, word by word: nothing in it needs a shell.
    let command = started["command"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let nonce = String::from_utf8(run(workspace, &words).stdout).unwrap();
    let id = started["id"].as_str().unwrap();
    json(workspace, &["challenge", "answer", id, "--nonce", nonce.trim()]);
    json(workspace, &["dataset", "create", "acme", "docs"]);
}

#[test]
fn what_was_put_is_got_back() {
    let place = tempfile::tempdir().unwrap();
    let (workspace, files) = (place.path().join("workspace"), place.path().join("files"));
    onboarded(&workspace);
    fs::create_dir_all(files.join("sub")).unwrap();
    let long: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    fs::write(files.join("sub/long"), &long).unwrap();
    fs::write(files.join("empty"), "").unwrap();
    let put = json(&workspace, &["put", "acme", "docs", files.to_str().unwrap()]);
    assert_eq!((&put["objects"], &put["bytes"]), (&2.into(), &300_000.into()));
    assert_eq!(put["failed"], Value::Array(Vec::new()));

    let mut stdin = keyward(&workspace);
    let arguments = ["put", "acme", "docs", "-", "--name", "stream"];
    let mut child = stdin.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from a pipe").unwrap();
    assert!(child.wait().unwrap().success());
    let got = run(&workspace, &["get", "acme", "docs", "stream", "--output", "-"]);
    assert_eq!(got.stdout, b"from a pipe");
    let range = ["get", "acme", "docs", "sub/long", "--range", "1000-1009", "--output", "-"];
    assert_eq!(run(&workspace, &range).stdout, &long[1000..1010]);

    let back = place.path().join("back");
    let all = ["get", "acme", "docs", "--prefix", "", "--output", back.to_str().unwrap()];
    assert_eq!(json(&workspace, &all)["objects"], 3);
    assert_eq!(fs::read(back.join("sub/long")).unwrap(), long);
    assert_eq!(fs::read(back.join("empty")).unwrap(), b"");
}

#[test]
fn names_go_into_the_log_as_the_dataset_says_and_the_tenant_opens_them() {
    let place = tempfile::tempdir().unwrap();
    let (workspace, file) = (place.path().join("workspace"), place.path().join("file"));
    onboarded(&workspace);
    let made = json(&workspace, &["dataset", "create", "acme", "closed", "--names", "digest"]);
    assert_eq!(made["names"], "digest");
    assert_eq!(json(&workspace, &["dataset", "list", "acme"])["datasets"][1]["names"], "plain");
    fs::write(&file, "1").unwrap();
    let file = file.to_str().unwrap();
    json(&workspace, &["put", "acme", "closed", file, "--name", "Erika"]);
    let logged = |action: &str| {
        let listed = json(&workspace, &["audit", "list", "--action", action, "--limit", "1"]);
        listed["records"][0]["details"].clone()
    };
    let digest = logged("object.write")["name_digest"].clone();

    fs::write(place.path().join("more"), "Max\n").unwrap();
    let more = place.path().join("more");
    let arguments = ["audit", "names", "acme", "closed", "--names-from", more.to_str().unwrap()];
    let opened = json(&workspace, &arguments);
    let names = opened["names"].as_array().unwrap();
    assert_eq!(names.len(), 2);
    let erika = names.iter().find(|one| one["digest"] == digest).unwrap();
    assert_eq!((&erika["name"], &erika["key"]), (&"Erika".into(), &"dk:acme/closed/1".into()));
    let refused = run(&workspace, &["--role", "administrator", "audit", "names", "acme", "closed"]);
    assert_eq!(refused.status.code(), Some(3));

    let set = json(&workspace, &["dataset", "names", "acme", "closed", "plain"]);
    assert_eq!(set["names"], "plain");
    json(&workspace, &["rm", "acme", "closed", "Erika"]);
    assert_eq!(logged("object.delete")["name"], "Erika");
    let unknown = run(&workspace, &["dataset", "names", "acme", "closed", "secret"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn the_exit_status_is_the_code_s_class_and_the_error_is_on_standard_error() {
    let place = tempfile::tempdir().unwrap();
    let workspace = place.path().join("workspace");
    let missing = run(&workspace, &["status", "--json"]);
    assert_eq!((missing.status.code(), missing.stdout.as_slice()), (Some(4), &b""[..]));
    onboarded(&workspace);
    for (arguments, status, code) in [
        (&["tenant", "add", "acme"][..], 5, "already-exists"),
        (&["get", "acme", "docs", "none"], 4, "object-not-found"),
        (&["--role", "administrator", "get", "acme", "docs", "none"], 3, "not-authorised"),
        (&["revoke", "acme", "--confirm", "globex"], 2, "invalid-input"),
        (&["tenant", "add", "Not A Slug"], 2, "invalid-input"),
    ] {
        let output = run(&workspace, &[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["code"], code, "{arguments:?}");
    }
    json(&workspace, &["revoke", "acme", "--confirm", "acme", "--at-provider"]);
    let refused = run(&workspace, &["ls", "acme", "docs"]);
    assert!(refused.status.success(), "names open no key");
    assert_eq!(run(&workspace, &["get", "acme", "docs", "x", "-o", "-"]).status.code(), Some(3));
    assert_eq!(json(&workspace, &["doctor"])["ok"], true);
    json(&workspace, &["audit", "verify"]);
}

#[test]
fn the_tour_proves_every_step() {
    let place = tempfile::tempdir().unwrap();
    let files = place.path().join("files");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("a"), "abc").unwrap();
    fs::write(files.join("b"), vec![7; 100_000]).unwrap();
    let told = json(&place.path().join("unused"), &["tour", "--files", files.to_str().unwrap()]);
    let steps: Vec<&str> = told["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    for step in ["challenge", "put", "get", "rekey", "rewrap", "revoke", "offboard", "verify"] {
        assert!(steps.contains(&step), "{step}");
    }
    assert!(told["checkpoint"].as_str().unwrap().starts_with("keyward/"));
    assert!(!place.path().join("unused").exists());
}
