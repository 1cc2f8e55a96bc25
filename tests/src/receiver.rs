//! A syslog receiver over TCP that reads all it gets, or leaves before it has.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A receiver on this machine, for as long as the process lives.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    messages: Arc<Mutex<Vec<String>>>,
    leaving: Arc<AtomicU64>,
}

impl Receiver {
    /// Starts one.
    ///
    /// # Panics
    /// Where there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (messages, leaving) =
            (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicU64>::default());
        let (kept, leaves) = (Arc::clone(&messages), Arc::clone(&leaving));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let take = |left: u64| left.checked_sub(1);
                if leaves.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                    leave(&connection);
                } else {
                    // A sender that dies within a message leaves its start, which is worth nothing.
                    let _ = read(connection, &kept);
                }
            }
        });
        Self { address, messages, leaving }
    }

    /// Has it leave the next connections with bytes unread.
    pub fn leave_next(&self, connections: u64) {
        self.leaving.store(connections, Ordering::SeqCst);
    }

    /// The messages so far.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The messages, once this is true of them.
    ///
    /// # Panics
    /// After half a minute.
    pub fn wait(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let started = Instant::now();
        loop {
            let messages = self.messages();
            if enough(&messages) {
                return messages;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{} came", messages.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Reads one byte and closes: the rest is unread, which resets the connection.
fn leave(mut connection: &TcpStream) {
    let _ = connection.read(&mut [0]);
    thread::sleep(Duration::from_millis(50));
}

/// Reads messages after their lengths (RFC 6587, 3.4.1) until the sender has closed its side, and then closes.
fn read(connection: TcpStream, messages: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = Vec::new();
        if reader.read_until(b' ', &mut length)? == 0 {
            return Ok(());
        }
        let length =
            std::str::from_utf8(&length).ok().and_then(|text| text.trim_end().parse().ok());
        let length: usize = length.ok_or(io::ErrorKind::InvalidData)?;
        let mut message = vec![0; length];
        reader.read_exact(&mut message)?;
        let message = String::from_utf8(message).map_err(|_| io::ErrorKind::InvalidData)?;
        messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}
