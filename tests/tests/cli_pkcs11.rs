//! A tenant's whole life from the command line with its root key in its own HSM: SoftHSM2, whose owner
//! acts with OpenSC's `pkcs11-tool`.

use std::fs;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::RootKeyReference;
use keyward_tests::{
    command::{PASSPHRASE, Terminal},
    peers::softhsm::{PIN, SoftHsm},
};
use serde_json::{Value, json};

/// Keyward's user at a terminal, and the tenant's token.
struct Stage {
    terminal: Terminal,
    hsm: SoftHsm,
}

impl Stage {
    /// A workspace with tenant `acme`, and a token whose PIN nobody has told yet; `None` once the test
    /// called `name` is recorded as skipped.
    fn new(name: &str) -> Option<Self> {
        let mut terminal = Terminal::new(name)?;
        let hsm = SoftHsm::outside(name)?;
        terminal.set(hsm.environment());
        terminal.set([("KEYWARD_PKCS11_MODULE", hsm.library().display().to_string())]);
        terminal.json(&["init", "--secrets", "passphrase"]);
        terminal.json(&["tenant", "add", "acme"]);
        Some(Self { terminal, hsm })
    }

    /// Keeps the token's PIN, as it comes by a pipe.
    fn keep_pin(&self, key: &RootKeyReference) -> Value {
        self.terminal.json_from(&["hsm", "pin", &key.to_string()], format!("{PIN}\n").as_bytes())
    }

    /// A challenge answered by the printed command, run word by word.
    fn prove(&self, root_key: &str) -> Value {
        let challenge = self.terminal.json(&["challenge", "start", root_key]);
        let command = challenge["command"].as_str().unwrap().replace('\'', "");
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let document = self.terminal.json(&words);
        self.terminal.forget_last();
        let nonce = document["plaintext"].as_str().unwrap().to_owned();
        let id = challenge["id"].as_str().unwrap();
        let view = self.terminal.json(&["challenge", "answer", id, "--nonce", &nonce]);
        self.terminal.never_printed(&BASE64_STANDARD.decode(nonce).unwrap());
        view
    }

    fn reads(&self) -> Vec<u8> {
        self.terminal.json(&["get", "acme", "docs", "one", "--output", "back"]);
        let back = self.terminal.path("back");
        let bytes = fs::read(&back).unwrap();
        fs::remove_file(back).unwrap();
        bytes
    }

    fn refuses_to_read(&self) -> (i32, String) {
        let refused = self.terminal.refused(&["get", "acme", "docs", "one", "--output", "back"]);
        assert!(!self.terminal.path("back").exists(), "nothing is released");
        refused
    }
}

