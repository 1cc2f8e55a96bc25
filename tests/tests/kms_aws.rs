//! AWS KMS as a provider of root keys, against the AWS peer over a real socket.

use std::{net::TcpListener, process::Command, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_kms::{primitives::Blob, types::KeySpec};
use keyward_core::{EncryptionContext, Provider, RootKeyReference};
use keyward_kms::{
    ErrorClass, KeyUsage, KmsError, ProviderState, Reason, RootKeyService, SignatureAlgorithm,
};
use keyward_kms_aws::AwsKms;
use keyward_testkit::provider_suite::{
    Hook, SigningKey, Subject, Trouble, Withheld, context, wrapped,
};
use keyward_tests::peers::aws::{ACCOUNT, AwsPeer};
use serde_json::json;

keyward_testkit::provider_suite!(super::start);

const FRANKFURT: &str = "eu-central-1";
const VIRGINIA: &str = "us-east-1";

fn reason<T>(result: Result<T, KmsError>) -> Reason {
    result.map(drop).expect_err("the call is refused").reason
}

#[tokio::test]
async fn a_rotation_is_scheduled_by_kms_and_never_repeated_by_us() {
    let Some(peer) = AwsPeer::start("kms_aws::a_rotation_is_scheduled_by_kms") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    assert_eq!(kms.describe(&key).await.unwrap().rotates_every_days, None);
    let client = peer.client(FRANKFURT);
    client.enable_key_rotation().key_id(key.to_string()).send().await.unwrap();
    assert_eq!(kms.describe(&key).await.unwrap().rotates_every_days, Some(365));

    // A second rotation must not follow from an answer that was lost.
    peer.set_faults(&json!([{ "operation": "RotateKeyOnDemand", "status": 500, "body": "" }]));
    peer.forget();
    assert_eq!(reason(kms.rotate(&key).await), Reason::ProviderFault);
    assert_eq!(peer.requests()["eu-central-1/RotateKeyOnDemand"], 1);
}

#[tokio::test]
async fn an_access_key_that_is_given_signs_at_once_and_until_another_is() {
    let Some(peer) = AwsPeer::start("kms_aws::an_access_key_that_is_given") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    let signers = async || {
        peer.forget();
        kms.describe(&key).await.unwrap();
        peer.signers()
    };
    assert_eq!(signers().await, ["peer"]);
    let with = |id, token| peer.kms_builder().access_key(id, "wJalrXUtnFEMI", token);
    kms.configure(with("AKIAIOSFODNN7EXAMPLE", None));
    assert_eq!(signers().await, ["AKIAIOSFODNN7EXAMPLE"]);
    kms.configure(with("ASIAIOSFODNN7EXAMPLE", Some("token")));
    assert_eq!(signers().await, ["ASIAIOSFODNN7EXAMPLE with a token"]);
    kms.configure(peer.kms_builder());
    assert_eq!(signers().await, ["peer"]);
}

#[tokio::test]
async fn rotations_that_may_not_be_listed_dont_fail_the_description() {
    let Some(peer) = AwsPeer::start("kms_aws::rotations_that_may_not_be_listed") else { return };
    let key = peer.create_key(FRANKFURT).await;
    let denied = |operation| json!({ "operation": operation, "status": 400, "code": "AccessDeniedException" });
    peer.set_faults(&json!([denied("ListKeyRotations"), denied("GetKeyRotationStatus")]));
    let description = peer.kms().describe(&key).await.unwrap();
    assert_eq!((description.version, description.rotates_every_days), (1, None));

    peer.set_faults(&json!([{ "operation": "ListKeyRotations", "status": 503, "body": "" }]));
    assert_eq!(reason(peer.kms().describe(&key).await), Reason::ProviderFault);
}

#[tokio::test]
async fn a_rewrap_never_shows_the_keys() {
    let Some(peer) = AwsPeer::start("kms_aws::a_rewrap_never_shows_the_keys") else { return };
    let kms = peer.kms_builder().concurrency(8).build();
    let (from, to) = (peer.create_key(FRANKFURT).await, peer.create_key(FRANKFURT).await);
    let (secrets, items) = wrapped(&kms, &from, 40).await;
    peer.forget();
    // Answers that come out of order.
    peer.set_faults(&json!([{ "operation": "ReEncrypt", "times": 1, "delay": 0.3 }]));
    let rewrapped = kms.rewrap(&from, &to, items).await;
    let requests = peer.requests();
    assert_eq!(requests["eu-central-1/ReEncrypt"], 40);
    assert_eq!(requests.len(), 1, "nothing but ReEncrypt is asked for: {requests:?}");
    for (secret, result) in secrets.iter().zip(rewrapped) {
        let opened = kms.unwrap(&to, &context("acme"), &result.unwrap().blob).await.unwrap();
        assert_eq!(opened.expose(), secret);
    }
}

#[tokio::test]
async fn a_rewrap_goes_to_another_region_too() {
    let Some(peer) = AwsPeer::start("kms_aws::a_rewrap_goes_to_another_region") else { return };
    let kms = peer.kms();
    let (from, to) = (peer.create_key(FRANKFURT).await, peer.create_key(VIRGINIA).await);
    let (secrets, items) = wrapped(&kms, &from, 1).await;
    let rewrapped = kms.rewrap(&from, &to, items).await.remove(0).unwrap();
    let opened = kms.unwrap(&to, &context("acme"), &rewrapped.blob).await.unwrap();
    assert_eq!(opened.expose(), &secrets[0]);
}

#[tokio::test]
async fn a_rewrap_stops_asking_once_a_key_is_withheld() {
    let Some(peer) = AwsPeer::start("kms_aws::a_rewrap_stops_asking") else { return };
    let kms = peer.kms_builder().concurrency(4).build();
    let (from, to) = (peer.create_key(FRANKFURT).await, peer.create_key(FRANKFURT).await);
    let (_, mut items) = wrapped(&kms, &from, 2).await;
    items = items.iter().cycle().take(200).cloned().collect();
    for withheld in [&from, &to] {
        kms.set_enabled(withheld, false).await.unwrap();
        peer.forget();
        let results = kms.rewrap(&from, &to, items.clone()).await;
        assert_eq!(results.len(), 200);
        for result in results {
            let error = result.expect_err("the key is disabled");
            assert_eq!(error.reason, Reason::Disabled);
            assert_eq!(error.key, withheld.to_string(), "the key that is refused is named");
        }
        assert!(peer.requests()["eu-central-1/ReEncrypt"] <= 8);
        kms.set_enabled(withheld, true).await.unwrap();
    }

    // A policy may deny one context and allow the next, so a denial of access is each item's own.
    let denied = json!([{ "operation": "ReEncrypt", "times": 1, "status": 400, "code": "AccessDeniedException" }]);
    peer.set_faults(&denied);
    let results = kms.rewrap(&from, &to, items[..20].to_vec()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 19);
}

#[tokio::test]
async fn a_multi_region_key_is_one_key_used_where_its_reference_says() {
    let Some(peer) = AwsPeer::start("kms_aws::a_multi_region_key_is_one_key") else { return };
    let kms = peer.kms();
    let keys = peer.create_multi_region_key(FRANKFURT, &[VIRGINIA]).await;
    let [primary, replica] = keys.as_slice() else { panic!("a primary key and its replica") };
    let (at_home, abroad) =
        (kms.describe(primary).await.unwrap(), kms.describe(replica).await.unwrap());
    assert_eq!(at_home.identity, abroad.identity);
    assert!(at_home.identity.starts_with(&format!("aws:aws:{ACCOUNT}:mrk-")));
    assert_eq!(at_home.replicas, keys);
    assert_eq!(abroad.replicas, keys);

    let (secret, wrapped) = kms.generate(primary, &context("acme")).await.unwrap();
    peer.forget();
    let opened = kms.unwrap(replica, &context("acme"), &wrapped.blob).await.unwrap();
    assert_eq!(opened.expose(), secret.expose());
    let requests: Vec<_> = peer.requests().into_iter().collect();
    assert_eq!(requests, [("us-east-1/Decrypt".to_owned(), 1)]);

    // KMS rotates the primary key alone, whichever reference we were asked with.
    assert_eq!(kms.rotate(replica).await, Ok(2));
    assert_eq!(kms.describe(primary).await.unwrap().version, 2);
    assert!(kms.unwrap(replica, &context("acme"), &wrapped.blob).await.is_ok());
}

#[tokio::test]
async fn there_is_no_fallback_to_another_region() {
    let Some(peer) = AwsPeer::start("kms_aws::there_is_no_fallback") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    let (_, wrapped) = kms.generate(&key, &context("acme")).await.unwrap();
    let elsewhere: RootKeyReference = key.to_string().replace(FRANKFURT, VIRGINIA).parse().unwrap();
    peer.forget();
    assert_eq!(
        reason(kms.unwrap(&elsewhere, &context("acme"), &wrapped.blob).await),
        Reason::NotFound
    );
    let requests: Vec<_> = peer.requests().into_iter().collect();
    assert_eq!(requests, [("us-east-1/Decrypt".to_owned(), 1)]);

    let others: RootKeyReference = "local:acme".parse().unwrap();
    assert_eq!(reason(kms.describe(&others).await), Reason::Malformed);
}

#[tokio::test]
async fn an_alias_is_the_key_it_points_at() {
    let Some(peer) = AwsPeer::start("kms_aws::an_alias_is_the_key") else { return };
    let kms = peer.kms();
    let key = peer.create_tagged_key(FRANKFURT, &[("owner", "acme"), ("keyward", "token")]).await;
    let alias = peer.create_alias(&key, "acme/root").await;
    let description = kms.describe(&alias).await.unwrap();
    assert_eq!(description.identity, key.to_string());
    assert_eq!(description.identity, kms.describe(&key).await.unwrap().identity);
    assert_eq!(description.usage, KeyUsage::Wrap);
    assert_eq!(description.replicas, std::slice::from_ref(&key));

    let (secret, wrapped) = kms.generate(&alias, &context("acme")).await.unwrap();
    let opened = kms.unwrap(&key, &context("acme"), &wrapped.blob).await.unwrap();
    assert_eq!(opened.expose(), secret.expose());

    let tags = kms.tags(&alias).await.unwrap();
    assert_eq!(
        tags.into_iter().collect::<Vec<_>>(),
        [("keyward".to_owned(), "token".to_owned()), ("owner".to_owned(), "acme".to_owned()),]
    );
    assert_eq!(kms.rotate(&alias).await, Ok(2));
    kms.set_enabled(&alias, false).await.unwrap();
    assert_eq!(kms.describe(&key).await.unwrap().state, ProviderState::Disabled);
}

#[tokio::test]
async fn a_curve_that_is_not_ours_is_offered_for_nothing() {
    let Some(peer) = AwsPeer::start("kms_aws::a_curve_that_is_not_ours") else { return };
    let secp256k1 = peer.create_signing_key(FRANKFURT, KeySpec::EccSecgP256K1).await;
    assert_eq!(peer.kms().public_key(&secp256k1).await.unwrap().algorithms, []);
}

#[tokio::test]
async fn every_error_over_the_wire_has_its_class() {
    let Some(peer) = AwsPeer::start("kms_aws::every_error_over_the_wire") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    let (_, wrapped) = kms.generate(&key, &context("acme")).await.unwrap();
    let throttled = Reason::Throttled { retry_after: None };
    for (status, code, message, expected) in [
        (400, "AccessDeniedException", "User is not authorized", Reason::AccessDenied),
        (400, "DisabledException", "", Reason::Disabled),
        (400, "KMSInvalidStateException", "KEY is pending deletion.", Reason::PendingDeletion),
        (400, "KMSInvalidStateException", "KEY is pending import.", Reason::NotUsable),
        (400, "NotFoundException", "", Reason::NotFound),
        (400, "InvalidCiphertextException", "", Reason::WrongCiphertext),
        (400, "IncorrectKeyException", "", Reason::WrongCiphertext),
        (500, "KeyUnavailableException", "", Reason::ProviderFault),
        (500, "KMSInternalException", "", Reason::ProviderFault),
        (503, "DependencyTimeoutException", "", Reason::TimedOut),
        (400, "ThrottlingException", "Rate exceeded", throttled),
        (400, "LimitExceededException", "", throttled),
        (400, "RequestLimitExceeded", "", throttled),
        (400, "InvalidKeyUsageException", "", Reason::WrongKeyKind),
        (400, "InvalidArnException", "", Reason::Malformed),
        (400, "ValidationException", "", Reason::Malformed),
        (400, "ExpiredTokenException", "", Reason::Credentials),
        (400, "UnrecognizedClientException", "", Reason::Credentials),
        (403, "InvalidClientTokenId", "", Reason::Credentials),
        (403, "SignatureDoesNotMatch", "", Reason::Credentials),
        (400, "UnsupportedOperationException", "", Reason::Unsupported),
        (400, "DryRunOperationException", "", Reason::ProviderFault),
        (400, "com.amazonaws.kms#DisabledException", "", Reason::Disabled),
    ] {
        peer.set_faults(&json!([{ "status": status, "code": code, "message": message }]));
        let error = kms.unwrap(&key, &context("acme"), &wrapped.blob).await.unwrap_err();
        assert_eq!(error.reason, expected, "{code}");
        assert_eq!(error.provider, Provider::AwsKms);
        assert_eq!(error.provider_code.as_deref(), code.rsplit('#').next());
        assert!(error.to_string().contains(&key.to_string()));
    }
}

#[tokio::test]
async fn a_page_that_is_not_from_kms_is_no_denial() {
    let Some(peer) = AwsPeer::start("kms_aws::a_page_that_is_not_from_kms") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    for status in [200, 403, 404, 500, 502] {
        let page = "<html><body>Something went wrong</body></html>";
        peer.set_faults(&json!([{ "status": status, "body": page }]));
        let error = kms.generate(&key, &context("acme")).await.unwrap_err();
        assert_eq!(error.reason, Reason::ProviderFault, "{status}");
        assert_eq!(error.class(), ErrorClass::Unreachable);
    }
    peer.set_faults(&json!([{ "status": 200, "body": "{}" }]));
    let error = kms.generate(&key, &context("acme")).await.unwrap_err();
    assert_eq!(error.reason, Reason::ProviderFault);
}

#[tokio::test]
async fn throttling_is_retried_and_then_told_with_its_hint() {
    let Some(peer) = AwsPeer::start("kms_aws::throttling_is_retried") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    let throttle = |times: u32| {
        json!([{
            "operation": "GenerateDataKey", "times": times, "status": 400,
            "code": "ThrottlingException", "headers": { "retry-after": "2" },
        }])
    };
    peer.set_faults(&throttle(1));
    assert!(kms.generate(&key, &context("acme")).await.is_ok());

    peer.set_faults(&throttle(100));
    let error = kms.generate(&key, &context("acme")).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(2));
    assert_eq!(error.reason, Reason::Throttled { retry_after });
}

