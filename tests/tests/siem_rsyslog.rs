//! The log sent to rsyslog, which reads our messages as RFC 5424 has them, and is killed meanwhile.

use std::{
    convert::Infallible,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use keyward_core::{Actor, RequestId, Role};
use keyward_ledger::{Action, Outcome, Record};
use keyward_siem::{
    Source, VERSION,
    forward::{Confirm, Confirmation, Event, Forwarder, Pace, Target, Trail, Transport},
    syslog::Format,
};
use keyward_tests::skip::skip;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A log of so many records, made as they are asked for.
#[derive(Clone)]
struct Log {
    records: u64,
    cursor: Arc<AtomicU64>,
}

impl Trail for Log {
    type Error = Infallible;

    async fn cursor(&self) -> Result<u64, Infallible> {
        Ok(self.cursor.load(Ordering::SeqCst))
    }

    async fn page(&self, from: u64, limit: usize) -> Result<Vec<String>, Infallible> {
        Ok((from..self.records).take(limit).map(body).collect())
    }

    async fn advance(&self, next: u64) -> Result<(), Infallible> {
        self.cursor.store(next, Ordering::SeqCst);
        Ok(())
    }

    async fn wait(&self, _: u64) -> Result<(), Infallible> {
        std::future::pending().await
    }
}

fn body(seq: u64) -> String {
    let record = Record {
        seq,
        time: "2026-11-24T10:23:01.123456Z".parse().unwrap(),
        actor: Actor("alice".into()),
        role: Role::Application,
        tenant: Some("acme".parse().unwrap()),
        key: Some("dk:acme/invoices/3".parse().unwrap()),
        key_version: None,
        action: Action::ObjectRead,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes([0xab; 16]),
        details: json!({"object": "Grüße\n12 <110>1 =|.pdf"}).as_object().unwrap().clone(),
    };
    record.to_canonical().unwrap()
}

/// rsyslog, writing what it has read before it reads on.
struct Rsyslog {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Rsyslog {
    /// Starts it, or gives `None` once the test called `name` is recorded as skipped.
    fn start(name: &str, tls: bool) -> Option<Self> {
        if Command::new("rsyslogd").arg("-v").stdout(Stdio::null()).status().is_err() {
            skip(name, "no `rsyslogd` here");
            return None;
        }
        if tls && !has_tls() {
            skip(name, "rsyslog has no TLS here: `rsyslog-gnutls` brings it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // Free now. Another process may take it before rsyslog does; then nothing answers there.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (global, module) = if tls {
            certificates(folder.path());
            (
                format!(
                    "defaultNetstreamDriverCAFile=\"{}\" defaultNetstreamDriverCertFile=\"{}\" \
                     defaultNetstreamDriverKeyFile=\"{}\"",
                    at("authority.pem"),
                    at("certificate.pem"),
                    at("key.pem")
                ),
                "streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\"",
            )
        } else {
            (String::new(), "")
        };
        let configuration = format!(
            "global(workDirectory=\"{}\" maxMessageSize=\"128k\" {global})\n\
             main_queue(queue.type=\"Direct\")\n\
             module(load=\"imtcp\" {module})\n\
             module(load=\"imudp\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             input(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             template(name=\"read\" type=\"string\" string=\"%syslogfacility-text% \
             %syslogseverity-text% %timestamp:::date-rfc3339% %hostname% %app-name% %procid% %msgid% \
             %structured-data% %msg%\\n\")\n\
             action(type=\"omfile\" file=\"{}\" template=\"read\")\n",
            folder.path().display(),
            at("messages")
        );
        fs::write(folder.path().join("rsyslog.conf"), configuration).unwrap();
        let process = spawn(folder.path(), port);
        Some(Self { folder, port, process })
    }

    /// Ends it at once, as a crash does, and starts it again.
    fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = spawn(self.folder.path(), self.port);
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The messages that it has kept, one a line.
    fn messages(&self) -> Vec<String> {
        let bytes = fs::read(self.file("messages")).unwrap_or_default();
        String::from_utf8(bytes).unwrap().lines().map(Into::into).collect()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let mut process = Command::new("rsyslogd")
        .args(["-n", "-C", "-f"])
        .arg(folder.join("rsyslog.conf"))
        .arg("-i")
        .arg(folder.join("pid"))
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("stderr")).unwrap())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return process;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    process.kill().and_then(|()| process.wait()).unwrap();
    panic!("rsyslog doesn't listen: {}", fs::read_to_string(folder.join("stderr")).unwrap());
}

/// Whether the module is where Debian and others put it.
fn has_tls() -> bool {
    let script = "ls /usr/lib*/*/rsyslog/lmnsd_gtls.so /usr/lib*/rsyslog/lmnsd_gtls.so";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    !output.stdout.is_empty()
}

/// An authority, and a certificate by it for this machine's own address.
fn certificates(folder: &Path) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".into()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    fs::write(folder.join("authority.pem"), authority_pem).unwrap();
    fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

fn forwarder(rsyslog: &Rsyslog, transport: Transport, records: u64) -> Forwarder<Log> {
    let mut source = Source::new("keyward.example/log".parse().unwrap());
    source.host = Some("db1.example".into());
    Forwarder {
        trail: Log { records, cursor: Arc::default() },
        source,
        target: Target {
            host: "127.0.0.1".into(),
            port: rsyslog.port,
            transport,
            confirm: Confirm::Close,
        },
        format: Format::Cef,
        pace: Pace {
            session: 2_000,
            settle: Duration::from_millis(20),
            patience: Duration::from_secs(10),
            first_pause: Duration::from_millis(20),
            ..Pace::default()
        },
    }
}

/// The record that a message stands for.
fn seq(message: &str) -> u64 {
    let (_, rest) = message.split_once(" externalId=").unwrap();
    rest.split_once(' ').unwrap().0.parse().unwrap()
}

async fn arrives(name: &str, tls: bool) {
    const RECORDS: u64 = 30_000;
    let Some(mut rsyslog) = Rsyslog::start(name, tls) else { return };
    let transport = if tls {
        Transport::Tls { authorities: rsyslog.file("authority.pem") }
    } else {
        Transport::Tcp
    };
    let forwarder = forwarder(&rsyslog, transport, RECORDS);
    let cursor = Arc::clone(&forwarder.trail.cursor);
    let (mut failures, mut weakest) = (0, Confirmation::ReadToEnd);
    let killing = async {
        for _ in 0..5 {
            sleep(Duration::from_millis(200)).await;
            // Blocks the forwarder as well, whose bytes then lie in the system's buffers.
            rsyslog.kill_and_restart();
        }
        while cursor.load(Ordering::SeqCst) < RECORDS {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let run = forwarder.run(killing, |event| match event {
        Event::Delivered(delivery) if delivery.confirmation == Confirmation::ReadToEnd => {}
        Event::Delivered(delivery) => weakest = delivery.confirmation,
        Event::Retrying { .. } => failures += 1,
    });
    timeout(Duration::from_secs(120), run).await.unwrap().unwrap();
    assert_eq!(weakest, Confirmation::ReadToEnd);
    assert!(failures > 0, "no kill hit a session");

    let messages = rsyslog.messages();
    let mut next = 0;
    for message in &messages {
        let seq = seq(message);
        assert!(seq <= next, "records {next} to {seq} were left out");
        next = next.max(seq + 1);
    }
    assert_eq!(next, RECORDS);
    println!("{failures} failures, {} duplicates", messages.len() as u64 - RECORDS);
}

#[tokio::test]
async fn every_record_arrives_over_tcp_though_it_is_killed() {
    arrives("siem_rsyslog::every_record_arrives_over_tcp_though_it_is_killed", false).await;
}

#[tokio::test]
async fn every_record_arrives_over_tls_though_it_is_killed() {
    arrives("siem_rsyslog::every_record_arrives_over_tls_though_it_is_killed", true).await;
}

#[tokio::test]
async fn it_reads_what_we_mean() {
    let name = "siem_rsyslog::it_reads_what_we_mean";
    let Some(rsyslog) = Rsyslog::start(name, false) else { return };
    let delivery = forwarder(&rsyslog, Transport::Tcp, 1).drain().await.unwrap().unwrap();
    assert_eq!(delivery.confirmation, Confirmation::ReadToEnd);
    let delivery = forwarder(&rsyslog, Transport::Udp, 1).drain().await.unwrap().unwrap();
    assert_eq!(delivery.confirmation, Confirmation::Nothing);
    let mut messages = rsyslog.messages();
    for _ in 0..250 {
        if messages.len() == 2 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
        messages = rsyslog.messages();
    }
    let [stream, datagram] = messages.as_slice() else { panic!("{messages:#?}") };
    assert_eq!(stream, datagram);
    let (head, line) = stream.split_once("CEF:0|").unwrap();
    assert_eq!(
        head,
        format!(
            "audit info 2026-11-24T10:23:01.123456Z db1.example keyward - object.read \
             [origin software=\"keyward\" swVersion=\"{VERSION}\"] "
        )
    );
    assert!(line.ends_with(" cs6={\"object\":\"Grüße\\\\n12 <110>1 \\=|.pdf\"}"), "{line}");
}