#[test]
fn a_tenant_s_whole_life_with_its_own_hsm() {
    let name = "cli_pkcs11::a_tenant_s_whole_life_with_its_own_hsm";
    let Some(stage) = Stage::new(name) else { return };
    let terminal = &stage.terminal;
    stage.hsm.create_key("root", "01");
    let key = stage.hsm.reference("root");
    let named = key.to_string();

    // Without a PIN the token is out of reach, which says nothing of the key.
    let add = ["key", "add", "acme", &named];
    assert_eq!(terminal.refused(&add).1, "key-unreachable");
    let wrong = ["hsm", "pin", &named, "--json"];
    let refused = terminal.run(&wrong, b"000000\n");
    assert!(!refused.status.success());
    let kept = stage.keep_pin(&key);
    assert_eq!((&kept["token"], &kept["model"]), (&"acme hsm".into(), &"SoftHSM v2".into()));
    let shown = terminal.json(&["hsm", "show", &named]);
    let evidence = shown["evidence"].as_array().unwrap();
    assert!(evidence.contains(
        &json!({ "name": "CKA_NEVER_EXTRACTABLE", "value": "true", "speaks_for": true })
    ));

    let registered = terminal.json(&add);
    assert_eq!(registered["custody"], "tenant-hsm");
    let proven = stage.prove("rk:acme/1");
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
    let plaintext: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    terminal.json(&["dataset", "create", "acme", "docs"]);
    terminal.json_from(&["put", "acme", "docs", "-", "--name", "one"], &plaintext);
    assert!(stage.reads() == plaintext);

    // A new version on the token, and a rewrap to it; the old one stays to unwrap with.
    terminal.json(&["rotate", "data-key", "acme", "docs"]);
    let rotated = terminal.json(&["rotate", "root-key", "acme"]);
    assert_eq!((&rotated["version"], &rotated["to_rewrap"]), (&2.into(), &2.into()));
    let listed = stage.hsm.tool(&["--list-objects", "--type", "secrkey"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.matches("never extractable, local").count(), 2, "{listed}");
    let rewrapped = terminal.json(&["rewrap", "acme"]);
    assert_eq!((&rewrapped["rewrapped"], &rewrapped["quarantine"]), (&2.into(), &json!([])));
    // Nothing needs the first version any more: its owner destroys it.
    stage.hsm.tool(&["--delete-object", "--type", "secrkey", "--label", "root", "--id", "01"]);
    assert!(stage.reads() == plaintext);

    // We take the key's uses away on the token, and give them back.
    let revoked = terminal.json(&["revoke", "acme", "--confirm", "acme", "--at-provider"]);
    assert!(revoked["disabled_at"].is_string() && revoked["first_refusal_at"].is_string());
    assert_eq!(terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    terminal.json(&["restore", "acme", "--at-provider"]);
    assert!(stage.reads() == plaintext);

    // Its PIN forgotten, the token is out of reach; the tenant isn't suspended for it.
    terminal.json(&["hsm", "forget-pin", &named]);
    assert_eq!(stage.refuses_to_read().1, "key-unreachable");
    assert_eq!(terminal.json(&["tenant", "show", "acme"])["state"], "active");
    stage.keep_pin(&key);
    assert!(stage.reads() == plaintext);

    // The tenant destroys its key: nothing opens again, and that is a denial.
    stage.hsm.tool(&["--delete-object", "--type", "secrkey", "--label", "root", "--id", "02"]);
    assert_eq!(stage.refuses_to_read(), (3, "key-not-found".into()));
    assert_eq!(terminal.json(&["tenant", "show", "acme"])["state"], "suspended");
    terminal.json(&["audit", "verify"]);
    terminal.never_printed(PASSPHRASE.as_bytes());
    terminal.never_printed(PIN.as_bytes());
    let log = terminal.json(&["audit", "list", "--limit", "100"]).to_string();
    assert!(log.contains("credential.set") && !log.contains(PIN), "{log}");
}

#[test]
fn ownership_is_proven_by_a_signing_key_of_the_token() {
    let name = "cli_pkcs11::ownership_is_proven_by_a_signing_key_of_the_token";
    let Some(stage) = Stage::new(name) else { return };
    let terminal = &stage.terminal;
    stage.hsm.create_key("root", "01");
    let key = stage.hsm.reference("root");
    let signer = stage.hsm.create_signing_key("rsa:2048");
    stage.keep_pin(&key);
    terminal.json(&["key", "add", "acme", &key.to_string()]);
    let start = ["challenge", "start", "rk:acme/1", "--kind", "attest", "--statement", "statement"];
    let challenge = terminal.json(&start);
    let RootKeyReference::Pkcs11(signing) = &signer else { panic!("a key of the token") };
    let path = |name: &str| terminal.path(name).display().to_string();
    let sign = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--label", signing.object().unwrap()];
    let files = ["--input-file", &path("statement"), "--output-file", &path("signed")];
    stage.hsm.tool(&[&sign[..], &files].concat());
    let signature = BASE64_STANDARD.encode(fs::read(terminal.path("signed")).unwrap());
    terminal.file("signature", signature.as_bytes());
    let proven = terminal.json(&[
        "challenge",
        "answer",
        challenge["id"].as_str().unwrap(),
        "--kms-signature",
        "signature",
        "--algorithm",
        "rsa-pkcs1-sha256",
        "--signing-key",
        &signer.to_string(),
    ]);
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));

    // A token has no tags, and says so before anybody tries.
    let tag = terminal.refused(&["challenge", "start", "rk:acme/1", "--kind", "tag"]);
    assert_eq!(tag.1, "unsupported-by-provider");
}

#[test]
fn a_key_is_made_on_the_token_and_one_that_can_leave_is_refused() {
    let name = "cli_pkcs11::a_key_is_made_on_the_token";
    let Some(stage) = Stage::new(name) else { return };
    let terminal = &stage.terminal;
    let key = stage.hsm.reference("made here");
    stage.keep_pin(&key);
    let made = terminal.json(&["hsm", "create", &key.to_string()]);
    assert_eq!(made["description"]["version"], 1);
    assert_eq!(terminal.refused(&["hsm", "create", &key.to_string()]).1, "already-exists");
    terminal.json(&["key", "add", "acme", &key.to_string()]);

    let loose = ["--keygen", "--key-type", "AES:32", "--label", "loose", "--id", "01"];
    stage.hsm.tool(&[&loose[..], &["--sensitive", "--extractable"]].concat());
    let loose = stage.hsm.reference("loose").to_string();
    let refused = terminal.refused(&["key", "add", "acme", &loose]);
    assert_eq!(refused.1, "unsupported-by-provider");

    // A module that the settings don't name isn't loaded, whatever a reference says.
    let elsewhere = format!("{key}?module-path=/tmp/evil.so");
    assert_eq!(terminal.refused(&["key", "add", "acme", &elsewhere]).1, "invalid-reference");
}
