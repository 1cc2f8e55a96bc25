//! The AWS peer: moto's server with KMS's rules put in (`tests/peers/aws/moto_kms.py`), on a free
//! port, ended with the value that stands for it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::{
    Client,
    types::{KeySpec, KeyUsageType, Tag},
};
use keyward_core::{RootKeyReference, reference::AwsKey};
use keyward_kms_aws::{AwsKms, AwsKmsBuilder};
use serde_json::{Value, json};

use super::{python::python, source};

/// A running AWS peer: KMS and S3 in every region, for one account, empty at first.
pub struct AwsPeer {
    server: Child,
    endpoint: String,
}

/// The account whose keys the peer holds.
pub const ACCOUNT: &str = "123456789012";

impl AwsPeer {
    /// Starts a peer, or gives `None` once the test called `name` is recorded as skipped.
    ///
    /// # Panics
    /// Where the peer is there but doesn't start.
    #[must_use]
    pub fn start(name: &str) -> Option<Self> {
        // An error means that another test of this process has chosen it before.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut server = Command::new(python(name)?)
            .arg(source("aws/moto_kms.py"))
            .arg("--until-stdin-ends")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peers' Python starts");
        let output = server.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("the peer says where it listens");
        let endpoint = line.trim().to_owned();
        assert!(endpoint.starts_with("http://"), "the AWS peer did not start");
        Some(Self { server, endpoint })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What a program needs in its environment to use the peer as AWS.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "peer".into()),
            ("AWS_SECRET_ACCESS_KEY", "peer".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }

    /// The provider, with nothing taken from this machine's own AWS configuration.
    #[must_use]
    pub fn kms(&self) -> AwsKms {
        self.kms_builder().build()
    }

    /// The provider's settings, to change them.
    #[must_use]
    pub fn kms_builder(&self) -> AwsKmsBuilder {
        AwsKms::builder().sdk_config(self.sdk_config("us-west-1"))
    }

