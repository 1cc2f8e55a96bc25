//! Azure Key Vault as a provider of root keys, against the Azure peer over a real socket.

use std::{
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use keyward_core::{EncryptionContext, RootKeyReference, reference::AzureStore};
use keyward_kms::{KmsError, ProviderState, Reason, RootKeyService, SignatureAlgorithm};
use keyward_kms_azure::{AzureCredential, AzureKms, ClientSecret};
use keyward_testkit::provider_suite::{
    Absent, Hook, SigningKey, Subject, Trouble, Withheld, context,
};
use keyward_tests::peers::azure::{AzurePeer, TENANT, azure};
use serde_json::{Value, json};

mod vault {
    use super::*;

    keyward_testkit::provider_suite!(super::start_vault);
}

mod managed_hsm {
    use super::*;

    keyward_testkit::provider_suite!(super::start_managed_hsm);
}

async fn start_vault(name: &str) -> Option<AzureSubject> {
    AzurePeer::start(name).map(AzureSubject::new)
}

async fn start_managed_hsm(name: &str) -> Option<AzureSubject> {
    AzurePeer::start_managed_hsm(name).map(AzureSubject::new)
}

/// Azure as the provider suite sees it.
struct AzureSubject {
    peer: AzurePeer,
    kms: Arc<AzureKms>,
}

impl AzureSubject {
    fn new(peer: AzurePeer) -> Self {
        Self { kms: Arc::new(peer.kms()), peer }
    }

    /// Every request to the store is answered so.
    fn answer_all(&self, status: u16, code: &str) {
        self.peer.set_faults(&json!([{ "vault": "default", "status": status, "code": code }]));
    }
}

#[async_trait]
impl Subject for AzureSubject {
    fn service(&self) -> Arc<dyn RootKeyService> {
        self.kms.clone()
    }

    async fn root_key(&self) -> RootKeyReference {
        self.peer.create_key()
    }

    async fn missing_key(&self) -> RootKeyReference {
        self.peer.reference("nowhere")
    }

    fn randomises(&self) -> Hook {
        match azure(&self.peer.reference("x")).store() {
            AzureStore::Vault => Ok(()),
            AzureStore::ManagedHsm => Err(Absent("AES key wrap takes no randomness")),
        }
    }

    async fn foreign_blob(
        &self,
        key: &RootKeyReference,
        _context: &EncryptionContext,
    ) -> Hook<Vec<u8>> {
        let acme = context("acme");
        let (_, ours) = self.kms.generate(key, &acme).await.unwrap();
        // As long as a payload, and not one.
        let value = BASE64_URL_SAFE_NO_PAD.encode([7; 72]);
        let algorithm = if ours.blob.len() > 98 { "RSA-OAEP-256" } else { "A256KW" };
        let body = json!({ "alg": algorithm, "value": value });
        let wrapped = self.peer.owner_of(key, "POST", "//wrapkey", &body);
        let ciphertext = BASE64_URL_SAFE_NO_PAD.decode(wrapped["value"].as_str().unwrap()).unwrap();
        Ok([&ours.blob[..18], &ciphertext].concat())
    }

    async fn signing_keys(&self) -> Hook<Vec<SigningKey>> {
        use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
        let suffix =
            if self.peer.reference("x").to_string().contains("managedhsm") { "-HSM" } else { "" };
        let signs = ["sign", "verify"];
        let mut keys = Vec::new();
        for (parameters, algorithms) in [
            (json!({ "kty": format!("EC{suffix}"), "crv": "P-256" }), vec![EcdsaP256Sha256]),
            (json!({ "kty": format!("EC{suffix}"), "crv": "P-384" }), vec![EcdsaP384Sha384]),
            (
                json!({ "kty": format!("RSA{suffix}"), "key_ops": signs }),
                vec![RsaPssSha256, RsaPkcs1Sha256],
            ),
        ] {
            keys.push(SigningKey { key: self.peer.create(&parameters), algorithms });
        }
        Ok(keys)
    }

    async fn tag(&self, key: &RootKeyReference, name: &str, value: &str) -> Hook {
        self.peer.owner_of(key, "PATCH", "/", &json!({ "tags": { name: value } }));
        Ok(())
    }

    async fn rotate(&self, key: &RootKeyReference) -> Hook {
        self.peer.owner_of(key, "POST", "/rotate", &Value::Null);
        Ok(())
    }

    async fn withhold(&self, key: &RootKeyReference, how: Withheld) -> Hook {
        match how {
            Withheld::Disabled => self.peer.enable(key, false),
            Withheld::PendingDeletion => self.peer.delete(key),
            Withheld::Deleted => {
                self.peer.delete(key);
                self.peer.purge(key);
            }
            Withheld::Denied => {
                let denied = json!([{ "principal": "keyward", "key": azure(key).name() }]);
                self.peer.set_denied(&denied);
            }
        }
        Ok(())
    }

    async fn restore(&self, key: &RootKeyReference, how: Withheld) {
        match how {
            Withheld::Disabled | Withheld::Deleted => self.peer.enable(key, true),
            Withheld::PendingDeletion => self.peer.recover(key),
            Withheld::Denied => self.peer.set_denied(&json!([])),
        }
    }

    async fn strike(&self, trouble: Trouble) -> Hook<Arc<dyn RootKeyService>> {
        match trouble {
            Trouble::Gone => {
                let nobody = format!("https://127.0.0.1:{}", free_port());
                return Ok(Arc::new(self.peer.kms_builder().endpoint(nobody).build()));
            }
            Trouble::Silent => {
                self.peer.set_faults(&json!([{ "vault": "default", "delay": 3 }]));
                let (attempt, call) = (Duration::from_millis(200), Duration::from_millis(500));
                return Ok(Arc::new(self.peer.kms_builder().timeouts(attempt, call).build()));
            }
            Trouble::Throttling => self.answer_all(429, "Throttled"),
            Trouble::Failing => self.answer_all(500, "InternalServerError"),
            Trouble::Credentials => self.answer_all(401, "Unauthorized"),
            Trouble::Nonsense => {
                let page = json!([{ "status": 403, "body": "<html>Forbidden</html>" }]);
                self.peer.set_faults(&page);
            }
        }
        Ok(self.service())
    }

    async fn heal(&self, _: Trouble) {
        self.peer.set_faults(&json!([]));
    }
}

/// A port where nothing listens: bound once, to be sure that it is nobody's, and let go.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn reason<T>(result: Result<T, KmsError>) -> Reason {
    result.map(drop).expect_err("the call is refused").reason
}

