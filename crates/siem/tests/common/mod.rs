//! A log in memory, and a receiver that reads as it is told to.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use keyward_siem::{
    Source,
    forward::{Confirm, Forwarder, Pace, Target, Trail, Transport},
    syslog::Format,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

/// A log in memory, with the cursor of one receiver.
#[derive(Clone, Default)]
pub struct Memory {
    pub bodies: Arc<Mutex<Vec<String>>>,
    pub cursor: Arc<AtomicU64>,
    more: Arc<Notify>,
}

impl Memory {
    pub fn of(records: u64) -> Self {
        let memory = Self::default();
        memory.append(records);
        memory
    }

    pub fn append(&self, records: u64) {
        let mut bodies = self.bodies.lock().unwrap();
        let first = bodies.len() as u64;
        bodies.extend((first..first + records).map(body));
        self.more.notify_waiters();
    }

    pub fn cursor_now(&self) -> u64 {
        self.cursor.load(Ordering::SeqCst)
    }
}

impl Trail for Memory {
    type Error = Infallible;

    async fn cursor(&self) -> Result<u64, Infallible> {
        Ok(self.cursor_now())
    }

    async fn page(&self, from: u64, limit: usize) -> Result<Vec<String>, Infallible> {
        let bodies = self.bodies.lock().unwrap();
        Ok(bodies.iter().skip(from as usize).take(limit).cloned().collect())
    }

    async fn advance(&self, next: u64) -> Result<(), Infallible> {
        self.cursor.store(next, Ordering::SeqCst);
        Ok(())
    }

    async fn wait(&self, from: u64) -> Result<(), Infallible> {
        let more = self.more.notified();
        if self.bodies.lock().unwrap().len() as u64 <= from {
            more.await;
        }
        Ok(())
    }
}

/// A record whose object is named so that a careless receiver would take it for several lines.
pub fn body(seq: u64) -> String {
    format!(
        "{{\"action\":\"object.read\",\"actor\":\"alice\",\"details\":{{\"dataset\":\"invoices\",\
         \"name\":\"a\\nb 12 <110>1 = |\"}},\"key\":\"dk:acme/invoices/3\",\"key_version\":3,\
         \"outcome\":\"ok\",\"region\":\"eu-central-1\",\"request\":\"abababababababababababababababab\",\
         \"role\":\"application\",\"seq\":{seq},\"tenant\":\"acme\",\
         \"time\":\"2026-11-24T10:23:01.123456Z\",\"v\":1}}"
    )
}

/// Sends a log in memory to a port of this machine, without long pauses.
pub fn forwarder(trail: &Memory, port: u16, transport: Transport) -> Forwarder<Memory> {
    Forwarder {
        trail: trail.clone(),
        source: Source::new("keyward.example/log".parse().unwrap()),
        target: Target { host: "127.0.0.1".into(), port, transport, confirm: Confirm::Close },
        format: Format::Cef,
        pace: Pace {
            page: 100,
            session: 700,
            linger: Duration::from_millis(20),
            settle: Duration::from_millis(20),
            patience: Duration::from_secs(10),
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(40),
            ..Pace::default()
        },
    }
}

/// What a receiver does with one connection.
#[derive(Clone, Copy)]
pub enum Conduct {
    /// Reads to the end, then closes.
    ReadToEnd,
    /// Leaves after so many bytes, whatever comes after them.
    LeaveAfter(usize),
    /// Takes so many bytes, reads no more for a moment, and dies with the rest unread.
    DieAfter(usize),
    /// Reads to the end and never closes.
    StayOpen,
}

/// A receiver on a port of its own.
pub struct Receiver {
    pub port: u16,
    /// The bytes of each connection, in order.
    pub connections: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Receiver {
    /// Receives with this conduct for each connection, the last one for all further ones.
    pub async fn start(conducts: Vec<Conduct>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(receive(listener, conducts, tls, Arc::clone(&connections)));
        Self { port, connections }
    }

    /// The records of each connection: whole messages alone, as a receiver takes them.
    pub fn records(&self) -> Vec<Vec<u64>> {
        let connections = self.connections.lock().unwrap();
        connections
            .iter()
            .map(|bytes| messages(bytes).iter().map(|text| seq(text)).collect())
            .collect()
    }

    /// Asserts that every record is there, in order, and gives how many came more than once.
    pub fn assert_all(&self, records: u64) -> usize {
        let all = self.records();
        let mut next = 0;
        for connection in &all {
            assert!(connection.is_sorted_by(|one, other| one + 1 == *other), "{connection:?}");
            if let (Some(first), Some(last)) = (connection.first(), connection.last()) {
                assert!(*first <= next, "records {next} to {first} were left out");
                next = next.max(last + 1);
            }
        }
        assert_eq!(next, records);
        all.iter().map(Vec::len).sum::<usize>() - records as usize
    }
}

async fn receive(
    listener: TcpListener,
    conducts: Vec<Conduct>,
    tls: Option<TlsAcceptor>,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
) {
    for turn in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let conduct = conducts[turn.min(conducts.len() - 1)];
        connections.lock().unwrap().push(Vec::new());
        let keep = |bytes: &[u8]| {
            connections.lock().unwrap().last_mut().unwrap().extend_from_slice(bytes);
        };
        // A client that doesn't trust us ends the handshake; a dropped one is no matter here.
        let _: io::Result<()> = match &tls {
            None => read(stream, conduct, keep).await,
            Some(tls) => match tls.accept(stream).await {
                Ok(stream) => read(stream, conduct, keep).await,
                Err(error) => Err(error),
            },
        };
    }
}

async fn read<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    mut stream: S,
    conduct: Conduct,
    keep: impl Fn(&[u8]),
) -> io::Result<()> {
    let mut left = match conduct {
        Conduct::LeaveAfter(bytes) | Conduct::DieAfter(bytes) => bytes,
        Conduct::ReadToEnd | Conduct::StayOpen => usize::MAX,
    };
    let mut buffer = vec![0; 4096];
    while left > 0 {
        let length = stream.read(&mut buffer[..left.min(4096)]).await?;
        if length == 0 {
            break;
        }
        keep(&buffer[..length]);
        left -= length;
    }
    match conduct {
        Conduct::ReadToEnd => stream.shutdown().await?,
        Conduct::LeaveAfter(_) => {}
        Conduct::DieAfter(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        // Held for as long as the test runs.
        Conduct::StayOpen => std::mem::forget(stream),
    }
    Ok(())
}

/// Takes octet-counted messages apart (RFC 6587, 3.4.1), leaving what is cut off at the end.
pub fn messages(mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length: usize = str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let Some(message) = bytes.get(space + 1..space + 1 + length) else { break };
        messages.push(String::from_utf8(message.to_vec()).unwrap());
        bytes = &bytes[space + 1 + length..];
    }
    messages
}

/// The record that a message says it stands for.
pub fn seq(message: &str) -> u64 {
    let (_, rest) = message.split_once(" externalId=").unwrap();
    rest.split_once(' ').unwrap().0.parse().unwrap()
}

/// A receiver's TLS, for this name, and the PEM of the authority that vouches for it.
pub fn tls(name: &str) -> (TlsAcceptor, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new([name.into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority_pem)
}
