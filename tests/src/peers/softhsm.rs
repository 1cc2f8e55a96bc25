//! The HSM peer: SoftHSM2 with a token in a temporary folder, whose keys its owner makes with OpenSC's
//! `pkcs11-tool`.
//!
//! SoftHSM is a library in the process that uses it, and finds its token by a variable of that process. A
//! test can't set one for itself, so it runs itself again with it: [`SoftHsm::start`] gives `None` to the
//! outer process, once the inner one has passed.

use std::{
    collections::BTreeMap,
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    object::{Attribute, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use keyward_core::{EncryptionContext, RootKeyReference, reference::Pkcs11Key};
use keyward_kms_pkcs11::{Pkcs11Builder, Pkcs11Kms};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::source;
use crate::skip::skip;

/// The label of the peer's token.
pub const TOKEN: &str = "acme hsm";
/// Its PIN.
pub const PIN: &str = "271828";
const SO_PIN: &str = "31415926";
/// Set in the inner process: the folder of the peer.
const FOLDER: &str = "KEYWARD_TEST_SOFTHSM";
/// SoftHSM's own variable.
const CONFIGURATION: &str = "SOFTHSM2_CONF";
/// Where distributions put the library.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// A token with its owner.
pub struct SoftHsm {
    folder: PathBuf,
    library: PathBuf,
    keys: AtomicU32,
    /// The folder, for whoever made it.
    _made: Option<TempDir>,
}

impl SoftHsm {
    /// Starts a peer for the test called `name` (its path, with the test file's name before it) and runs
    /// it again with it. `None` in the outer process, which has passed then, and once the test is
    /// recorded as skipped.
    ///
    /// # Panics
    /// As all below, where the peer refuses; in the outer process, where the inner one failed.
    #[must_use]
    pub fn start(name: &str) -> Option<Self> {
        if let Some(folder) = env::var_os(FOLDER) {
            let library = library().expect("the outer process has found it");
            return Some(Self {
                folder: folder.into(),
                library,
                keys: AtomicU32::new(0),
                _made: None,
            });
        }
        let peer = Self::outside(name)?;
        let (_, test) = name.split_once("::").expect("a test's path");
        let output = Command::new(env::current_exe().expect("a test has a file"))
            .args(["--exact", test, "--nocapture"])
            .env(FOLDER, &peer.folder)
            .envs(peer.environment())
            .output()
            .expect("a test starts itself");
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("{out}");
        assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
        None
    }

    /// Starts a peer for other processes alone. `None` once the test is recorded as skipped.
    #[must_use]
    pub fn outside(name: &str) -> Option<Self> {
        let Some(library) = library() else {
            skip(name, "SoftHSM2 isn't installed");
            return None;
        };
        let tools = ["softhsm2-util", "pkcs11-tool"];
        // Asked nothing, they say how they are used and end.
        if let Some(missing) = tools.iter().find(|tool| Command::new(tool).output().is_err()) {
            skip(name, &format!("`{missing}` isn't installed"));
            return None;
        }
        let made = tempfile::tempdir().expect("a temporary folder");
        let folder = made.path().to_owned();
        std::fs::create_dir(folder.join("tokens")).expect("a folder is made");
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder.join("tokens").display()
        );
        std::fs::write(folder.join("softhsm2.conf"), configuration).expect("a file is written");
        let peer = Self { folder, library, keys: AtomicU32::new(0), _made: Some(made) };
        peer.add_token(TOKEN);
        Some(peer)
    }

    /// The library that a PKCS#11 application loads.
    #[must_use]
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// What a process needs in its environment to see the token.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![(CONFIGURATION, self.folder.join("softhsm2.conf").display().to_string())]
    }

    /// The provider's settings, with the token's PIN.
    #[must_use]
    pub fn kms_builder(&self) -> Pkcs11Builder {
        Pkcs11Kms::builder()
            .module(&self.library)
            .pin(std::sync::Arc::new(|_| Some(Zeroizing::new(PIN.to_owned()))))
    }

    /// Another token, with the same PINs.
    pub fn add_token(&self, label: &str) {
        let mut command = Command::new("softhsm2-util");
        command.args([
            "--init-token",
            "--free",
            "--label",
            label,
            "--pin",
            PIN,
            "--so-pin",
            SO_PIN,
        ]);
        self.run(command);
    }

    /// A label that no key has yet.
    #[must_use]
    pub fn next_label(&self) -> String {
        format!("root {}", self.keys.fetch_add(1, Ordering::SeqCst))
    }

    /// The reference to the secret key of a label.
    #[must_use]
    pub fn reference(&self, label: &str) -> RootKeyReference {
        reference(label, "secret-key")
    }

    /// The owner makes an AES-256 key that never leaves the token, of this label and CKA_ID.
    pub fn create_key(&self, label: &str, id: &str) {
        self.tool(&[
            "--keygen",
            "--key-type",
            "AES:32",
            "--label",
            label,
            "--id",
            id,
            "--sensitive",
        ]);
    }

    /// The owner makes a key pair of a kind in `pkcs11-tool`'s words (`rsa:2048`, `EC:prime256v1`).
    #[must_use]
    pub fn create_signing_key(&self, kind: &str) -> RootKeyReference {
        let label = self.next_label();
        let id = format!("{:02x}", self.keys.fetch_add(1, Ordering::SeqCst));
        self.tool(&["--keypairgen", "--key-type", kind, "--label", &label, "--id", &id]);
        reference(&label, "private")
    }

    /// The owner's own client in Python opens a blob in a context: the key, or `None` where it refuses.
    #[must_use]
    pub fn opened_by_python(
        &self,
        python: &Path,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Option<Vec<u8>> {
        let context: BTreeMap<_, _> = context.iter().collect();
        let mut child = Command::new(python)
            .arg(source("hsm/unwrap.py"))
            .arg(&self.library)
            .args([TOKEN, pkcs11(key).object().expect("a label")])
            .arg(serde_json::to_string(&context).expect("texts"))
            .envs(self.environment())
            .env("HSM_PIN", PIN)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the peers' Python starts");
        let mut input = child.stdin.take().expect("it is piped");
        input.write_all(BASE64_STANDARD.encode(blob).as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!error.contains("ModuleNotFoundError"), "{error}");
        output.status.success().then(|| {
            let text = String::from_utf8(output.stdout).expect("base64");
            BASE64_STANDARD.decode(text.trim()).expect("base64")
        })
    }

    /// The owner destroys every version of a key.
    pub fn delete(&self, key: &RootKeyReference) {
        let session = self.owner();
        for object in self.objects(&session, key) {
            session.destroy_object(object).expect("it is destroyed");
        }
    }

    /// The owner has the token refuse every use of a key, or allow it again.
    pub fn set_usable(&self, key: &RootKeyReference, usable: bool) {
        let session = self.owner();
        for object in self.objects(&session, key) {
            let uses = [
                Attribute::Encrypt(usable),
                Attribute::Decrypt(usable),
                Attribute::Wrap(usable),
                Attribute::Unwrap(usable),
            ];
            session.update_attributes(object, &uses).expect("it is changed");
        }
    }

    /// The token is pulled out.
    pub fn pull_out(&self) {
        let (there, away) = (self.folder.join("tokens"), self.folder.join("away"));
        std::fs::rename(&there, away).expect("it is moved");
        std::fs::create_dir(there).expect("an empty reader");
        self.end_sessions();
    }

    /// The token is put back.
    pub fn put_back(&self) {
        let (there, away) = (self.folder.join("tokens"), self.folder.join("away"));
        std::fs::remove_dir(&there).expect("nothing was put there");
        std::fs::rename(away, there).expect("it is moved");
        self.end_sessions();
    }

    /// Every session of this process ends, as when the token is pulled out and put back.
    pub fn end_sessions(&self) {
        self.module().finalize().expect("the library ends");
        // What comes next starts it again.
        let _ = self.module();
    }

    /// A log-out behind the provider's back, by another user of the library in this process.
    pub fn log_out(&self) {
        let session = self.owner();
        session.logout().expect("it was logged in");
    }

    /// Runs `pkcs11-tool` as the token's owner.
    pub fn tool(&self, arguments: &[&str]) -> Output {
        self.tool_on(TOKEN, arguments)
    }

    /// The same, of another token.
    pub fn tool_on(&self, token: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(&self.library);
        command.args(["--token-label", token, "--login", "--pin", PIN]).args(arguments);
        self.run(command)
    }

    /// The owner's own session, in this process: it must be one that has the peer's environment.
    #[must_use]
    pub fn owner(&self) -> Session {
        let module = self.module();
        let session = module.open_rw_session(self.slot(&module)).expect("a session");
        // An error means that this process is logged in already.
        let _ = session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned())));
        session
    }

    fn module(&self) -> Pkcs11 {
        let module = Pkcs11::new(&self.library).expect("the library loads");
        // An error means that this process has done so already.
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        module
    }

    fn slot(&self, module: &Pkcs11) -> Slot {
        let slots = module.get_slots_with_initialized_token().expect("there are slots");
        let is_ours = |slot: &Slot| {
            module.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == TOKEN)
        };
        slots.into_iter().find(is_ours).expect("the token is there")
    }

    fn objects(&self, session: &Session, key: &RootKeyReference) -> Vec<ObjectHandle> {
        let label = pkcs11(key).object().expect("a label").as_bytes().to_vec();
        let template = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Label(label)];
        session.find_objects(&template).expect("keys are found")
    }

    fn run(&self, mut command: Command) -> Output {
        let output = command.envs(self.environment()).output().expect("it was there before");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

fn library() -> Option<PathBuf> {
    LIBRARIES.iter().map(PathBuf::from).find(|path| path.exists())
}

fn reference(label: &str, kind: &str) -> RootKeyReference {
    let encode = |text: &str| text.replace(' ', "%20");
    format!("pkcs11:token={};object={};type={kind}", encode(TOKEN), encode(label))
        .parse()
        .expect("a good reference")
}

/// The PKCS#11 key of a reference.
///
/// # Panics
/// For another provider's.
#[must_use]
pub fn pkcs11(key: &RootKeyReference) -> &Pkcs11Key {
    match key {
        RootKeyReference::Pkcs11(key) => key,
        other => panic!("`{other}` is no PKCS#11 key"),
    }
}