#[tokio::test]
async fn a_disabled_key_wraps_nothing_though_azure_would() {
    let Some(peer) = AzurePeer::start("kms_azure::a_disabled_key_wraps_nothing") else { return };
    let kms = peer.kms();
    let key = peer.create_key();
    peer.enable(&key, false);
    // The public half of an RSA key is no secret, and Azure goes on using it.
    let body = json!({ "alg": "RSA-OAEP-256", "value": "AAAA" });
    assert!(peer.owner_of(&key, "POST", "//wrapkey", &body)["value"].is_string());
    peer.forget();
    assert_eq!(reason(kms.generate(&key, &context("acme")).await), Reason::Disabled);
    assert!(!peer.requests().contains_key("default/wrapKey"));
}

#[tokio::test]
async fn disabling_turns_off_every_version_and_enabling_those_alone() {
    let Some(peer) = AzurePeer::start("kms_azure::disabling_turns_off_every_version") else {
        return;
    };
    let kms = peer.kms();
    let key = peer.create_key();
    let acme = context("acme");
    let mut blobs = Vec::new();
    for _ in 0..3 {
        blobs.push(kms.generate(&key, &acme).await.unwrap().1.blob);
        kms.rotate(&key).await.unwrap();
    }
    // The owner has turned off the second version for good.
    let second = hex::encode(&blobs[1][2..18]);
    let off = json!({ "attributes": { "enabled": false } });
    peer.owner_of(&key, "PATCH", &format!("/{second}"), &off);
    let opens = async || {
        let mut opened = Vec::new();
        for blob in &blobs {
            opened.push(kms.unwrap(&key, &acme, blob).await.is_ok());
        }
        opened
    };
    assert_eq!(opens().await, [true, false, true]);

    kms.set_enabled(&key, false).await.unwrap();
    assert_eq!(opens().await, [false; 3]);
    assert_eq!(kms.describe(&key).await.unwrap().state, ProviderState::Disabled);
    kms.set_enabled(&key, true).await.unwrap();
    assert_eq!(opens().await, [true, false, true], "what its owner disabled stays so");
    assert_eq!(kms.describe(&key).await.unwrap().state, ProviderState::Enabled);
    assert!(kms.tags(&key).await.unwrap().is_empty(), "no mark is left");
}

