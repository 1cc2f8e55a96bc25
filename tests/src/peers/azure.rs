//! The Azure peer: a Key Vault or a Managed HSM with its Microsoft Entra (`tests/peers/azure/keyvault.py`),
//! on a free port over https, ended with the value that stands for it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use keyward_core::{RootKeyReference, reference::AzureKey};
use keyward_kms_azure::{AzureCredential, AzureKms, AzureKmsBuilder, ClientSecret};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{python::python, source};

/// The directory of the peer's Microsoft Entra.
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// As whom Keyward asks.
const KEYWARD: [&str; 2] = ["keyward", "keyward-secret"];
/// As whom the owner of the keys does.
const OWNER: [&str; 2] = ["tenant", "tenant-secret"];

/// A running Azure peer, empty at first.
pub struct AzurePeer {
    server: Child,
    endpoint: String,
    folder: TempDir,
    tls: Arc<ClientConfig>,
    is_hsm: bool,
    keys: AtomicU32,
    token: OnceLock<String>,
}

/// What the peer says once it listens.
#[derive(Deserialize)]
struct Listening {
    endpoint: String,
    ca: String,
}

impl AzurePeer {
    /// Starts a Key Vault, or gives `None` once the test called `name` is recorded as skipped.
    ///
    /// # Panics
    /// Where the peer is there but doesn't start.
    #[must_use]
    pub fn start(name: &str) -> Option<Self> {
        Some(Self::start_with(python(name)?, false))
    }

