//! `filippo.io/torchwood/cmd/litewitness` as a peer: a public witness that cosigns a log's checkpoints
//! (C2SP tlog-witness), on a port of its own, with a new key.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use keyward_ledger::VerifierKey;
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::{behind, skip::skip};

/// The witness's name on its signature lines.
const NAME: &str = "witness.example/keyward";
/// How long it may take to start.
const START: Duration = Duration::from_secs(20);

/// A running witness, ended with the value that stands for it.
pub struct Litewitness {
    verifier_key: String,
    address: String,
    folder: TempDir,
    _witness: Process,
    _agent: Process,
}

impl Litewitness {
    /// Starts a witness that knows no log yet, or gives `None` once the test called `test` is recorded as
    /// skipped. Its key lies in an ssh-agent, since it takes none from a file.
    ///
    /// # Panics
    /// Where the programs are there and don't do what they are for.
    #[must_use]
    pub fn start(test: &str) -> Option<Self> {
        let program = super::go::built(test, "go-witness", "litewitness")?;
        if Command::new("ssh-add").arg("-h").stderr(Stdio::null()).status().is_err() {
            skip(test, "no `ssh-add`: it comes with OpenSSH's client");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("key");
        let fingerprint = make_key(&key);
        let socket = folder.path().join("agent");
        let agent = Process::start(Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket));
        wait("ssh-agent", || socket.exists());
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(&key)
            .env("SSH_AUTH_SOCK", &socket)
            .status()
            .expect("ssh-add starts");
        assert!(added.success(), "the agent takes the key");

        // Free now; the moment until the witness takes it is short.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        drop(listener);
        let mut command = Command::new(program);
        command.args(["-name", NAME, "-key", &fingerprint, "-listen", &address]);
        command.arg("-ssh-agent").arg(socket).arg("-db").arg(folder.path().join("witness.db"));
        let mut witness = Process::start(command.stderr(Stdio::piped()));
        let printed = witness.0.stderr.take().expect("its errors are piped");
        let verifier_key = verifier_key(BufReader::new(printed));
        wait("litewitness", || TcpStream::connect(&address).is_ok());
        Some(Self { verifier_key, address, folder, _witness: witness, _agent: agent })
    }

    /// Where its submission interface is; `/add-checkpoint` is below.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that its cosignatures verify with, `NAME+HEXID+BASE64` of type 0x04 (C2SP
    /// tlog-cosignature).
    #[must_use]
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// Makes a log known to it, of size 0. By its database, since its own command for that isn't had
    /// everywhere.
    ///
    /// # Panics
    /// Where the database is another than expected.
    pub async fn add_log(&self, log: &VerifierKey) {
        let mut database = behind::connect(&self.folder.path().join("witness.db")).await;
        // Size 0 and the root of nothing, as the command writes them.
        sqlx::query("INSERT INTO log (origin, tree_size, tree_hash) VALUES ($1, 0, $2)")
            .bind(log.name().as_str())
            .bind(keyward_ledger::Hash::EMPTY_TREE.to_string())
            .execute(&mut database)
            .await
            .expect("a row");
        sqlx::query("INSERT INTO key (origin, key) VALUES ($1, $2)")
            .bind(log.name().as_str())
            .bind(log.to_string())
            .execute(&mut database)
            .await
            .expect("a row");
        database.close().await.expect("it closes");
    }

    /// Sends a request of C2SP tlog-witness, "add-checkpoint", and gives the answer's status and text.
    ///
    /// # Panics
    /// Where the witness doesn't speak HTTP.
    #[must_use]
    pub fn add_checkpoint(&self, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        // HTTP/1.0, so that the answer ends with the connection and comes in one piece.
        write!(
            stream,
            "POST /add-checkpoint HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status line");
        (status.parse().expect("a status"), body.to_owned())
    }
}

/// A new Ed25519 key in OpenSSH's format, and its fingerprint.
fn make_key(path: &Path) -> String {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "witness", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen starts");
    assert!(made.success() && fs::exists(path).is_ok_and(|there| there), "a key is made");
    let shown =
        Command::new("ssh-keygen").arg("-lf").arg(path).output().expect("ssh-keygen starts");
    let shown = String::from_utf8(shown.stdout).expect("text");
    shown.split(' ').nth(1).expect("bits, fingerprint, comment, type").to_owned()
}

/// Reads what the witness prints as far as its verifier key, and lets it print on after that.
fn verifier_key(mut printed: impl BufRead + Send + 'static) -> String {
    let mut seen = String::new();
    loop {
        let start = seen.len();
        let read = printed.read_line(&mut seen).expect("text");
        assert!(read > 0, "the witness ends at its start:\n{seen}");
        if let Some((_, key)) = seen[start..].split_once(" vkey=") {
            let key = key.trim().trim_matches('"').to_owned();
            std::thread::spawn(move || std::io::copy(&mut printed, &mut std::io::sink()));
            return key;
        }
    }
}

fn wait(what: &str, ready: impl Fn() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < START, "{what} does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process that ends with its value.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