#[tokio::test]
async fn a_changed_version_in_storage_is_no_denial() {
    let Some(peer) = AzurePeer::start("kms_azure::a_changed_version_in_storage") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let mut blob = kms.generate(&key, &acme).await.unwrap().1.blob;
    blob[9] ^= 1;
    assert_eq!(reason(kms.unwrap(&key, &acme, &blob).await), Reason::WrongCiphertext);
    // But a key that is gone is gone, whatever the version.
    peer.delete(&key);
    assert_eq!(reason(kms.unwrap(&key, &acme, &blob).await), Reason::PendingDeletion);
}

#[tokio::test]
async fn a_reference_may_pin_a_version() {
    let Some(peer) = AzurePeer::start("kms_azure::a_reference_may_pin_a_version") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let (secret, first) = kms.generate(&key, &acme).await.unwrap();
    let pinned = format!("{key}/{}", hex::encode(&first.blob[2..18]));
    let pinned: RootKeyReference = pinned.parse().unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(kms.rotate(&key).await, Ok(2));
    assert_eq!(reason(kms.rotate(&pinned).await), Reason::Unsupported);

    let (whole, part) = (kms.describe(&key).await.unwrap(), kms.describe(&pinned).await.unwrap());
    assert_eq!((whole.version, part.version), (2, 1));
    assert_eq!(whole.identity, part.identity, "it is the same key");
    let again = kms.wrap(&pinned, &acme, &secret).await.unwrap();
    assert_eq!(again.blob[..18], first.blob[..18]);
    // Either reference opens what any version wrapped.
    let newer = kms.wrap(&key, &acme, &secret).await.unwrap();
    assert_eq!((again.version, newer.version), (Some(1), Some(2)));
    for reference in [&key, &pinned] {
        for blob in [&again.blob, &newer.blob] {
            assert!(kms.unwrap(reference, &acme, blob).await.is_ok());
        }
    }
    let missing = format!("{key}/{}", "0".repeat(32)).parse().unwrap();
    assert_eq!(reason(kms.wrap(&missing, &acme, &secret).await), Reason::NotFound);
}

#[tokio::test]
async fn many_versions_are_counted_over_several_pages() {
    let Some(peer) = AzurePeer::start_managed_hsm("kms_azure::many_versions_are_counted") else {
        return;
    };
    let kms = peer.kms();
    let key = peer.create_key();
    for _ in 0..59 {
        peer.owner_of(&key, "POST", "/rotate", &Value::Null);
    }
    let description = kms.describe(&key).await.unwrap();
    assert_eq!(description.version, 60);
    assert_eq!(kms.rotate(&key).await, Ok(61));
}

#[tokio::test]
async fn what_may_not_be_listed_doesn_t_fail_the_description() {
    let Some(peer) = AzurePeer::start("kms_azure::what_may_not_be_listed") else { return };
    let kms = peer.kms();
    let key = peer.create_key();
    let policy = json!({ "lifetimeActions": [
        { "trigger": { "timeBeforeExpiry": "P30D" }, "action": { "type": "Notify" } },
        { "trigger": { "timeAfterCreate": "P3M" }, "action": { "type": "Rotate" } },
    ]});
    peer.owner_of(&key, "PUT", "/rotationpolicy", &policy);
    assert_eq!(kms.describe(&key).await.unwrap().rotates_every_days, Some(90));

    let denied = json!([{ "principal": "keyward", "operations": ["list", "getrotationpolicy"] }]);
    peer.set_denied(&denied);
    let fresh = peer.kms();
    kms.rotate(&key).await.unwrap();
    let description = fresh.describe(&key).await.unwrap();
    assert_eq!((description.version, description.rotates_every_days), (1, None));
    assert_eq!(fresh.generate(&key, &context("acme")).await.unwrap().1.version, None);
    peer.set_denied(&json!([]));
    peer.set_faults(&json!([{ "operation": "list", "status": 503, "body": "" }]));
    assert_eq!(reason(peer.kms().describe(&key).await), Reason::ProviderFault);
}