    /// What the SDK needs to use the peer: static credentials, and quick retries.
    #[must_use]
    pub fn sdk_config(&self, region: &str) -> SdkConfig {
        let credentials = Credentials::new("peer", "peer", None, None, "keyward-tests");
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(20));
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retries)
            .build()
    }

    /// The bare SDK in a region.
    #[must_use]
    pub fn client(&self, region: &str) -> Client {
        Client::new(&self.sdk_config(region))
    }

    /// Makes a symmetric key.
    ///
    /// # Panics
    /// As all below, where the peer refuses.
    pub async fn create_key(&self, region: &str) -> RootKeyReference {
        let call = self.client(region).create_key();
        reference(call.send().await.expect("a key is made").key_metadata.expect("it has data").arn)
    }

    /// Makes a symmetric key with tags.
    pub async fn create_tagged_key(&self, region: &str, tags: &[(&str, &str)]) -> RootKeyReference {
        let tags = tags
            .iter()
            .map(|(key, value)| {
                Tag::builder().tag_key(*key).tag_value(*value).build().expect("a whole tag")
            })
            .collect();
        let call = self.client(region).create_key().set_tags(Some(tags));
        reference(call.send().await.expect("a key is made").key_metadata.expect("it has data").arn)
    }

    /// Puts a tag on a key.
    pub async fn tag(&self, key: &RootKeyReference, name: &str, value: &str) {
        let tag = Tag::builder().tag_key(name).tag_value(value).build().expect("a whole tag");
        let client = self.client(aws(key).region().as_str());
        client.tag_resource().key_id(key.to_string()).tags(tag).send().await.expect("it is tagged");
    }

    /// Makes a key to sign with.
    pub async fn create_signing_key(&self, region: &str, spec: KeySpec) -> RootKeyReference {
        let call =
            self.client(region).create_key().key_usage(KeyUsageType::SignVerify).key_spec(spec);
        reference(call.send().await.expect("a key is made").key_metadata.expect("it has data").arn)
    }

    /// Makes a multi-Region key and its replicas; the primary key comes first.
    pub async fn create_multi_region_key(
        &self,
        region: &str,
        replicas: &[&str],
    ) -> Vec<RootKeyReference> {
        let client = self.client(region);
        let made = client.create_key().multi_region(true).send().await.expect("a key is made");
        let primary = reference(made.key_metadata.expect("it has data").arn);
        let mut keys = vec![primary.clone()];
        for replica in replicas {
            let call = client.replicate_key().key_id(primary.to_string()).replica_region(*replica);
            let made = call.send().await.expect("a replica is made");
            keys.push(reference(made.replica_key_metadata.expect("it has data").arn));
        }
        keys
    }

    /// Gives a key an alias: its ARN.
    pub async fn create_alias(&self, key: &RootKeyReference, name: &str) -> RootKeyReference {
        let aws = aws(key);
        self.client(aws.region().as_str())
            .create_alias()
            .alias_name(format!("alias/{name}"))
            .target_key_id(key.to_string())
            .send()
            .await
            .expect("an alias is made");
        format!("arn:aws:kms:{}:{ACCOUNT}:alias/{name}", aws.region())
            .parse()
            .expect("an alias ARN is a reference")
    }

    /// What the owner does to have a key deleted.
    pub async fn schedule_deletion(&self, key: &RootKeyReference) {
        let client = self.client(aws(key).region().as_str());
        client
            .schedule_key_deletion()
            .key_id(key.to_string())
            .send()
            .await
            .expect("it is scheduled");
    }

    /// What the owner does to keep it. The key is disabled then.
    pub async fn cancel_deletion(&self, key: &RootKeyReference) {
        let client = self.client(aws(key).region().as_str());
        client.cancel_key_deletion().key_id(key.to_string()).send().await.expect("it is cancelled");
    }

    /// Deletes a key, as AWS does once the waiting time is over.
    pub fn delete(&self, key: &RootKeyReference) {
        let region = aws(key).region().to_string();
        let arn = key.to_string();
        let id = arn.rsplit('/').next();
        self.control("POST", "delete", &json!({ "region": region, "key": id }));
    }

    /// Replaces the faults: a list, as `moto_kms.py` describes it. An empty one heals the peer.
    pub fn set_faults(&self, faults: &Value) {
        self.control("POST", "faults", faults);
    }

    /// How often each operation was asked for since the last [`forget`](Self::forget), by
    /// `REGION/Operation`.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let answer = self.control("GET", "requests", &Value::Null);
        serde_json::from_str(&answer).expect("counts by name")
    }

    /// Who has signed requests since the last [`forget`](Self::forget): an access key's id, with ` with a
    /// token` behind it where a session token came along.
    #[must_use]
    pub fn signers(&self) -> Vec<String> {
        let answer = self.control("GET", "signers", &Value::Null);
        serde_json::from_str(&answer).expect("a list of names")
    }

    /// Ends it before its time: from then on nobody listens there.
    ///
    /// # Panics
    /// Where the system doesn't let us.
    pub fn stop(&mut self) {
        self.server.kill().expect("it is ended");
        self.server.wait().expect("it ends");
    }

    /// Counts requests from zero again.
    pub fn forget(&self) {
        self.control("POST", "forget", &Value::Null);
    }

    /// One request to the peer's own routes. By hand, so that nothing of the code under test serves it.
    fn control(&self, method: &str, route: &str, body: &Value) -> String {
        let host = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the peer listens");
        let body = body.to_string();
        write!(
            stream,
            "{method} /keyward-peer/{route} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the peer reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the peer answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").expect("a whole answer").1.to_owned()
    }
}

impl Drop for AwsPeer {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn reference(arn: Option<String>) -> RootKeyReference {
    arn.expect("a key has an ARN").parse().expect("the peer's ARNs are references")
}

fn aws(key: &RootKeyReference) -> &AwsKey {
    match key {
        RootKeyReference::Aws(key) => key,
        other => panic!("`{other}` is no AWS key"),
    }
}
