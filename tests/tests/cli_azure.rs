//! A tenant's whole life from the command line with its root key in Azure Key Vault: the tenant acts with
//! Microsoft's client, against the Azure peer over a real socket.

use std::fs;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_tests::{
    command::{PASSPHRASE, Terminal},
    peers::{azure::AzurePeer, azure_client::AzureClient},
};
use serde_json::{Value, json};

/// Keyward's user at a terminal, the tenant with Microsoft's client, and Azure.
struct Stage {
    terminal: Terminal,
    tenant: AzureClient,
    peer: AzurePeer,
}

impl Stage {
    /// A workspace with tenant `acme`; `None` once the test called `name` is recorded as skipped.
    fn new(name: &str, start: fn(&str) -> Option<AzurePeer>) -> Option<Self> {
        let mut terminal = Terminal::new(name)?;
        let peer = start(name)?;
        let tenant = AzureClient::of(&peer, name)?;
        terminal.set(peer.environment());
        terminal.json(&["init", "--secrets", "passphrase", "--region", "westeurope"]);
        terminal.json(&["tenant", "add", "acme"]);
        Some(Self { terminal, tenant, peer })
    }

    fn create(&self, mut parameters: Value) -> String {
        parameters["operations"] = json!(["wrapKey", "unwrapKey"]);
        let _ = self.tenant.call("create", &parameters);
        self.peer.reference(parameters["name"].as_str().unwrap()).to_string()
    }

    /// A decrypt challenge, answered by what the tenant's own client unwraps.
    fn prove(&self, algorithm: &str) -> Value {
        let challenge = self.terminal.json(&["challenge", "start", "rk:acme/1"]);
        let blob = BASE64_STANDARD.decode(challenge["ciphertext"].as_str().unwrap()).unwrap();
        let asked = json!({
            "name": "root",
            "version": hex::encode(&blob[2..18]),
            "algorithm": algorithm,
            "value": BASE64_STANDARD.encode(&blob[18..]),
        });
        let payload = self.tenant.call("unwrap", &asked);
        let payload = BASE64_STANDARD.decode(payload["value"].as_str().unwrap()).unwrap();
        let nonce = BASE64_STANDARD.encode(&payload[8..40]);
        // The command that is printed does the same, through the REST API.
        let command = challenge["command"].as_str().unwrap();
        assert!(command.starts_with("az rest --method post --resource https://"), "{command}");
        let id = challenge["id"].as_str().unwrap();
        let view = self.terminal.json(&["challenge", "answer", id, "--nonce", &nonce]);
        self.terminal.never_printed(&payload[8..40]);
        view
    }

    fn write(&self, plaintext: &[u8]) {
        self.terminal.json(&["dataset", "create", "acme", "docs"]);
        self.terminal.json_from(&["put", "acme", "docs", "-", "--name", "one"], plaintext);
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

    /// What the owner does to disable its key: every version of it.
    fn enable(&self, enabled: bool) {
        for version in self.tenant.call("versions", &json!({ "name": "root" })).as_array().unwrap()
        {
            let change =
                json!({ "name": "root", "version": version["version"], "enabled": enabled });
            let _ = self.tenant.call("set", &change);
        }
    }
}

fn plaintext() -> Vec<u8> {
    (0..200_000_u32).map(|number| (number % 251) as u8).collect()
}

#[test]
fn a_tenant_s_whole_life_with_its_own_key() {
    let name = "cli_azure::a_tenant_s_whole_life_with_its_own_key";
    let Some(stage) = Stage::new(name, AzurePeer::start) else { return };
    let key = stage.create(json!({ "name": "root", "type": "RSA", "size": 2048 }));
    let registered = stage.terminal.json(&["key", "add", "acme", &key]);
    assert_eq!(registered["identity"], key);
    assert_eq!(registered["custody"], "tenant-kms");
    let proven = stage.prove("RSA-OAEP-256");
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());

