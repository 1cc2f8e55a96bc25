//! Microsoft's own client against the Azure peer, and beside Keyward: what the peer is trusted for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::SecretKey;
use keyward_kms::{Reason, RootKeyService};
use keyward_testkit::provider_suite::context;
use keyward_tests::peers::{
    azure::{AzurePeer, azure},
    azure_client::AzureClient,
};
use serde_json::{Value, json};

#[test]
fn microsofts_client_does_all_that_an_owner_does() {
    let name = "azure_client::microsofts_client_does_all_that_an_owner_does";
    let Some(peer) = AzurePeer::start(name) else { return };
    let Some(client) = AzureClient::of(&peer, name) else { return };
    let root = json!({ "name": "root" });
    let with = |more: Value| {
        let mut asked = root.clone();
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let made =
        client.call("create", &with(json!({ "type": "RSA", "size": 3072, "tags": { "a": "b" } })));
    assert_eq!((&made["enabled"], &made["tags"]), (&true.into(), &json!({ "a": "b" })));

    // The client wraps by itself, with the public key that the peer gave; the peer unwraps.
    let value = BASE64_STANDARD.encode([5; 72]);
    let algorithm = json!({ "algorithm": "RSA-OAEP-256" });
    let wrapped =
        client.call("wrap", &with(json!({ "algorithm": "RSA-OAEP-256", "value": value })));
    let unwrap = |wrapped: &Value, version: Option<&Value>| {
        let mut asked = with(algorithm.clone());
        asked["value"] = wrapped["value"].clone();
        asked["version"] = version.cloned().unwrap_or_default();
        client.try_call("unwrap", &asked)
    };
    assert_eq!(unwrap(&wrapped, None).unwrap()["value"], value);

    // A rotation: the newest version is used, and each opens what is its own.
    let rotated = client.call("rotate", &root);
    assert_ne!(rotated["version"], made["version"]);
    assert_eq!(rotated["tags"], made["tags"]);
    assert!(unwrap(&wrapped, None).unwrap_err().contains("decoding OAEP padding"));
    assert_eq!(unwrap(&wrapped, Some(&made["version"])).unwrap()["value"], value);
    assert_eq!(client.call("versions", &root).as_array().unwrap().len(), 2);
    let policy = client.call("set-rotation", &with(json!({ "every": "P90D" })));
    assert_eq!(policy[0][1], "P90D");

    // Disabled, one version by itself.
    let disabled = client.call("set", &with(json!({ "enabled": false })));
    assert_eq!((&disabled["version"], &disabled["enabled"]), (&rotated["version"], &false.into()));
    assert_eq!(unwrap(&wrapped, Some(&made["version"])).unwrap()["value"], value);
    let off = with(json!({ "version": made["version"], "enabled": false }));
    let _ = client.call("set", &off);
    let refused = unwrap(&wrapped, Some(&made["version"])).unwrap_err();
    assert!(refused.contains("not allowed on a disabled key"), "{refused}");

    // Deleted, recovered, deleted and purged.
    let deleted = client.call("delete", &root);
    assert_eq!(client.call("deleted", &root)["scheduled"], deleted["scheduled"]);
    assert!(client.try_call("get", &root).unwrap_err().contains("KeyNotFound"));
    let again = client.try_call("create", &with(json!({ "type": "RSA" }))).unwrap_err();
    assert!(again.contains("deleted but recoverable"), "{again}");
    let recovered = client.call("recover", &root);
    assert_eq!(recovered["version"], rotated["version"]);
    let _ = client.call("delete", &root);
    let _ = client.call("purge", &root);
    assert!(client.try_call("deleted", &root).unwrap_err().contains("KeyNotFound"));

    // Keys to sign with. The client verifies by itself.
    for (kind, curve, algorithms) in [
        ("EC", "P-256", &["ES256"][..]),
        ("EC", "P-384", &["ES384"]),
        ("RSA", "", &["PS256", "RS256"]),
    ] {
        let name = format!("signer-{kind}-{curve}");
        let mut asked = json!({ "name": name, "type": kind });
        if !curve.is_empty() {
            asked["curve"] = curve.into();
        }
        let _ = client.call("create", &asked);
        for algorithm in algorithms {
            let asked = json!({ "name": name, "algorithm": algorithm, "message": "AAEC" });
            assert_eq!(client.call("sign", &asked)["verified"], true, "{algorithm}");
        }
    }
    let token = client.try_call("get", &json!({ "name": "nowhere" })).unwrap_err();
    assert!(token.contains("KeyNotFound"));
    assert!(peer.requests()["default/challenge"] > 0, "it was challenged");
}

#[test]
fn microsofts_client_uses_a_managed_hsm() {
    let name = "azure_client::microsofts_client_uses_a_managed_hsm";
    let Some(peer) = AzurePeer::start_managed_hsm(name) else { return };
    let Some(client) = AzureClient::of(&peer, name) else { return };
    let _ = client.call("create", &json!({ "name": "root", "type": "oct-HSM", "size": 256 }));
    let value = BASE64_STANDARD.encode([5; 72]);
    let asked = json!({ "name": "root", "algorithm": "A256KW", "value": value });
    let wrapped = client.call("wrap", &asked);
    let asked = json!({ "name": "root", "algorithm": "A256KW", "value": wrapped["value"] });
    assert_eq!(client.call("unwrap", &asked)["value"], value);
    let refused = client.try_call("create", &json!({ "name": "soft", "type": "RSA" }));
    assert!(refused.unwrap_err().contains("BadParameter"));
}

#[tokio::test]
async fn microsofts_client_opens_what_keyward_wrapped() {
    let name = "azure_client::microsofts_client_opens_what_keyward_wrapped";
    for (start, algorithm) in [
        (AzurePeer::start as fn(&str) -> Option<AzurePeer>, "RSA-OAEP-256"),
        (AzurePeer::start_managed_hsm, "A256KW"),
    ] {
        let Some(peer) = start(name) else { return };
        let Some(client) = AzureClient::of(&peer, name) else { return };
        let kms = peer.kms();
        let (key, acme) = (peer.create_key(), context("acme"));
        let secret = SecretKey::new([9; 32]);
        let wrapped = kms.wrap(&key, &acme, &secret).await.unwrap();
        kms.rotate(&key).await.unwrap();

        // By the layout of `docs/formats.md`.
        let asked = json!({
            "name": azure(&key).name(),
            "version": hex::encode(&wrapped.blob[2..18]),
            "algorithm": algorithm,
            "value": BASE64_STANDARD.encode(&wrapped.blob[18..]),
        });
        let payload = client.call("unwrap", &asked);
        let payload = BASE64_STANDARD.decode(payload["value"].as_str().unwrap()).unwrap();
        assert_eq!(&payload[..8], b"keyward\x01");
        assert_eq!(&payload[8..40], secret.expose());
        assert_eq!(payload.len(), 72);

        // And Keyward what the client wrapped, once it is bound to another context and once to ours.
        let bound = |tenant: &str| keyward_kms::BoundKey::new(&secret, &context(tenant));
        for (tenant, opens) in [("acme", true), ("umbrella", false)] {
            let value = BASE64_STANDARD.encode(bound(tenant).expose());
            let asked =
                json!({ "name": azure(&key).name(), "algorithm": algorithm, "value": value });
            let answer = client.call("wrap", &asked);
            let ciphertext = BASE64_STANDARD.decode(answer["value"].as_str().unwrap()).unwrap();
            let version = answer["id"].as_str().unwrap().rsplit('/').next().unwrap();
            let version = hex::decode(version).unwrap();
            let blob = [&wrapped.blob[..2], &version, &ciphertext].concat();
            match kms.unwrap(&key, &acme, &blob).await {
                Ok(opened) => assert!(opens && opened.expose() == secret.expose()),
                Err(error) => assert!(!opens && error.reason == Reason::WrongCiphertext),
            }
        }
    }
}