/// How this test tells its own child process what to ask for.
const CHILD_KEY: &str = "KEYWARD_TEST_CHILD_KEY";

/// AWS's ordinary configuration comes from the environment and from files named there, which a test
/// can't set for itself: it runs itself again for each case.
#[test]
fn ordinary_configuration_is_used() {
    if let Ok(key) = std::env::var(CHILD_KEY) {
        describe_and_print(&key.parse().unwrap());
        return;
    }
    let Some(peer) = AwsPeer::start("kms_aws::ordinary_configuration_is_used") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let key = runtime.block_on(peer.create_key(FRANKFURT));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let endpoint = peer.endpoint();
    std::fs::write(
        &file,
        format!(
            "[profile keys]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = {endpoint}\n\
             [profile process]\ncredential_process = printf '{{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}}'\nendpoint_url = {endpoint}\n\
             [profile empty]\nendpoint_url = {endpoint}\n"
        ),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let none = "the provider does not accept our credentials";
    for (case, environment, expected) in [
        (
            "environment",
            vec![
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "b"),
                ("AWS_ENDPOINT_URL", endpoint),
            ],
            "Enabled",
        ),
        (
            "endpoint of KMS",
            vec![
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "b"),
                ("AWS_ENDPOINT_URL_KMS", endpoint),
            ],
            "Enabled",
        ),
        ("profile", vec![("AWS_PROFILE", "keys")], "Enabled"),
        ("credential process", vec![("AWS_PROFILE", "process")], "Enabled"),
        ("no credentials", vec![("AWS_PROFILE", "empty")], none),
    ] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ordinary_configuration_is_used", "--nocapture"])
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)))
            .env("HOME", folder.path())
            .env("AWS_CONFIG_FILE", file)
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env(CHILD_KEY, key.to_string())
            .envs(environment)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains(expected),
            "{case}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn describe_and_print(key: &RootKeyReference) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match runtime.block_on(AwsKms::from_env().describe(key)) {
        Ok(description) => println!("{:?}", description.state),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn the_policy_that_is_asked_for_is_taken_and_read_back() {
    let Some(peer) = AwsPeer::start("kms_aws::the_policy_that_is_asked_for") else { return };
    let kms = peer.kms();
    let key = peer.create_key(FRANKFURT).await;
    let tenant = "acme".parse().unwrap();
    let role = "arn:aws:iam::444455556666:role/keyward";
    let asked = kms.key_policy(&key, &tenant, Some(role)).unwrap();
    let compared = async || {
        let found = kms.policy(&key).await.unwrap().expect("KMS has a policy for every key");
        kms.compare_policy(&asked, &found)
    };
    // The default policy lets the owner's account in, and the role is of another one.
    let differences = compared().await;
    assert!(!differences.fine && differences.broader.is_empty() && differences.unsure.is_empty());

    let found = kms.policy(&key).await.unwrap().unwrap();
    let mut policy: serde_json::Value = serde_json::from_str(&found).unwrap();
    let added: Vec<serde_json::Value> = serde_json::from_str(&asked.text).unwrap();
    policy["Statement"].as_array_mut().unwrap().extend(added);
    let put = peer.client(FRANKFURT).put_key_policy().key_id(key.to_string());
    put.policy_name("default").policy(policy.to_string()).send().await.unwrap();
    let differences = compared().await;
    assert!(differences.fine && differences.missing.is_empty(), "{differences:?}");

    let gone = format!("arn:aws:kms:{FRANKFURT}:{ACCOUNT}:alias/nowhere").parse().unwrap();
    assert_eq!(reason(kms.policy(&gone).await), Reason::NotFound);
}