#[tokio::test]
async fn every_error_over_the_wire_has_its_reason() {
    let Some(peer) = AzurePeer::start("kms_azure::every_error_over_the_wire") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let blob = kms.generate(&key, &acme).await.unwrap().1.blob;
    for (status, code, inner, expected) in [
        (403, "Forbidden", "AccessDenied", Reason::AccessDenied),
        (403, "Forbidden", "ForbiddenByPolicy", Reason::AccessDenied),
        (403, "Forbidden", "ForbiddenByRbac", Reason::AccessDenied),
        (403, "Forbidden", "ForbiddenByFirewall", Reason::AccessDenied),
        (403, "Forbidden", "KeyDisabled", Reason::Disabled),
        (403, "Forbidden", "KeyExpired", Reason::NotUsable),
        (403, "Forbidden", "KeyOperationForbidden", Reason::NotUsable),
        (400, "BadParameter", "", Reason::WrongCiphertext),
        (401, "Unauthorized", "", Reason::Credentials),
        (409, "Conflict", "", Reason::Throttled { retry_after: None }),
        (429, "Throttled", "", Reason::Throttled { retry_after: None }),
        (500, "InternalServerError", "", Reason::ProviderFault),
        (503, "ServiceUnavailable", "", Reason::ProviderFault),
    ] {
        let mut fault = json!({ "operation": "unwrapKey", "status": status, "code": code });
        if !inner.is_empty() {
            fault["inner"] = inner.into();
        }
        peer.set_faults(&json!([fault]));
        let error = kms.unwrap(&key, &acme, &blob).await.unwrap_err();
        assert_eq!(error.reason, expected, "{status} {code} {inner}");
        let said = if inner.is_empty() { code.to_owned() } else { format!("{code}, {inner}") };
        assert_eq!(error.provider_code, Some(said));
        assert_eq!(error.key, key.to_string());
    }
}

#[tokio::test]
async fn broken_answers_are_unreachable_and_passing_ones_are_tried_again() {
    let Some(peer) = AzurePeer::start("kms_azure::broken_answers_are_unreachable") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let blob = kms.generate(&key, &acme).await.unwrap().1.blob;
    let page = "<html>Forbidden</html>";
    for (fault, expected) in [
        (json!({ "reset": true }), Reason::NoConnection),
        (json!({ "half": true }), Reason::NoConnection),
        // Half a refusal is none.
        (
            json!({ "half": true, "status": 403, "code": "Forbidden", "inner": "ForbiddenByRbac" }),
            Reason::NoConnection,
        ),
        (json!({ "status": 403, "body": page }), Reason::ProviderFault),
        (json!({ "status": 404, "body": page }), Reason::ProviderFault),
        (
            json!({ "status": 302, "body": "", "headers": { "location": "https://evil.example" } }),
            Reason::ProviderFault,
        ),
        (json!({ "status": 200, "body": page }), Reason::ProviderFault),
        (json!({ "status": 200, "body": "{}" }), Reason::WrongCiphertext),
    ] {
        let with = |more: Value| {
            let mut fault = fault.clone();
            fault["operation"] = "unwrapKey".into();
            fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([fault])
        };
        peer.set_faults(&with(json!({})));
        let error = kms.unwrap(&key, &acme, &blob).await.unwrap_err();
        assert_eq!(error.reason, expected, "{fault}");
        if expected != Reason::WrongCiphertext {
            peer.set_faults(&with(json!({ "times": 2 })));
            assert!(kms.unwrap(&key, &acme, &blob).await.is_ok(), "the third attempt: {fault}");
        }
    }
}

