//! `file-*`: file to file in memory, beside `cat` of the same file, Tink for Go and `age`; and through
//! the whole operation, with its record, its fsyncs and its database.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use keyward_engine::Source;
use keyward_envelope::{Randomness, ReadOptions, Sealing, file};

use super::{context, keyring};
use crate::{
    bench::{Bench, Row, memory_folder},
    error::BenchError,
    peers,
    samples::Samples,
    workspace::Workspace,
};

/// Of `cat`.
const AT_LEAST: f64 = 0.7;

/// Another's program that encrypts a file into another.
struct Peer {
    name: &'static str,
    what: &'static str,
    program: PathBuf,
    key: PathBuf,
    /// What it needs to know to encrypt to the key, where that isn't the key.
    recipient: Option<String>,
    times: [Samples; 2],
}

/// Encrypts and decrypts, in the order of a contestant's times.
const WAYS: [&str; 2] = ["encrypt", "decrypt"];

/// Measures all of them in the same rounds.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let length: u64 = bench.size(1 << 30, 64 << 20);
    let folder = tempfile::TempDir::with_prefix_in("keyward-bench-", memory_folder())?;
    let path = |name: &str| folder.path().join(name);
    let (plain, sealed, out) = (path("plain"), path("sealed"), path("out"));
    fill(&plain, length)?;
    let mut peers = peers(bench, folder.path())?;
    let workspace = bench.runtime.block_on(Workspace::local(folder.path()))?;
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let [mut ours, mut cat, mut engine] = <[[Samples; 2]; 3]>::default();
    for _ in 0..bench.size(7, 2) {
        // Each writes a new file, as `cat` does: memory for a new file is most of a copy's cost.
        let randomness = Randomness::draw()?;
        ours[0].time(|| file::encrypt_file(&plain, &sealed, &sealing, randomness))?;
        cat[0].time(|| copy(&plain, &out))?;
        fs::remove_file(&out)?;
        let options = ReadOptions::default();
        ours[1].time(|| file::decrypt_file(&sealed, &out, &keyring, &options))?;
        fs::remove_file(&out)?;
        cat[1].time(|| copy(&sealed, &out))?;
        fs::remove_file(&out)?;
        fs::remove_file(&sealed)?;

        bench.runtime.block_on(async {
            engine[0].wait(workspace.put("object", Source::File(plain.clone()))).await?;
            engine[1].wait(workspace.get_to("object", &out)).await?;
            fs::remove_file(&out)?;
            workspace.delete("object").await?;
            Ok::<_, BenchError>(())
        })?;

        for peer in &mut peers {
            peer.round(&plain, &sealed, &out)?;
        }
    }
    let rates =
        |ours: &Samples, other: &Samples| [ours, other].map(|one| one.rate(length as f64 / 1e6));
    for (way, what) in WAYS.into_iter().enumerate() {
        let copied = rates(&ours[way], &cat[way]);
        let row = Row::rate(&format!("file-{what}"), "MB/s", "`cat` of the same file", copied);
        bench.row(row.at_least(AT_LEAST));
        for peer in &peers {
            let name = format!("file-{what}-{}", peer.name);
            let row = Row::rate(&name, "MB/s", peer.what, rates(&ours[way], &peer.times[way]));
            bench.row(row.at_least(1.0));
        }
        let name = format!("file-{what}-engine");
        let beside = "`cat` of the same file";
        bench.row(Row::rate(&name, "MB/s", beside, rates(&engine[way], &cat[way])));
    }
    Ok(())
}

/// The peers that are here.
fn peers(bench: &mut Bench, folder: &Path) -> Result<Vec<Peer>, BenchError> {
    let mut peers = Vec::new();
    match peers::tink() {
        Some(program) => peers.push(Peer {
            name: "tink",
            what: "tink-go, streaming AES-256-GCM, 1 MiB",
            program,
            key: folder.join("tink.json"),
            recipient: None,
            times: Default::default(),
        }),
        None => skip(bench, "tink", "no `go` here when the peers were made"),
    }
    match (peers::on_path("age"), peers::on_path("age-keygen")) {
        (Some(program), Some(keygen)) => {
            let key = folder.join("age.txt");
            peers::run(Command::new(keygen).arg("-o").arg(&key))?;
            let text = fs::read_to_string(&key)?;
            let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: "));
            let recipient = recipient.map(String::from);
            let what = "age, X25519, ChaCha20-Poly1305";
            peers.push(Peer {
                name: "age",
                what,
                program,
                key,
                recipient,
                times: Default::default(),
            });
        }
        _ => skip(bench, "age", "no `age` here: `apt-get install age`"),
    }
    Ok(peers)
}

fn skip(bench: &mut Bench, peer: &str, reason: &str) {
    for way in WAYS {
        bench.skip(&format!("file-{way}-{peer}"), reason);
    }
}

impl Peer {
    /// There and back, with the files gone afterwards.
    fn round(&mut self, plain: &Path, sealed: &Path, out: &Path) -> Result<(), BenchError> {
        for (way, from, to) in [(0, plain, sealed), (1, sealed, out)] {
            let mut command = Command::new(&self.program);
            match &self.recipient {
                None => command.arg(WAYS[way]).arg(&self.key).arg(from).arg(to),
                Some(recipient) if way == 0 => {
                    command.arg("-r").arg(recipient).arg("-o").arg(to).arg(from)
                }
                Some(_) => command.arg("-d").arg("-i").arg(&self.key).arg("-o").arg(to).arg(from),
            };
            self.times[way].time(|| peers::run(&mut command))?;
        }
        if fs::metadata(out)?.len() != fs::metadata(plain)?.len() {
            return Err(BenchError::Unmeasured(format!("`{}` gave another length", self.name)));
        }
        fs::remove_file(sealed)?;
        Ok(fs::remove_file(out)?)
    }
}

fn fill(path: &Path, length: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    io::copy(&mut io::repeat(7).take(length), &mut file)?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), BenchError> {
    let mut command = Command::new("cat");
    let status = command.arg(from).stdin(Stdio::null()).stdout(File::create(to)?).status()?;
    if status.success() {
        return Ok(());
    }
    Err(BenchError::Peer { program: "cat".into(), detail: status.to_string() })
}