async fn start(name: &str) -> Option<AwsSubject> {
    AwsPeer::start(name).map(|peer| AwsSubject { kms: Arc::new(peer.kms()), peer })
}

/// AWS KMS as the provider suite sees it.
struct AwsSubject {
    peer: AwsPeer,
    kms: Arc<AwsKms>,
}

#[async_trait]
impl Subject for AwsSubject {
    fn service(&self) -> Arc<dyn RootKeyService> {
        self.kms.clone()
    }

    async fn root_key(&self) -> RootKeyReference {
        self.peer.create_key(FRANKFURT).await
    }

    async fn missing_key(&self) -> RootKeyReference {
        let id = "0ecb38bd-f9a4-4f0c-8b5f-1f0c4b5d8a11";
        format!("arn:aws:kms:{FRANKFURT}:{ACCOUNT}:key/{id}").parse().unwrap()
    }

    async fn foreign_blob(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Hook<Vec<u8>> {
        let call = self.peer.client(FRANKFURT).encrypt().key_id(key.to_string());
        let pairs = context.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let call = call.set_encryption_context(Some(pairs.collect()));
        let answer = call.plaintext(Blob::new("short")).send().await.unwrap();
        Ok(answer.ciphertext_blob.unwrap().into_inner())
    }

    async fn signing_keys(&self) -> Hook<Vec<SigningKey>> {
        use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
        let mut keys = Vec::new();
        for (spec, algorithms) in [
            (KeySpec::EccNistP256, vec![EcdsaP256Sha256]),
            (KeySpec::EccNistP384, vec![EcdsaP384Sha384]),
            (KeySpec::Rsa2048, vec![RsaPssSha256, RsaPkcs1Sha256]),
        ] {
            let key = self.peer.create_signing_key(FRANKFURT, spec).await;
            keys.push(SigningKey { key, algorithms });
        }
        Ok(keys)
    }

    async fn tag(&self, key: &RootKeyReference, name: &str, value: &str) -> Hook {
        self.peer.tag(key, name, value).await;
        Ok(())
    }

    async fn rotate(&self, key: &RootKeyReference) -> Hook {
        let client = self.peer.client(FRANKFURT);
        client.rotate_key_on_demand().key_id(key.to_string()).send().await.unwrap();
        Ok(())
    }

    async fn withhold(&self, key: &RootKeyReference, how: Withheld) -> Hook {
        match how {
            Withheld::Disabled => {
                let client = self.peer.client(FRANKFURT);
                client.disable_key().key_id(key.to_string()).send().await.unwrap();
            }
            Withheld::PendingDeletion => self.peer.schedule_deletion(key).await,
            Withheld::Deleted => self.peer.delete(key),
            Withheld::Denied => self.answer_all(400, "AccessDeniedException"),
        }
        Ok(())
    }

    async fn restore(&self, key: &RootKeyReference, how: Withheld) {
        match how {
            Withheld::Denied => self.peer.set_faults(&json!([])),
            Withheld::PendingDeletion => {
                self.peer.cancel_deletion(key).await;
                self.kms.set_enabled(key, true).await.unwrap();
            }
            Withheld::Disabled | Withheld::Deleted => {
                self.kms.set_enabled(key, true).await.unwrap();
            }
        }
    }

    async fn strike(&self, trouble: Trouble) -> Hook<Arc<dyn RootKeyService>> {
        match trouble {
            Trouble::Gone => {
                let nobody = format!("http://127.0.0.1:{}", free_port());
                return Ok(Arc::new(self.peer.kms_builder().endpoint(nobody).build()));
            }
            Trouble::Silent => {
                self.peer.set_faults(&json!([{ "delay": 3 }]));
                let patience = Duration::from_millis(200);
                let patience = TimeoutConfig::builder().operation_attempt_timeout(patience).build();
                let config = self.peer.sdk_config(FRANKFURT).into_builder();
                let config = config.timeout_config(patience).build();
                return Ok(Arc::new(AwsKms::builder().sdk_config(config).build()));
            }
            Trouble::Throttling => self.answer_all(400, "ThrottlingException"),
            Trouble::Failing => self.answer_all(500, "KMSInternalException"),
            Trouble::Credentials => self.answer_all(400, "ExpiredTokenException"),
            Trouble::Nonsense => {
                self.peer.set_faults(&json!([{ "status": 403, "body": "<html>Forbidden</html>" }]));
            }
        }
        Ok(self.service())
    }

    async fn heal(&self, _: Trouble) {
        self.peer.set_faults(&json!([]));
    }
}

impl AwsSubject {
    /// Every request is answered so.
    fn answer_all(&self, status: u16, code: &str) {
        self.peer.set_faults(&json!([{ "status": status, "code": code }]));
    }
}

/// A port where nothing listens: bound once, to be sure that it is nobody's, and let go.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
