//! A witness under a URL (C2SP tlog-witness, `add-checkpoint`).

use std::time::Duration;

use keyward_ledger::{NoteSignature, WitnessRequest};

use crate::WitnessError;

/// How long a connection may take: an opening waits for it.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// A witness's submission prefix.
#[derive(Clone, Debug)]
pub struct HttpWitness {
    url: reqwest::Url,
    client: reqwest::Client,
}

/// What a witness says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its cosignature lines: nobody's word until they are verified.
    Cosigned(Vec<NoteSignature>),
    /// It has last cosigned this size, which isn't the request's old one.
    Seen(u64),
}

impl HttpWitness {
    /// The witness under this submission prefix.
    ///
    /// # Errors
    /// [`WitnessError::InvalidUrl`]; [`WitnessError::Unreachable`] where this machine can't do HTTP.
    pub fn new(url: &str) -> Result<Self, WitnessError> {
        let invalid = || WitnessError::InvalidUrl { url: url.into() };
        let prefix: reqwest::Url = url.parse().map_err(|_| invalid())?;
        // A name and password in it would stand in the log.
        let plain = matches!(prefix.scheme(), "http" | "https")
            && prefix.username().is_empty()
            && prefix.password().is_none()
            && prefix.query().is_none()
            && prefix.fragment().is_none();
        if !plain {
            return Err(invalid());
        }
        let url: reqwest::Url = format!("{}/add-checkpoint", prefix.as_str().trim_end_matches('/'))
            .parse()
            .map_err(|_| invalid())?;
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| unreachable(&url, &error))?;
        Ok(Self { url, client })
    }

    /// Sends a checkpoint with the consistency proof since the last that the witness cosigned.
    ///
    /// # Errors
    /// [`WitnessError::Unreachable`], [`WitnessError::Refused`], [`WitnessError::NoWitness`].
    pub async fn add_checkpoint(&self, request: &WitnessRequest) -> Result<Answer, WitnessError> {
        let sent = self.client.post(self.url.clone()).body(request.to_string()).send().await;
        let mut answer = sent.map_err(|error| unreachable(&self.url, &error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER => body.extend(&chunk),
                Ok(Some(_)) => return Err(self.no_witness()),
                Ok(None) => break,
                Err(error) => return Err(unreachable(&self.url, &error)),
            }
        }
        let body = String::from_utf8(body).map_err(|_| self.no_witness())?;
        match status {
            200 => {
                let lines =
                    body.split_inclusive('\n').map(str::parse).collect::<Result<Vec<_>, _>>();
                lines.ok().filter(|lines| !lines.is_empty()).map(Answer::Cosigned)
            }
            // "The response body MUST consist of the tree size of the latest cosigned checkpoint in
            // decimal, followed by a newline". Of an equal size with another root it is no size.
            409 if size(&body).is_some_and(|seen| seen != request.old) => {
                size(&body).map(Answer::Seen)
            }
            status => {
                let said = body.trim().chars().filter(|one| !one.is_control()).take(200).collect();
                return Err(WitnessError::Refused { url: self.url.to_string(), status, said });
            }
        }
        .ok_or_else(|| self.no_witness())
    }

    fn no_witness(&self) -> WitnessError {
        WitnessError::NoWitness { url: self.url.to_string() }
    }
}

fn size(body: &str) -> Option<u64> {
    body.strip_suffix('\n')?.parse().ok()
}

fn unreachable(url: &reqwest::Url, error: &reqwest::Error) -> WitnessError {
    let cause = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        // The innermost cause: those around it only repeat the URL.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    };
    WitnessError::Unreachable { url: url.to_string(), cause }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use keyward_core::SecretKey;
    use keyward_ledger::{Checkpoint, Hash, Note, SigningKey};

    use super::*;

    /// A server that gives one answer.
    fn answering(head: &str, body: &str) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            let read = stream.read(&mut asked).unwrap();
            assert!(asked[..read].starts_with(b"POST /prefix/add-checkpoint HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        format!("{url}/prefix/")
    }

    fn request() -> WitnessRequest {
        let key = SigningKey::from_seed(&SecretKey::new([1; 32]));
        let origin = "example.com/log".parse().unwrap();
        let note = Checkpoint { origin, size: 0, root: Hash::EMPTY_TREE }.sign(&key);
        WitnessRequest { old: 0, path: Vec::new(), checkpoint: Note::parse(&note).unwrap() }
    }

    #[tokio::test]
    async fn answers_are_told_apart() {
        let ask = async |head: &str, body: &str| {
            let witness = HttpWitness::new(&answering(head, body)).unwrap();
            witness.add_checkpoint(&request()).await
        };
        let note = request().checkpoint.to_string();
        let line = note.split("\n\n").nth(1).unwrap();
        assert!(
            matches!(ask("200 OK", line).await, Ok(Answer::Cosigned(lines)) if lines.len() == 1)
        );
        assert!(matches!(ask("200 OK", "").await, Err(WitnessError::NoWitness { .. })));
        assert!(matches!(ask("200 OK", "<html>").await, Err(WitnessError::NoWitness { .. })));
        assert_eq!(ask("409 Conflict", "17\n").await.unwrap(), Answer::Seen(17));
        assert!(matches!(ask("409 Conflict", "0\n").await, Err(WitnessError::Refused { .. })));
        let refused = ask("403 Forbidden", "no\x1b[31m\n").await.unwrap_err();
        assert!(refused.to_string().contains("status 403: no[31m"), "{refused}");
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let asked = HttpWitness::new(&url).unwrap().add_checkpoint(&request()).await;
        assert!(matches!(asked, Err(WitnessError::Unreachable { .. })));
        for bad in ["", "witness", "file:///x", "http://", "https://u:p@w.example", "http://w?x"] {
            assert!(matches!(HttpWitness::new(bad), Err(WitnessError::InvalidUrl { .. })), "{bad}");
        }
    }
}
