//! HSMs as a provider of root keys, against SoftHSM2, with keys that `pkcs11-tool` makes.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use keyward_core::{EncryptionContext, RootKeyReference, SecretKey};
use keyward_kms::{
    Evidence, KeyUsage, KmsError, ProviderState, Reason, RootKeyService, SignatureAlgorithm,
};
use keyward_kms_pkcs11::{Pkcs11Kms, Wrapping};
use keyward_testkit::provider_suite::{
    Absent, Hook, SigningKey, Subject, Trouble, Withheld, context, wrapped,
};
use keyward_tests::peers::{
    python::python,
    softhsm::{PIN, SoftHsm, pkcs11},
};
use zeroize::Zeroizing;

keyward_testkit::provider_suite!(super::start);

/// The same, where the token has no AES-GCM: key wrap, and the context in the payload.
mod key_wrap {
    use super::*;

    keyward_testkit::provider_suite!(super::start_with_key_wrap);
}

fn reason<T>(result: Result<T, KmsError>) -> Reason {
    result.map(drop).expect_err("the call is refused").reason
}

#[tokio::test]
async fn a_token_that_was_away_is_logged_in_to_again() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::a_token_that_was_away_is_logged_in_to_again")
    else {
        return;
    };
    let kms = peer.kms_builder().build();
    peer.create_key("root", "01");
    let key = peer.reference("root");
    let (secrets, items) = wrapped(&kms, &key, 1).await;
    let opens = async || {
        let opened = kms.unwrap(&key, &context("acme"), &items[0].blob).await;
        assert_eq!(opened.unwrap().expose(), &secrets[0]);
    };
    peer.end_sessions();
    opens().await;
    // Logged out, private keys can't be seen: that is no missing key.
    peer.log_out();
    opens().await;
    peer.log_out();
    assert_eq!(kms.describe(&key).await.unwrap().state, ProviderState::Enabled);
    peer.pull_out();
    assert_eq!(kms.describe(&key).await.unwrap_err().reason, Reason::NoConnection);
    peer.put_back();
    opens().await;
}

#[tokio::test]
async fn a_wrong_pin_is_tried_once() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::a_wrong_pin_is_tried_once") else { return };
    peer.create_key("root", "01");
    let key = peer.reference("root");
    let asked = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&asked);
    let wrong = Arc::new(move |_: &_| {
        counts.fetch_add(1, Ordering::SeqCst);
        Some(Zeroizing::new("000000".to_owned()))
    });
    let kms = peer.kms_builder().pin(wrong).build();
    let first = kms.describe(&key).await.unwrap_err();
    assert_eq!(first.reason, Reason::Credentials);
    assert_eq!(first.provider_code.as_deref(), Some("CKR_PIN_INCORRECT"));
    let again = kms.describe(&key).await.unwrap_err();
    assert_eq!(again.reason, Reason::Credentials);
    assert!(again.provider_code.unwrap().contains("is not tried again"));
    assert_eq!(asked.load(Ordering::SeqCst), 2, "a PIN that is changed meanwhile would be found");

    // Another process would not spend the next try either, though it has the right PIN.
    let next = peer.kms_builder().build();
    assert_eq!(reason(next.describe(&key).await), Reason::Credentials);
    // Whoever sets the PIN anew tries it, and all is well again.
    let tried = next.try_pin(pkcs11(&key), Zeroizing::new("000000".to_owned())).await;
    assert_eq!(reason(tried), Reason::Credentials);
    let token = next.try_pin(pkcs11(&key), Zeroizing::new(PIN.to_owned())).await.unwrap();
    assert_eq!(token.model, "SoftHSM v2");
    assert_eq!(next.describe(&key).await.unwrap().usage, KeyUsage::Wrap);

    // A PIN that was refused for a while, and is the token's own again.
    let change = |from: &str, to: &str| {
        peer.tool(&["--change-pin", "--pin", from, "--new-pin", to]);
        // The library reads PINs when it starts.
        peer.end_sessions();
    };
    change(PIN, "161803");
    assert_eq!(reason(next.describe(&key).await), Reason::Credentials);
    change("161803", PIN);
    assert_eq!(reason(next.describe(&key).await), Reason::Credentials, "until somebody says so");
    next.try_pin(pkcs11(&key), Zeroizing::new(PIN.to_owned())).await.unwrap();
    assert_eq!(next.describe(&key).await.unwrap().usage, KeyUsage::Wrap);

    let none = Pkcs11Kms::builder().module(peer.library()).build();
    peer.end_sessions();
    assert_eq!(reason(none.describe(&key).await), Reason::Credentials);
}

