//! The tour against AWS KMS: an endpoint that is there, or the project's own test server beside it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use keyward_core::RootKeyReference;

use crate::{arguments::Global, failure::Failure};

/// The region that a test server's key is made in.
const REGION: &str = "eu-central-1";
/// The test server's program, below the project's folder.
const SERVER: &str = "tests/peers/aws/moto_kms.py";

/// The endpoint that is set for AWS KMS, if one is.
pub fn endpoint(global: &Global) -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let given = global.aws_endpoint.clone();
    given.or_else(|| set("AWS_ENDPOINT_URL_KMS")).or_else(|| set("AWS_ENDPOINT_URL"))
}

/// Makes a key at a test server. No key is ever made in a real account: `--key` names one there.
///
/// # Errors
/// [`Failure`] where the endpoint is no test server on this machine.
pub fn make_key(global: &Global) -> Result<RootKeyReference, Failure> {
    let endpoint = endpoint(global).unwrap_or_default();
    let address = endpoint
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .filter(|rest| rest.starts_with("127.0.0.1:") || rest.starts_with("localhost:"))
        .ok_or_else(|| {
            Failure::usage(format_args!(
                "`{endpoint}` is no test server on this machine, and the tour makes no key elsewhere; name one with `--key`"
            ))
        })?;
    let answer =
        create_key(address).map_err(|error| Failure::io("make a key at", &endpoint, &error))?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let arn = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|body| Some(body.pointer("/KeyMetadata/Arn")?.as_str()?.to_owned()))
        .ok_or_else(|| Failure::unexpected(format!("`{endpoint}` made no key")))?;
    arn.parse().map_err(Failure::unexpected)
}

/// Starts the test server, runs the same tour in a process of its own that uses it as AWS, and stops
/// the server.
///
/// # Errors
/// [`Failure`] where either doesn't start.
pub fn run_beside_a_peer(global: &Global, files: Option<&Path>) -> Result<u8, Failure> {
    let peer = Peer::start()?;
    let program =
        std::env::current_exe().map_err(|error| Failure::io("find", "this program", &error))?;
    let mut tour = Command::new(program);
    tour.args(["tour", "--aws"]);
    if let Some(files) = files {
        tour.arg("--files").arg(files);
    }
    if global.json {
        tour.arg("--json");
    }
    if global.quiet {
        tour.arg("--quiet");
    }
    // Nothing of this account's own AWS configuration takes part.
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_KMS"] {
        tour.env_remove(name);
    }
    tour.env("AWS_ENDPOINT_URL", &peer.endpoint)
        .env("AWS_ACCESS_KEY_ID", "peer")
        .env("AWS_SECRET_ACCESS_KEY", "peer")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let status = tour.status().map_err(|error| Failure::io("start", "the tour", &error))?;
    drop(peer);
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// A running test server, stopped when dropped. It also stops when this process ends in any way, since
/// it waits for the end of its standard input.
struct Peer {
    server: Child,
    endpoint: String,
}

impl Peer {
    fn start() -> Result<Self, Failure> {
        let python = python()?;
        let mut server = Command::new(&python)
            .arg(server()?)
            .arg("--until-stdin-ends")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::io("start", python.display(), &error))?;
        let mut line = String::new();
        if let Some(output) = server.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let peer = Self { server, endpoint: line.trim().to_owned() };
        if peer.endpoint.starts_with("http://") {
            return Ok(peer);
        }
        Err(Failure::unexpected(
            "the AWS test server did not start; `cargo xtask setup` makes what it needs",
        ))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The interpreter that has the test server's packages.
fn python() -> Result<PathBuf, Failure> {
    if let Some(python) = std::env::var_os("KEYWARD_PEERS_PYTHON") {
        return Ok(python.into());
    }
    let below = if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" };
    std::env::var_os("KEYWARD_PEERS")
        .map(|peers| PathBuf::from(peers).join(below))
        .filter(|python| python.exists())
        .ok_or_else(|| {
            Failure::usage(
                "no AWS endpoint is set and there is no test server here; set AWS_ENDPOINT_URL_KMS, or start this with `cargo xtask run --cli --aws`",
            )
        })
}

/// The test server's program: in the project that cargo runs this from, or in the current folder.
fn server() -> Result<PathBuf, Failure> {
    let project = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let above = project.as_deref().and_then(Path::parent).and_then(Path::parent);
    [above.unwrap_or(Path::new(".")), Path::new(".")]
        .into_iter()
        .map(|folder| folder.join(SERVER))
        .find(|path| path.exists())
        .ok_or_else(|| {
            Failure::usage(format_args!(
                "there is no `{SERVER}` here; run this in the project's folder"
            ))
        })
}

/// One request to KMS, unsigned in all but form: a test server checks no signature.
fn create_key(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: TrentService.CreateKey\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=peer/20260101/{REGION}/kms/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: 2\r\n\r\n{{}}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
