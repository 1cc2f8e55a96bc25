//! Prints the message format's figures: `envelope memory|small|files DIR|resident DIR`.

use std::path::PathBuf;

use keyward_bench::envelope::{self, BothWays};
use keyward_envelope::EnvelopeError;

pub fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "/dev/shm".into()));
    if let Err(error) = run(&what, &folder) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(what: &str, folder: &std::path::Path) -> Result<(), EnvelopeError> {
    match what {
        "memory" => print("GB/s", 1e9, envelope::memory(1 << 30, 9)?),
        "small" => print("thousand/s", 1e3, envelope::small(100_000, 9)?),
        "files" => print("GB/s", 1e9, envelope::files(folder, 1 << 30, 5)?),
        "resident" => {
            envelope::file_there_and_back(folder, 5 << 30)?;
            println!("{} KiB", envelope::peak_resident_kib().unwrap_or(0));
        }
        _ => eprintln!("usage: envelope memory|small|files DIR|resident DIR"),
    }
    Ok(())
}

fn print(unit: &str, scale: f64, BothWays { encrypt, decrypt }: BothWays) {
    for (what, pair) in [("encrypt", encrypt), ("decrypt", decrypt)] {
        let (ours, beside) = (pair.ours / scale, pair.beside / scale);
        println!("{what}: {ours:.2} beside {beside:.2} {unit}, ratio {:.3}", pair.ratio());
    }
}