#[tokio::test]
async fn a_key_that_can_leave_is_no_root_key() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::a_key_that_can_leave_is_no_root_key") else {
        return;
    };
    let kms = peer.kms_builder().build();
    let keygen = ["--keygen", "--key-type", "AES:32", "--id", "01", "--label"];
    peer.tool(&[&keygen[..], &["loose", "--sensitive", "--extractable"]].concat());
    peer.tool(&[
        "--keygen",
        "--key-type",
        "AES:16",
        "--id",
        "01",
        "--label",
        "short",
        "--sensitive",
    ]);
    let secret = SecretKey::new([1; 32]);
    for (label, expected) in [("loose", Reason::Extractable), ("short", Reason::WrongKeyKind)] {
        let key = peer.reference(label);
        assert_eq!(reason(kms.describe(&key).await), expected, "{label}");
        assert_eq!(reason(kms.wrap(&key, &context("acme"), &secret).await), expected, "{label}");
        assert_eq!(reason(kms.generate(&key, &context("acme")).await), expected, "{label}");
    }
}

#[tokio::test]
async fn evidence_tells_what_the_token_says() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::evidence_tells_what_the_token_says") else {
        return;
    };
    let kms = peer.kms_builder().build();
    let key = peer.reference("made here");
    kms.create_key(pkcs11(&key)).await.unwrap();
    assert_eq!(reason(kms.create_key(pkcs11(&key)).await), Reason::AlreadyExists);
    let evidence = kms.evidence(&key).await.unwrap();
    let says = |name: &str| {
        let found: &Evidence = evidence.iter().find(|found| found.name == name).unwrap();
        (found.value.clone(), found.speaks_for)
    };
    for (name, value) in [
        ("CKA_SENSITIVE", "true"),
        ("CKA_ALWAYS_SENSITIVE", "true"),
        ("CKA_EXTRACTABLE", "false"),
        ("CKA_NEVER_EXTRACTABLE", "true"),
        ("CKA_LOCAL", "true"),
    ] {
        assert_eq!(says(name), (value.to_owned(), Some(true)), "{name}");
    }
    // A software token says so itself.
    assert_eq!(says("CKF_HW"), ("false".to_owned(), Some(false)));
    assert_eq!(says("token model"), ("SoftHSM v2".to_owned(), None));
    assert_eq!(kms.rotate(&key).await, Ok(2));
    let evidence = kms.evidence(&key).await.unwrap();
    let leaves = evidence.iter().find(|found| found.name == "CKA_NEVER_EXTRACTABLE").unwrap();
    assert_eq!(leaves.speaks_for, Some(true), "the version that wraps is no less safe");
}

#[tokio::test]
async fn what_is_ambiguous_is_refused() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::what_is_ambiguous_is_refused") else { return };
    let kms = peer.kms_builder().build();
    for id in ["01", "0001"] {
        peer.create_key("twice", id);
    }
    let twice = peer.reference("twice");
    assert_eq!(reason(kms.describe(&twice).await), Reason::Malformed);
    // By its id one of them is meant, and stays what it is.
    let pinned: RootKeyReference = format!("{twice};id=%01").parse().unwrap();
    assert_eq!(kms.describe(&pinned).await.unwrap().version, 1);
    assert_eq!(reason(kms.rotate(&pinned).await), Reason::Unsupported);

    peer.create_key("once", "01");
    let anywhere: RootKeyReference = "pkcs11:object=once".parse().unwrap();
    assert!(kms.describe(&anywhere).await.is_ok());
    peer.add_token("another hsm");
    // The library looks for tokens when it starts.
    peer.end_sessions();
    assert_eq!(reason(peer.kms_builder().build().describe(&anywhere).await), Reason::Malformed);

    let elsewhere: RootKeyReference = format!("{twice}?module-path=/tmp/evil.so").parse().unwrap();
    assert_eq!(reason(kms.describe(&elsewhere).await), Reason::Malformed);
    let named = format!("{}?module-name=softhsm2", peer.reference("once")).parse().unwrap();
    assert!(kms.describe(&named).await.is_ok());
}

#[tokio::test]
async fn a_blob_opens_by_whichever_mechanism_made_it() {
    let Some(peer) = SoftHsm::start("kms_pkcs11::a_blob_opens_by_whichever_mechanism_made_it")
    else {
        return;
    };
    peer.create_key("root", "01");
    let key = peer.reference("root");
    let gcm = peer.kms_builder().build();
    let wrap = peer.kms_builder().wrapping(Wrapping::KeyWrap).build();
    for (one, other, length) in [(&gcm, &wrap, 65), (&wrap, &gcm, 85)] {
        let (secrets, items) = wrapped(one, &key, 1).await;
        assert_eq!(items[0].blob.len(), length);
        let opened = other.unwrap(&key, &context("acme"), &items[0].blob).await.unwrap();
        assert_eq!(opened.expose(), &secrets[0]);
        let stranger = other.unwrap(&key, &context("umbrella"), &items[0].blob).await;
        assert_eq!(reason(stranger), Reason::WrongCiphertext);
    }
}

