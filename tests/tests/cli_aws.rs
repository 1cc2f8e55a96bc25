//! A tenant's whole life from the command line with its root key in AWS KMS: the tenant acts with
//! boto3, against the AWS peer over a real socket.

use std::fs;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::RootKeyReference;
use keyward_tests::{
    command::{PASSPHRASE, Terminal},
    peers::{
        aws::AwsPeer,
        boto::{Boto, base64_of, bytes},
    },
};
use serde_json::{Value, json};

const FRANKFURT: &str = "eu-central-1";
const VIRGINIA: &str = "us-east-1";

/// Keyward's user at a terminal, the tenant with boto3, and AWS.
struct Stage {
    terminal: Terminal,
    tenant: Boto,
    peer: AwsPeer,
}

impl Stage {
    /// A workspace in a region, with tenant `acme`; `None` once the test called `name` is recorded as
    /// skipped.
    fn new(name: &str, region: &str) -> Option<Self> {
        let mut terminal = Terminal::new(name)?;
        let peer = AwsPeer::start(name)?;
        let tenant = Boto::of(&peer, name)?;
        terminal.set(peer.environment());
        terminal.json(&["init", "--secrets", "passphrase", "--region", region]);
        terminal.json(&["tenant", "add", "acme"]);
        Some(Self { terminal, tenant, peer })
    }

    /// The tenant's call to its KMS in Frankfurt.
    fn kms(&self, method: &str, parameters: &Value) -> Value {
        self.tenant.call("kms", FRANKFURT, method, parameters)
    }

    fn register(&self, tenant: &str, reference: &RootKeyReference) -> Value {
        self.terminal.json(&["key", "add", tenant, &reference.to_string()])
    }

    /// A decrypt challenge, answered by what the tenant's own client decrypts.
    fn prove(&self, root_key: &str) -> Value {
        let challenge = self.terminal.json(&["challenge", "start", root_key]);
        let nonce = self.decrypted(&challenge);
        let id = challenge["id"].as_str().unwrap();
        let view = self.terminal.json(&["challenge", "answer", id, "--nonce", &nonce]);
        self.terminal.never_printed(&BASE64_STANDARD.decode(nonce).unwrap());
        view
    }

    /// The challenge's nonce in base64, decrypted in the region of its reference.
    fn decrypted(&self, challenge: &Value) -> String {
        let reference = challenge["reference"].as_str().unwrap();
        let region = reference.split(':').nth(3).unwrap();
        let ciphertext = BASE64_STANDARD.decode(challenge["ciphertext"].as_str().unwrap()).unwrap();
        let parameters = json!({
            "KeyId": reference,
            "CiphertextBlob": bytes(&ciphertext),
            "EncryptionContext": challenge["encryption_context"],
        });
        let answer = self.tenant.call("kms", region, "decrypt", &parameters);
        base64_of(&answer["Plaintext"]).to_owned()
    }

    /// A dataset with one object in it.
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

    fn state(&self) -> (String, Option<String>) {
        let shown = self.terminal.json(&["tenant", "show", "acme"]);
        let field = |name: &str| shown[name].as_str().map(str::to_owned);
        (field("state").unwrap(), field("state_code"))
    }
}

