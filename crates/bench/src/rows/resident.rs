//! `resident-*`: the most memory that a process ever has that encrypts and decrypts one large file.
//!
//! Each is measured in a process of its own that does nothing else.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
};

use keyward_engine::Source;
use keyward_envelope::{Randomness, ReadOptions, Sealing, file};
use tokio::runtime::Runtime;

use super::{context, keyring};
use crate::{
    bench::{Bench, Row, memory_folder},
    error::BenchError,
    workspace::Workspace,
};

/// MiB.
const LIMIT: f64 = 64.0;

/// Measures the message format's way and the operations'.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let length: u64 = bench.size(5 << 30, 256 << 20);
    for way in ["file", "engine"] {
        let name = format!("resident-{way}");
        if !bench.wants(&name) {
            continue;
        }
        let folder = tempfile::TempDir::with_prefix_in("keyward-bench-", memory_folder())?;
        let output = Command::new(std::env::current_exe()?)
            .args(["--resident", way])
            .arg(folder.path())
            .arg(length.to_string())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        match text.trim().parse::<f64>() {
            Ok(kib) if output.status.success() => {
                let row = Row::cost(&name, "MiB", "the limit", [kib / 1024.0, LIMIT]);
                bench.row(row.at_least(1.0));
            }
            _ if output.status.success() => {
                bench.skip(&name, "this system does not tell a process's peak memory");
            }
            _ => {
                let detail = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                return Err(BenchError::Peer {
                    program: "keyward-bench --resident".into(),
                    detail,
                });
            }
        }
    }
    Ok(())
}

/// The process that is measured: does the work, and prints its peak memory in KiB.
pub fn child(runtime: &Runtime, task: &[String]) -> Result<(), BenchError> {
    let [way, folder, length] = task else {
        return Err(BenchError::Unmeasured("three arguments are needed".into()));
    };
    let wrong = |_| BenchError::Unmeasured(format!("`{length}` is no length"));
    let (folder, length) = (Path::new(folder), length.parse().map_err(wrong)?);
    let plain = folder.join("plain");
    // A hole: it reads as zeros, and takes no memory from what is measured.
    File::create(&plain)?.set_len(length)?;
    let out = folder.join("out");
    if way == "engine" {
        runtime.block_on(async {
            let workspace = Workspace::local(folder).await?;
            workspace.put("object", Source::File(plain)).await?;
            workspace.get_to("object", &out).await
        })?;
    } else {
        let (keyring, context) = (keyring()?, context());
        let (sealed, sealing) = (folder.join("sealed"), Sealing::new(&keyring, &context));
        file::encrypt_file(&plain, &sealed, &sealing, Randomness::draw()?)?;
        file::decrypt_file(&sealed, &out, &keyring, &ReadOptions::default())?;
    }
    if fs::metadata(&out)?.len() != length {
        return Err(BenchError::Unmeasured("the file came back with another length".into()));
    }
    if let Some(peak) = peak_kib() {
        println!("{peak}");
    }
    Ok(())
}

/// The most resident memory that this process has ever had (proc(5), `VmHWM`).
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