#[tokio::test]
async fn another_client_opens_what_was_wrapped() {
    let name = "kms_pkcs11::another_client_opens_what_was_wrapped";
    let Some(python) = python(name) else { return };
    let Some(peer) = SoftHsm::start(name) else { return };
    peer.create_key("root", "01");
    let key = peer.reference("root");
    let mut acme = context("acme");
    acme.insert("Ünicode", "Grüße, 世界").unwrap();
    for wrapping in [Wrapping::Best, Wrapping::KeyWrap] {
        let kms = peer.kms_builder().wrapping(wrapping).build();
        let secret = SecretKey::new([9; 32]);
        let blob = kms.wrap(&key, &acme, &secret).await.unwrap().blob;
        let opened = peer.opened_by_python(&python, &key, &acme, &blob);
        assert_eq!(opened.as_deref(), Some(&secret.expose()[..]), "{wrapping:?}");
        assert_eq!(peer.opened_by_python(&python, &key, &context("acme"), &blob), None);
    }
}

async fn start_with_key_wrap(name: &str) -> Option<HsmSubject> {
    HsmSubject::start(name, Wrapping::KeyWrap)
}

async fn start(name: &str) -> Option<HsmSubject> {
    HsmSubject::start(name, Wrapping::Best)
}

/// SoftHSM as the provider suite sees it.
struct HsmSubject {
    peer: SoftHsm,
    kms: Arc<Pkcs11Kms>,
    wrapping: Wrapping,
}

impl HsmSubject {
    fn start(name: &str, wrapping: Wrapping) -> Option<Self> {
        let peer = SoftHsm::start(name)?;
        let kms = Arc::new(peer.kms_builder().wrapping(wrapping).build());
        Some(Self { peer, kms, wrapping })
    }
}

#[async_trait]
impl Subject for HsmSubject {
    fn service(&self) -> Arc<dyn RootKeyService> {
        self.kms.clone()
    }

    async fn root_key(&self) -> RootKeyReference {
        let label = self.peer.next_label();
        self.peer.create_key(&label, "01");
        self.peer.reference(&label)
    }

    async fn missing_key(&self) -> RootKeyReference {
        self.peer.reference(&self.peer.next_label())
    }

    async fn foreign_blob(&self, _: &RootKeyReference, _: &EncryptionContext) -> Hook<Vec<u8>> {
        Err(Absent("what isn't a 256-bit key makes a blob of another length, which is no blob"))
    }

    fn randomises(&self) -> Hook {
        match self.wrapping {
            Wrapping::Best => Ok(()),
            Wrapping::KeyWrap => Err(Absent("AES key wrap has no nonce (RFC 5649)")),
        }
    }

    async fn signing_keys(&self) -> Hook<Vec<SigningKey>> {
        use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
        let kinds = [
            ("EC:prime256v1", vec![EcdsaP256Sha256]),
            ("EC:secp384r1", vec![EcdsaP384Sha384]),
            ("rsa:2048", vec![RsaPssSha256, RsaPkcs1Sha256]),
        ];
        let make = |(kind, algorithms): (&str, Vec<SignatureAlgorithm>)| SigningKey {
            key: self.peer.create_signing_key(kind),
            algorithms,
        };
        Ok(kinds.into_iter().map(make).collect())
    }

    async fn tag(&self, _: &RootKeyReference, _: &str, _: &str) -> Hook {
        Err(Absent("objects of a token have no tags"))
    }

    async fn rotate(&self, key: &RootKeyReference) -> Hook {
        self.peer.create_key(pkcs11(key).object().unwrap(), "02");
        Ok(())
    }

    async fn withhold(&self, key: &RootKeyReference, how: Withheld) -> Hook {
        match how {
            Withheld::Disabled => self.peer.set_usable(key, false),
            Withheld::Deleted => self.peer.delete(key),
            Withheld::PendingDeletion => return Err(Absent("a token destroys a key at once")),
            Withheld::Denied => return Err(Absent("who has the PIN may use every key")),
        }
        Ok(())
    }

    async fn restore(&self, key: &RootKeyReference, _: Withheld) {
        self.peer.set_usable(key, true);
    }

    async fn strike(&self, trouble: Trouble) -> Hook<Arc<dyn RootKeyService>> {
        match trouble {
            Trouble::Gone => {
                self.peer.pull_out();
                Ok(self.service())
            }
            Trouble::Credentials => {
                self.peer.end_sessions();
                let wrong = Arc::new(|_: &_| Some(Zeroizing::new("000000".to_owned())));
                Ok(Arc::new(self.peer.kms_builder().pin(wrong).build()))
            }
            Trouble::Silent | Trouble::Throttling | Trouble::Failing | Trouble::Nonsense => {
                Err(Absent("SoftHSM is a library, with nothing between it and us"))
            }
        }
    }

    async fn heal(&self, trouble: Trouble) {
        if trouble == Trouble::Gone {
            self.peer.put_back();
        }
    }
}