#[tokio::test]
async fn the_first_call_of_all_survives_a_reset() {
    let Some(peer) = AzurePeer::start("kms_azure::the_first_call_of_all") else { return };
    let (key, acme) = (peer.create_key(), context("acme"));
    let blob = peer.kms().generate(&key, &acme).await.unwrap().1.blob;
    // The client sends it without its body, to be challenged; it must not stay away.
    for fault in [json!({ "reset": true }), json!({ "status": 503, "body": "" })] {
        let mut fault = fault;
        fault["operation"] = "challenge".into();
        fault["times"] = 1.into();
        peer.set_faults(&json!([fault]));
        let opened = peer.kms().unwrap(&key, &acme, &blob).await;
        assert!(opened.is_ok(), "{fault}: {opened:?}");
    }
}

#[tokio::test]
async fn throttling_keeps_to_the_hint_and_gives_up_where_it_is_too_long() {
    let Some(peer) = AzurePeer::start("kms_azure::throttling_keeps_to_the_hint") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let blob = kms.generate(&key, &acme).await.unwrap().1.blob;
    let throttled = |times: u32, hint: &str| {
        json!([{ "operation": "unwrapKey", "times": times, "status": 429, "code": "Throttled",
                 "headers": { "retry-after": hint } }])
    };
    peer.set_faults(&throttled(1, "1"));
    let start = Instant::now();
    assert!(kms.unwrap(&key, &acme, &blob).await.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));

    peer.set_faults(&throttled(9, "120"));
    peer.forget();
    let start = Instant::now();
    let retry_after = Some(Duration::from_secs(120));
    let refused = kms.unwrap(&key, &acme, &blob).await;
    assert_eq!(reason(refused), Reason::Throttled { retry_after });
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(peer.requests()["default/unwrapKey"], 1, "it is not asked again before its time");
}

#[tokio::test]
async fn a_rotation_is_never_repeated() {
    let Some(peer) = AzurePeer::start("kms_azure::a_rotation_is_never_repeated") else { return };
    let kms = peer.kms();
    let key = peer.create_key();
    peer.set_faults(&json!([{ "operation": "rotate", "half": true }]));
    peer.forget();
    assert_eq!(reason(kms.rotate(&key).await), Reason::NoConnection);
    assert_eq!(peer.requests()["default/rotate"], 1);
    assert_eq!(kms.describe(&key).await.unwrap().version, 2, "though its answer was lost");
}