    let rotated = stage.terminal.json(&["rotate", "root-key", "acme"]);
    assert_eq!((&rotated["version"], &rotated["to_rewrap"]), (&2.into(), &1.into()));
    let rewrapped = stage.terminal.json(&["rewrap", "acme"]);
    assert_eq!((&rewrapped["rewrapped"], &rewrapped["quarantine"]), (&1.into(), &json!([])));
    assert!(stage.reads() == plaintext());

    // The owner disables its key behind our back. No process has anything cached.
    stage.enable(false);
    assert_eq!(stage.refuses_to_read(), (3, "key-disabled".into()));
    assert_eq!(stage.refuses_to_read(), (3, "tenant-suspended".into()));
    assert_eq!(stage.terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    stage.enable(true);
    stage.terminal.json(&["restore", "acme"]);
    assert!(stage.reads() == plaintext());

    // We disable it there, and watch until Azure refuses.
    let revoke = ["revoke", "acme", "--confirm", "acme", "--at-provider"];
    let revoked = stage.terminal.json(&revoke);
    assert!(revoked["disabled_at"].is_string() && revoked["first_refusal_at"].is_string());
    for version in stage.tenant.call("versions", &json!({ "name": "root" })).as_array().unwrap() {
        assert_eq!(version["enabled"], false, "no version is left open");
    }
    assert_eq!(stage.refuses_to_read(), (3, "tenant-revoked".into()));
    assert_eq!(stage.terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    stage.terminal.json(&["restore", "acme", "--at-provider"]);
    assert!(stage.reads() == plaintext());

    // Deleted, and recovered in time.
    let _ = stage.tenant.call("delete", &json!({ "name": "root" }));
    assert_eq!(stage.refuses_to_read(), (3, "key-pending-deletion".into()));
    let _ = stage.tenant.call("recover", &json!({ "name": "root" }));
    stage.terminal.json(&["restore", "acme"]);
    assert!(stage.reads() == plaintext());

    stage.terminal.json(&["audit", "verify"]);
    assert_eq!(stage.terminal.json(&["doctor"])["ok"], true);
    stage.terminal.never_printed(PASSPHRASE.as_bytes());
    stage.terminal.never_printed(b"keyward-secret");
}

#[test]
fn a_managed_hsm_wraps_with_aes() {
    let name = "cli_azure::a_managed_hsm_wraps_with_aes";
    let Some(stage) = Stage::new(name, AzurePeer::start_managed_hsm) else { return };
    let key = stage.create(json!({ "name": "root", "type": "oct-HSM", "size": 256 }));
    stage.terminal.json(&["key", "add", "acme", &key]);
    assert_eq!(stage.prove("A256KW")["proven"], true);
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());
}

#[test]
fn ownership_is_proven_by_a_tag() {
    let name = "cli_azure::ownership_is_proven_by_a_tag";
    let Some(stage) = Stage::new(name, AzurePeer::start) else { return };
    let key = stage.create(json!({ "name": "root", "type": "RSA", "size": 2048 }));
    stage.terminal.json(&["key", "add", "acme", &key]);
    let start = ["challenge", "start", "rk:acme/1", "--kind", "tag"];
    let challenge = stage.terminal.json(&start);
    let answer = ["challenge", "answer", challenge["id"].as_str().unwrap(), "--tagged"];
    assert_eq!(stage.terminal.refused(&answer), (5, "not-finished".into()));

    let (tag, value) = (challenge["tag_key"].as_str().unwrap(), &challenge["tag_value"]);
    let command = format!("az keyvault key set-attributes --id {key} --tags {tag}=");
    assert!(challenge["command"].as_str().unwrap().starts_with(&command));
    let _ = stage.tenant.call("set", &json!({ "name": "root", "tags": { tag: value } }));
    assert_eq!(stage.terminal.json(&answer)["proven"], true);
}

#[test]
fn ownership_is_proven_by_a_signing_key_of_the_vault() {
    let name = "cli_azure::ownership_is_proven_by_a_signing_key_of_the_vault";
    let Some(stage) = Stage::new(name, AzurePeer::start) else { return };
    let key = stage.create(json!({ "name": "root", "type": "RSA", "size": 2048 }));
    let _ = stage.tenant.call("create", &json!({ "name": "signer", "type": "RSA", "size": 2048 }));
    let signer = stage.peer.reference("signer").to_string();
    stage.terminal.json(&["key", "add", "acme", &key]);
    let start = ["challenge", "start", "rk:acme/1", "--kind", "attest", "--statement", "statement"];
    let challenge = stage.terminal.json(&start);
    let statement = fs::read(stage.terminal.path("statement")).unwrap();
    let message = BASE64_STANDARD.encode(&statement);
    let asked = json!({ "name": "signer", "algorithm": "RS256", "message": message });
    let signed = stage.tenant.call("sign", &asked);
    stage.terminal.file("signature", signed["value"].as_str().unwrap().as_bytes());
    let id = challenge["id"].as_str().unwrap();
    let answer = |signer: &str| {
        let words = ["challenge", "answer", id, "--kms-signature", "signature"];
        let more = ["--algorithm", "rsa-pkcs1-sha256", "--signing-key", signer];
        words.iter().chain(&more).map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let words = answer(&signer);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let proven = stage.terminal.json(&words);
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
}

#[test]
fn every_setting_of_the_command_line_is_used() {
    let name = "cli_azure::every_setting_of_the_command_line_is_used";
    let Some(mut stage) = Stage::new(name, AzurePeer::start) else { return };
    let key = stage.create(json!({ "name": "root", "type": "RSA", "size": 2048 }));
    // Not by the environment but by options, and by a token in a file.
    for variable in ["KEYWARD_AZURE_ENDPOINT", "KEYWARD_AZURE_CA_FILE", "AZURE_CLIENT_SECRET"] {
        stage.terminal.unset(variable);
    }
    stage.terminal.file("token", stage.peer.token().as_bytes());
    let (endpoint, ca) = (stage.peer.endpoint(), stage.peer.ca_file().display().to_string());
    let source = format!("token-file:{}", stage.terminal.path("token").display());
    let add = ["key", "add", "acme", key.as_str()];
    let with = |options: &[&str]| {
        [options, &add[..]].concat().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let refused = |options: &[&str]| {
        let words = with(options);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        stage.terminal.refused(&words)
    };
    let unreachable = (6, "key-unreachable".to_owned());
    // No authority of this file certifies the peer otherwise, and there is no login of Azure's CLI.
    assert_eq!(
        refused(&["--azure-endpoint", endpoint, "--azure-credential", &source]),
        unreachable
    );
    assert_eq!(refused(&["--azure-endpoint", endpoint, "--azure-ca-file", &ca]), unreachable);
    let words = with(&[
        "--azure-endpoint",
        endpoint,
        "--azure-ca-file",
        &ca,
        "--azure-credential",
        &source,
    ]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(stage.terminal.json(&words)["identity"], key);
    stage.terminal.never_printed(stage.peer.token().as_bytes());
}

#[test]
fn tokens_come_from_where_the_machine_has_them() {
    let name = "cli_azure::tokens_come_from_where_the_machine_has_them";
    let Some(mut stage) = Stage::new(name, AzurePeer::start) else { return };
    stage.terminal.unset("AZURE_CLIENT_SECRET");
    stage.terminal.file("assertion", b"peer-assertion");
    let assertion = stage.terminal.path("assertion").display().to_string();
    let identity = format!("{}/identity/token", stage.peer.endpoint());
    for variables in [
        vec![("AZURE_FEDERATED_TOKEN_FILE", assertion)],
        vec![("IDENTITY_ENDPOINT", identity), ("IDENTITY_HEADER", "peer-identity".to_owned())],
    ] {
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        let root = json!({ "name": names[0].replace('_', "-"), "type": "RSA", "size": 2048 });
        let key = stage.create(root);
        stage.terminal.set(variables);
        let registered = stage.terminal.json(&["key", "add", "acme", &key]);
        assert_eq!(registered["identity"], key.to_lowercase(), "{names:?}");
        for name in names {
            stage.terminal.unset(name);
        }
    }
}