fn plaintext() -> Vec<u8> {
    (0..200_000_u32).map(|number| (number % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_that_is_kept_goes_before_what_the_environment_has() {
    let name = "cli_aws::an_access_key_that_is_kept";
    let Some(mut stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    stage.register("acme", &key);
    let (id, secret) = ("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let set = ["credentials", "set", "aws", id, "--session-token"];
    let input = format!("{secret}\ntokenTOKENtoken==\n");
    let set = [&set[..], &["--endpoint", stage.peer.endpoint()]].concat();
    let kept = stage.terminal.json_from(&set, input.as_bytes());
    assert_eq!((&kept["identity"], &kept["temporary"]), (&id.into(), &true.into()));
    let listed = stage.terminal.json(&["credentials", "list"]);
    assert_eq!(listed["credentials"], json!([kept]));

    // The endpoint is kept as well: nothing of the environment is needed any more.
    for variable in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        stage.terminal.unset(variable);
    }
    let signers = |stage: &Stage| {
        stage.peer.forget();
        stage.terminal.json(&["challenge", "start", "rk:acme/1"]);
        stage.peer.signers()
    };
    assert_eq!(signers(&stage), [format!("{id} with a token")]);
    stage.terminal.set(stage.peer.environment());
    assert_eq!(signers(&stage), [format!("{id} with a token")]);
    stage.terminal.json(&["credentials", "remove", "aws"]);
    assert_eq!(signers(&stage), ["peer"]);

    let officer = ["--role", "security-officer", "credentials", "remove", "aws"];
    stage.terminal.refused(&officer);
    stage.terminal.never_printed(secret.as_bytes());
    stage.terminal.never_printed(b"tokenTOKENtoken==");
    let log = stage.terminal.json(&["audit", "list", "--limit", "100"]).to_string();
    assert!(log.contains("credential.set") && log.contains(id), "{log}");
    assert!(!log.contains(secret), "the log has the secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_whole_life_with_its_own_key() {
    let name = "cli_aws::a_tenant_s_whole_life_with_its_own_key";
    let Some(stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    let alias = stage.peer.create_alias(&key, "acme").await;

    // By its alias; a key is known by what it is, whichever way it was named.
    let registered = stage.register("acme", &alias);
    assert_eq!(registered["identity"], key.to_string());
    assert_eq!(registered["custody"], "tenant-kms");
    assert_eq!(registered["references"][0]["reference"], alias.to_string());
    let proven = stage.prove("rk:acme/1");
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());

    // A rotation at KMS, and a rewrap that never takes the data keys out of it.
    stage.terminal.json(&["rotate", "data-key", "acme", "docs"]);
    let rotated = stage.terminal.json(&["rotate", "root-key", "acme"]);
    assert_eq!((&rotated["version"], &rotated["to_rewrap"]), (&2.into(), &2.into()));
    let forecast = stage.terminal.json(&["rewrap", "acme", "--dry-run"]);
    assert_eq!((&forecast["total"], &forecast["kms_calls"]), (&2.into(), &2.into()));
    stage.peer.forget();
    let rewrapped = stage.terminal.json(&["rewrap", "acme"]);
    assert_eq!((&rewrapped["rewrapped"], &rewrapped["quarantine"]), (&2.into(), &json!([])));
    assert_eq!(stage.peer.requests().get("eu-central-1/ReEncrypt"), Some(&2));
    assert!(!stage.peer.requests().contains_key("eu-central-1/Decrypt"), "ReEncrypt alone");
    assert!(stage.reads() == plaintext());

    // The owner disables its key behind our back. No process has anything cached.
    stage.kms("disable_key", &json!({ "KeyId": key.to_string() }));
    assert_eq!(stage.refuses_to_read(), (3, "key-disabled".into()));
    assert_eq!(stage.state(), ("suspended".into(), Some("key-disabled".into())));
    assert_eq!(stage.refuses_to_read(), (3, "tenant-suspended".into()));
    assert_eq!(stage.terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    stage.kms("enable_key", &json!({ "KeyId": key.to_string() }));
    assert_eq!(stage.refuses_to_read(), (3, "tenant-suspended".into()), "nobody restored it yet");
    stage.terminal.json(&["restore", "acme"]);
    assert!(stage.reads() == plaintext());

    // We disable it there, and watch until KMS refuses.
    let revoke = ["revoke", "acme", "--confirm", "acme", "--at-provider"];
    let revoked = stage.terminal.json(&revoke);
    assert!(revoked["disabled_at"].is_string() && revoked["first_refusal_at"].is_string());
    let described = stage.kms("describe_key", &json!({ "KeyId": key.to_string() }));
    assert_eq!(described["KeyMetadata"]["KeyState"], "Disabled");
    assert_eq!(stage.refuses_to_read(), (3, "tenant-revoked".into()));
    assert_eq!(stage.terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    stage.terminal.json(&["restore", "acme", "--at-provider"]);
    assert!(stage.reads() == plaintext());

    // It leaves, with its data.
    let gone = stage.terminal.json(&["offboard", "acme", "--confirm", "acme", "--delete-data"]);
    assert_eq!((&gone["data_keys"], &gone["data_deleted"]), (&2.into(), &true.into()));
    assert_eq!(stage.refuses_to_read(), (3, "tenant-offboarded".into()));
    stage.terminal.json(&["audit", "verify"]);
    assert_eq!(stage.terminal.json(&["doctor"])["ok"], true);
    stage.terminal.never_printed(PASSPHRASE.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn ownership_is_proven_by_a_tag() {
    let name = "cli_aws::ownership_is_proven_by_a_tag";
    let Some(stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    stage.register("acme", &key);
    let start = ["challenge", "start", "rk:acme/1", "--kind", "tag"];
    let challenge = stage.terminal.json(&start);
    let answer = ["challenge", "answer", challenge["id"].as_str().unwrap(), "--tagged"];
    // A tag may take its time to show, so that one that isn't there spends nothing.
    assert_eq!(stage.terminal.refused(&answer), (5, "not-finished".into()));

    let tag = json!({ "TagKey": challenge["tag_key"], "TagValue": challenge["tag_value"] });
    let _ = stage.kms("tag_resource", &json!({ "KeyId": key.to_string(), "Tags": [tag] }));
    let proven = stage.terminal.json(&answer);
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
    assert_eq!(stage.terminal.refused(&answer), (3, "challenge-used".into()));
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());

    // Another challenge's tag proves nothing now.
    let later = stage.terminal.json(&start);
    assert_ne!(later["tag_value"], challenge["tag_value"]);
    let answer = ["challenge", "answer", later["id"].as_str().unwrap(), "--tagged"];
    assert_ne!(stage.terminal.refused(&answer).0, 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_printed_command_puts_the_tag_on_a_key_known_by_its_alias() {
    let name = "cli_aws::the_printed_command_puts_the_tag_on_a_key_known_by_its_alias";
    let Some(stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    stage.register("acme", &stage.peer.create_alias(&key, "acme").await);
    let start = ["challenge", "start", "rk:acme/1", "--kind", "tag"];
    let challenge = stage.terminal.json(&start);
    // TagResource takes no alias, which the peer wouldn't tell us.
    let command = challenge["command"].as_str().unwrap();
    assert!(!command.contains("tag-resource --region eu-central-1 --key-id arn:"), "{command}");
    stage.tenant.shell(command);
    let id = challenge["id"].as_str().unwrap();
    let proven = stage.terminal.json(&["challenge", "answer", id, "--tagged"]);
    assert_eq!(proven["proven"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn ownership_is_proven_by_a_signing_key_of_the_account() {
    use aws_sdk_kms::types::KeySpec;
    let name = "cli_aws::ownership_is_proven_by_a_signing_key_of_the_account";
    let Some(stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    let signer = stage.peer.create_signing_key(FRANKFURT, KeySpec::EccNistP256).await.to_string();
    stage.register("acme", &key);
    let sign = |text: &str| {
        let parameters = json!({
            "KeyId": signer,
            "Message": bytes(text.as_bytes()),
            "SigningAlgorithm": "ECDSA_SHA_256",
        });
        base64_of(&stage.kms("sign", &parameters)["Signature"]).to_owned()
    };
    let start = || {
        let start = ["challenge", "start", "rk:acme/1", "--kind", "attest"];
        let challenge = stage.terminal.json(&[&start[..], &["--statement", "statement"]].concat());
        let statement = fs::read_to_string(stage.terminal.path("statement")).unwrap();
        assert_eq!(challenge["statement"], statement.as_str());
        (challenge["id"].as_str().unwrap().to_owned(), statement)
    };
    let answer = |id: &str| {
        let words = ["--algorithm", "ecdsa-p256-sha256", "--signing-key", &signer];
        let words = [&["challenge", "answer", id, "--kms-signature", "signature"], &words[..]];
        words.concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };

    // A signature over another statement.
    let (id, statement) = start();
    stage.terminal.file("signature", sign(&statement.replace("acme", "acne")).as_bytes());
    let words = answer(&id);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(stage.terminal.refused(&words), (3, "challenge-failed".into()));

    let (id, statement) = start();
    stage.terminal.file("signature", sign(&statement).as_bytes());
    let words = answer(&id);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let proven = stage.terminal.json(&words);
    assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &true.into()));
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_serves_one_tenant_alone() {
    let name = "cli_aws::a_key_serves_one_tenant_alone";
    let Some(stage) = Stage::new(name, FRANKFURT) else { return };
    let key = stage.peer.create_key(FRANKFURT).await;
    let alias = stage.peer.create_alias(&key, "shared").await;
    stage.terminal.json(&["tenant", "add", "globex"]);
    stage.terminal.json(&["tenant", "add", "initech"]);

    // As long as nobody has proven anything, nobody keeps the owner out by naming its key first.
    stage.register("globex", &alias);
    stage.register("acme", &key);
    stage.prove("rk:acme/1");
    let taken = (5, "key-of-another-tenant".into());
    for reference in [&key, &alias] {
        let add = ["key", "add", "initech", &reference.to_string()];
        assert_eq!(stage.terminal.refused(&add), taken, "{reference}");
    }
    let late = stage.terminal.json(&["challenge", "start", "rk:globex/1"]);
    let (id, nonce) = (late["id"].as_str().unwrap(), stage.decrypted(&late));
    let answer = ["challenge", "answer", id, "--nonce", &nonce];
    assert_eq!(stage.terminal.refused(&answer), taken, "even with access to the key");
    let shown = stage.terminal.json(&["tenant", "show", "globex"]);
    assert_eq!(shown["state"], "pending");

    // A wrong answer spends a challenge.
    let other = stage.peer.create_key(FRANKFURT).await;
    stage.register("globex", &other);
    let challenge = stage.terminal.json(&["challenge", "start", "rk:globex/2"]);
    let id = challenge["id"].as_str().unwrap();
    let wrong = BASE64_STANDARD.encode([7; 32]);
    let answer = ["challenge", "answer", id, "--nonce", &wrong];
    assert_eq!(stage.terminal.refused(&answer), (3, "challenge-failed".into()));
    let right = stage.decrypted(&challenge);
    let answer = ["challenge", "answer", id, "--nonce", &right];
    assert_eq!(stage.terminal.refused(&answer), (3, "challenge-used".into()));
    stage.prove("rk:globex/2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multi_region_key_is_used_in_the_workspace_s_own_region() {
    let name = "cli_aws::a_multi_region_key_is_used_in_the_workspace_s_own_region";
    let Some(stage) = Stage::new(name, VIRGINIA) else { return };
    let keys = stage.peer.create_multi_region_key(FRANKFURT, &[VIRGINIA]).await;
    let [frankfurt, virginia] = [0, 1].map(|at: usize| keys[at].to_string());
    let key = stage.terminal.json(&["key", "add", "acme", &frankfurt, &virginia]);
    let references = [
        json!({ "region": FRANKFURT, "reference": frankfurt, "open_since": null }),
        json!({ "region": VIRGINIA, "reference": virginia, "open_since": null }),
    ];
    assert_eq!(key["references"], json!(references));
    stage.prove("rk:acme/1");

    stage.peer.forget();
    stage.write(&plaintext());
    assert!(stage.reads() == plaintext());
    let elsewhere = |requests: &std::collections::BTreeMap<String, u64>| {
        requests.keys().filter(|name| !name.starts_with(VIRGINIA)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(elsewhere(&stage.peer.requests()), [""; 0]);

    // Refused here is refused: no other region is asked.
    stage.peer.set_faults(&json!([
        { "region": VIRGINIA, "status": 400, "code": "AccessDeniedException", "message": "no" }
    ]));
    assert_eq!(stage.refuses_to_read(), (3, "key-denied".into()));
    assert_eq!(elsewhere(&stage.peer.requests()), [""; 0]);
    stage.peer.set_faults(&json!([]));
    stage.terminal.json(&["restore", "acme"]);
    assert!(stage.reads() == plaintext());

    // Keys of two different materials are no multi-Region key.
    let separate = stage.peer.create_key(FRANKFURT).await.to_string();
    let add = ["key", "add", "acme", &separate, &virginia];
    assert_eq!(stage.terminal.refused(&add), (2, "invalid-input".into()));
}
