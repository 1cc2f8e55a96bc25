//! One connection to a receiver: from opening it to its confirmation.

use std::{io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    forwarder::Pace,
    target::{Confirm, Confirmation, Target, Transport},
};
use crate::{SiemError, error::AuthorityFault, syslog};

/// The longest message that an IPv4 datagram holds (RFC 5426, 3.2).
const DATAGRAM_LIMIT: usize = 65_507;

/// A connection to a target.
pub(super) struct Connection<'a> {
    target: &'a Target,
    pace: &'a Pace,
    way: Way,
}

enum Way {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// A message and its record.
pub(super) struct Message {
    pub(super) seq: u64,
    pub(super) text: String,
}

impl<'a> Connection<'a> {
    pub(super) async fn open(target: &'a Target, pace: &'a Pace) -> Result<Self, SiemError> {
        let way = match &target.transport {
            Transport::Udp => {
                Way::Datagrams(in_time(pace, datagrams(target)).await.map_err(connect(target))?)
            }
            Transport::Tcp => {
                Way::Stream(Box::new(in_time(pace, tcp(target)).await.map_err(connect(target))?))
            }
            Transport::Tls { authorities } => {
                let connector = TlsConnector::from(Arc::new(trusting(authorities)?));
                let name = ServerName::try_from(target.host.clone())
                    .map_err(|_| SiemError::ServerName { host: target.host.clone() })?;
                let stream =
                    in_time(pace, async { connector.connect(name, tcp(target).await?).await });
                Way::Stream(Box::new(stream.await.map_err(connect(target))?))
            }
        };
        Ok(Self { target, pace, way })
    }

    /// Sends messages and flushes them.
    pub(super) async fn send(&mut self, messages: &[Message]) -> Result<(), SiemError> {
        match &mut self.way {
            Way::Datagrams(socket) => {
                for message in messages {
                    let length = message.text.len();
                    if length > DATAGRAM_LIMIT {
                        return Err(SiemError::Datagram { seq: message.seq, length });
                    }
                    socket.send(message.text.as_bytes()).await.map_err(lost(self.target))?;
                }
                Ok(())
            }
            Way::Stream(stream) => {
                let mut bytes = Vec::new();
                for message in messages {
                    syslog::frame(&message.text, &mut bytes);
                }
                let written = in_time(self.pace, async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                });
                written.await.map_err(lost(self.target))
            }
        }
    }

    /// Learns what the receiver has of all that was sent, and ends the connection.
    pub(super) async fn confirm(self) -> Result<Confirmation, SiemError> {
        let Way::Stream(mut stream) = self.way else { return Ok(Confirmation::Nothing) };
        // Bytes to a receiver that has just left are answered by a reset. It needs a round trip to be
        // seen here, and after our own end it could hide behind the receiver's.
        match timeout(self.pace.settle, read_to_end(&mut stream)).await {
            Err(_) => {}
            Ok(Ok(())) => return Err(lost(self.target)(io::ErrorKind::UnexpectedEof.into())),
            Ok(Err(source)) => return Err(lost(self.target)(source)),
        }
        stream.shutdown().await.map_err(lost(self.target))?;
        // With TLS 1.3 tickets may lie unread; reading also keeps the system from answering with a
        // reset, which could take from the receiver what it hasn't read yet.
        let wait = match self.target.confirm {
            Confirm::Close => self.pace.patience,
            Confirm::Open => self.pace.settle,
        };
        match (timeout(wait, read_to_end(&mut stream)).await, self.target.confirm) {
            (Ok(Ok(())), _) => Ok(Confirmation::ReadToEnd),
            (Ok(Err(source)), _) => Err(lost(self.target)(source)),
            (Err(_), Confirm::Open) => Ok(Confirmation::StillOpen),
            (Err(_), Confirm::Close) => {
                Err(SiemError::Unconfirmed { target: self.target.to_string(), after: wait })
            }
        }
    }
}

/// Reads until the receiver's end. What it says is of no interest: syslog goes one way.
async fn read_to_end(stream: &mut Box<dyn Stream>) -> io::Result<()> {
    let mut buffer = [0; 512];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // The end of TCP without the end of TLS. What comes from the receiver isn't used, so an
            // attacker who cuts it off gains no more than by cutting the line.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

async fn tcp(target: &Target) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    // Pages are written whole, so waiting for more only delays their last bytes.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn datagrams(target: &Target) -> io::Result<UdpSocket> {
    let address = lookup_host((target.host.as_str(), target.port))
        .await?
        .next()
        .ok_or(io::ErrorKind::AddrNotAvailable)?;
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// TLS that trusts these authorities and no others.
fn trusting(authorities: &Path) -> Result<ClientConfig, SiemError> {
    let fault = |reason| SiemError::Authority { path: authorities.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities)
        .map_err(|error| fault(AuthorityFault::Pem(error)))?
    {
        let certificate = certificate.map_err(|error| fault(AuthorityFault::Pem(error)))?;
        roots.add(certificate).map_err(|error| fault(AuthorityFault::Certificate(error)))?;
    }
    if roots.is_empty() {
        return Err(fault(AuthorityFault::Empty));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(AuthorityFault::Certificate(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

async fn in_time<T>(pace: &Pace, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(pace.patience, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn connect(target: &Target) -> impl Fn(io::Error) -> SiemError {
    |source| SiemError::Connect { target: target.to_string(), source }
}

fn lost(target: &Target) -> impl Fn(io::Error) -> SiemError {
    |source| SiemError::Lost { target: target.to_string(), source }
}