    /// Starts a Managed HSM.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_managed_hsm(name: &str) -> Option<Self> {
        Some(Self::start_with(python(name)?, true))
    }

    fn start_with(python: PathBuf, is_hsm: bool) -> Self {
        // An error means that another test of this process has chosen it before.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut server = Command::new(python)
            .arg(source("azure/keyvault.py"))
            .arg("--until-stdin-ends")
            .args(is_hsm.then_some("--managed-hsm"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peers' Python starts");
        let output = server.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("the peer says where it listens");
        let Listening { endpoint, ca } =
            serde_json::from_str(&line).expect("the Azure peer started");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), &ca).expect("a file is written");
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(ca.as_bytes()).expect("a certificate");
        roots.add(authority).expect("an authority");
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let (keys, token) = (AtomicU32::default(), OnceLock::new());
        Self { server, endpoint, folder, tls: Arc::new(tls), is_hsm, keys, token }
    }

    /// Where it listens: `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The file of the authority that certifies it.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What a program needs in its environment to use the peer as Azure, as Keyward.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment_of(KEYWARD)
    }

    /// The same as the owner of the keys.
    #[must_use]
    pub fn owners_environment(&self) -> Vec<(&'static str, String)> {
        self.environment_of(OWNER)
    }

    fn environment_of(&self, [client, secret]: [&str; 2]) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_TENANT_ID", TENANT.into()),
            ("AZURE_CLIENT_ID", client.into()),
            ("AZURE_CLIENT_SECRET", secret.into()),
            ("AZURE_AUTHORITY_HOST", self.endpoint.clone()),
            ("KEYWARD_AZURE_ENDPOINT", self.endpoint.clone()),
            ("KEYWARD_AZURE_CA_FILE", self.ca_file().display().to_string()),
        ]
    }

    /// The provider, with nothing taken from this machine's own Azure configuration.
    #[must_use]
    pub fn kms(&self) -> AzureKms {
        self.kms_builder().build()
    }

    /// The provider's settings, to change them.
    #[must_use]
    pub fn kms_builder(&self) -> AzureKmsBuilder {
        let [client, secret] = KEYWARD.map(str::to_owned);
        AzureKms::builder()
            .endpoint(&self.endpoint)
            .authority_host(&self.endpoint)
            .ca_file(self.ca_file())
            .credential(AzureCredential::ClientSecret(ClientSecret {
                tenant_id: TENANT.into(),
                client_id: client,
                secret: secret.into(),
            }))
    }

    /// A key's reference by its name.
    ///
    /// # Panics
    /// Where it is no name.
    #[must_use]
    pub fn reference(&self, name: &str) -> RootKeyReference {
        let store = if self.is_hsm { "peer.managedhsm" } else { "peer.vault" };
        format!("https://{store}.azure.net/keys/{name}").parse().expect("a reference")
    }

    /// Makes a root key of the kind that the store is for.
    ///
    /// # Panics
    /// As all below, where the peer refuses.
    #[must_use]
    pub fn create_key(&self) -> RootKeyReference {
        let operations = ["wrapKey", "unwrapKey"];
        self.create(&if self.is_hsm {
            json!({ "kty": "oct-HSM", "key_size": 256, "key_ops": operations })
        } else {
            json!({ "kty": "RSA", "key_size": 2048, "key_ops": operations })
        })
    }

    /// Makes a key as the REST API is asked for one.
    #[must_use]
    pub fn create(&self, parameters: &Value) -> RootKeyReference {
        let name = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.owner("POST", &format!("keys/{name}/create"), parameters);
        self.reference(&name)
    }

    /// One call of the REST API as the keys' owner. By hand, so that nothing of the code under test serves
    /// it.
    pub fn owner(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = self.token.get_or_init(|| self.owners_token());
        let path = format!("{path}?api-version=7.5");
        let authorization = format!("Authorization: Bearer {token}\r\n");
        let (status, answer) = self.request(method, &path, &authorization, &body.to_string());
        assert!(matches!(status, 200 | 204), "{method} {path}: {status} {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// What the owner does to a key: `rotate`, or another method on it.
    pub fn owner_of(
        &self,
        key: &RootKeyReference,
        method: &str,
        what: &str,
        body: &Value,
    ) -> Value {
        self.owner(method, &format!("keys/{}{what}", azure(key).name()), body)
    }

    /// Turns every version of a key on or off, as its owner.
    pub fn enable(&self, key: &RootKeyReference, enabled: bool) {
        let listed = self.owner_of(key, "GET", "/versions", &Value::Null);
        for version in listed["value"].as_array().expect("versions") {
            let id = version["kid"].as_str().and_then(|kid| kid.rsplit('/').next()).expect("an id");
            let change = json!({ "attributes": { "enabled": enabled } });
            self.owner_of(key, "PATCH", &format!("/{id}"), &change);
        }
    }

    /// Deletes a key, which can be recovered until it is purged.
    pub fn delete(&self, key: &RootKeyReference) {
        self.owner_of(key, "DELETE", "", &Value::Null);
    }

    /// Gives a deleted key back.
    pub fn recover(&self, key: &RootKeyReference) {
        let path = format!("deletedkeys/{}/recover", azure(key).name());
        self.owner("POST", &path, &Value::Null);
    }

    /// Ends a deleted key for good.
    pub fn purge(&self, key: &RootKeyReference) {
        self.owner("DELETE", &format!("deletedkeys/{}", azure(key).name()), &Value::Null);
    }

    /// Replaces the faults: a list, as `keyvault.py` describes it. An empty one heals the peer.
    pub fn set_faults(&self, faults: &Value) {
        self.control("POST", "faults", faults);
    }

    /// Replaces the denials: a list, as `keyvault.py` describes it.
    pub fn set_denied(&self, denied: &Value) {
        self.control("POST", "denied", denied);
    }

    /// How often each operation was asked for since the last [`forget`](Self::forget).
    #[must_use]
    pub fn requests(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.control("GET", "requests", &Value::Null))
            .expect("counts by name")
    }

    /// Counts requests from zero again.
    pub fn forget(&self) {
        self.control("POST", "forget", &Value::Null);
    }

    /// Every token of Keyward's is worth nothing from now on, though it hasn't expired.
    pub fn expire_tokens(&self) {
        self.control("POST", "expire", &json!({ "principal": KEYWARD[0] }));
    }

    /// A token of Keyward's.
    #[must_use]
    pub fn token(&self) -> String {
        self.token_of(KEYWARD)
    }

    fn owners_token(&self) -> String {
        self.token_of(OWNER)
    }

    fn token_of(&self, [client, secret]: [&str; 2]) -> String {
        let store = if self.is_hsm { "managedhsm" } else { "vault" };
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope=https%3A%2F%2F{store}.azure.net%2F.default"
        );
        let path = format!("{TENANT}/oauth2/v2.0/token");
        let (status, answer) = self.request("POST", &path, "", &form);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    fn control(&self, method: &str, route: &str, body: &Value) -> String {
        let path = format!("keyward-peer/{route}");
        let (status, answer) = self.request(method, &path, "", &body.to_string());
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let host = self.endpoint.trim_start_matches("https://");
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).expect("TLS");
        let stream = TcpStream::connect(host).expect("the peer listens");
        let mut stream = StreamOwned::new(connection, stream);
        write!(
            stream,
            "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the peer reads");
        let mut answer = Vec::new();
        // It ends without taking leave of TLS. Whether the answer is whole is seen from its length.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), body.to_owned())
    }

    /// A folder that is there as long as the peer.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for AzurePeer {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The Azure key that a reference names.
///
/// # Panics
/// Where it is another provider's.
#[must_use]
pub fn azure(key: &RootKeyReference) -> &AzureKey {
    match key {
        RootKeyReference::Azure(key) => key,
        other => panic!("`{other}` is no Azure key"),
    }
}