#[tokio::test]
async fn an_answer_for_another_key_is_not_taken() {
    let Some(peer) = AzurePeer::start("kms_azure::an_answer_for_another_key") else { return };
    let kms = peer.kms();
    let (key, other, acme) = (peer.create_key(), peer.create_key(), context("acme"));
    let (_, ours) = kms.generate(&key, &acme).await.unwrap();
    let (_, theirs) = kms.generate(&other, &acme).await.unwrap();
    let shown = peer.owner_of(&other, "GET", "", &Value::Null);
    let answer = |operation: &str, body: &Value| {
        peer.set_faults(
            &json!([{ "operation": operation, "status": 200, "body": body.to_string() }]),
        );
    };
    answer("get", &shown);
    assert_eq!(reason(kms.generate(&key, &acme).await), Reason::ProviderFault);
    assert_eq!(reason(kms.describe(&key).await), Reason::ProviderFault);
    let value = BASE64_URL_SAFE_NO_PAD.encode(&theirs.blob[18..]);
    answer("wrapKey", &json!({ "kid": shown["key"]["kid"], "value": value }));
    assert_eq!(reason(kms.generate(&key, &acme).await), Reason::ProviderFault);
    // The other's payload, in the clear: bound to another context, or to nothing.
    answer("unwrapKey", &json!({ "kid": "x", "value": BASE64_URL_SAFE_NO_PAD.encode([1; 72]) }));
    assert_eq!(reason(kms.unwrap(&key, &acme, &ours.blob).await), Reason::WrongCiphertext);
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_is_fetched_anew() {
    let Some(peer) = AzurePeer::start("kms_azure::a_token_that_is_no_longer_good") else { return };
    let kms = peer.kms();
    let (key, acme) = (peer.create_key(), context("acme"));
    let blob = kms.generate(&key, &acme).await.unwrap().1.blob;
    peer.expire_tokens();
    peer.forget();
    assert!(kms.unwrap(&key, &acme, &blob).await.is_ok());
    assert_eq!(peer.requests()["entra/token"], 1);
    // Whoever gives tokens is out of order; what was given serves on.
    peer.set_faults(&json!([{ "operation": "token", "status": 503, "body": "" }]));
    assert!(kms.unwrap(&key, &acme, &blob).await.is_ok());
    peer.expire_tokens();
    assert_eq!(reason(kms.unwrap(&key, &acme, &blob).await), Reason::ProviderFault);
    peer.set_faults(&json!([{ "operation": "token", "reset": true }]));
    assert_eq!(reason(kms.unwrap(&key, &acme, &blob).await), Reason::NoConnection);
    peer.set_faults(&json!([]));
    assert!(kms.unwrap(&key, &acme, &blob).await.is_ok());
}

#[tokio::test]
async fn credentials_that_are_refused_deny_nothing() {
    let Some(peer) = AzurePeer::start("kms_azure::credentials_that_are_refused") else { return };
    let key = peer.create_key();
    let wrong = |tenant: &str, client: &str| {
        AzureCredential::ClientSecret(ClientSecret {
            tenant_id: tenant.into(),
            client_id: client.into(),
            secret: String::from("wrong").into(),
        })
    };
    for credential in [
        wrong(TENANT, "keyward"),
        wrong("00000000-0000-0000-0000-000000000000", "keyward"),
        wrong("no tenant", "keyward"),
        AzureCredential::TokenFile(peer.folder().join("nowhere")),
        AzureCredential::TokenFile(peer.ca_file()),
    ] {
        let kms = peer.kms_builder().credential(credential.clone()).build();
        assert_eq!(reason(kms.describe(&key).await), Reason::Credentials, "{credential:?}");
    }
}

#[tokio::test]
async fn one_gateway_serves_many_vaults_by_their_names() {
    let Some(peer) = AzurePeer::start("kms_azure::one_gateway_serves_many_vaults") else { return };
    let kms = peer.kms_builder().endpoint(format!("{}/{{vault}}", peer.endpoint())).build();
    peer.owner("POST", "acme/keys/root/create", &json!({ "kty": "RSA" }));
    let [acme, other] = ["acme", "other"].map(|vault| {
        let text = format!("https://{vault}.vault.azure.net/keys/root");
        text.parse::<RootKeyReference>().unwrap()
    });
    let wrapped = kms.generate(&acme, &context("acme")).await.unwrap().1;
    assert!(kms.unwrap(&acme, &context("acme"), &wrapped.blob).await.is_ok());
    assert_eq!(reason(kms.describe(&other).await), Reason::NotFound);
    assert_eq!(peer.requests()["acme/unwrapKey"], 1);
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_no_connection() {
    let Some(peer) = AzurePeer::start("kms_azure::an_authority_that_is_not_trusted") else {
        return;
    };
    let key = peer.create_key();
    let untrusting = AzureKms::builder().endpoint(peer.endpoint()).authority_host(peer.endpoint());
    let untrusting = untrusting.credential(AzureCredential::CommandLine).build();
    assert_eq!(reason(untrusting.describe(&key).await), Reason::NoConnection);
    let missing = peer.kms_builder().ca_file(peer.folder().join("nowhere.pem")).build();
    let error = missing.describe(&key).await.unwrap_err();
    assert_eq!(error.reason, Reason::NoConnection);
    assert!(error.to_string().contains("certificate authorities"), "{error}");
}

#[tokio::test]
async fn a_challenge_does_not_choose_what_a_token_is_for() {
    let Some(peer) = AzurePeer::start("kms_azure::a_challenge_does_not_choose") else { return };
    let (key, acme) = (peer.create_key(), context("acme"));
    let said = "Bearer authorization=\"https://evil.example/x\", resource=\"https://management.azure.com\"";
    peer.set_faults(&json!([
        { "operation": "challenge", "status": 401, "code": "Unauthorized",
          "headers": { "www-authenticate": said } }
    ]));
    // The peer's Entra gives no token for anything but the store, and nobody asks it for one.
    assert!(peer.kms().generate(&key, &acme).await.is_ok());
    assert_eq!(peer.requests()["entra/token"], 2, "the owner's, and ours");
}
