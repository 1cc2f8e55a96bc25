//! Files: the target is whole or not there, and streams that fail say so.

mod common;

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use common::{FRAME, context, foreign::Foreign, keyring, pattern, randomness, sealing, sizes};
use keyward_core::Code;
use keyward_envelope::{
    EnvelopeError, Header, Randomness, ReadOptions, Sealing, decrypt, encrypt, file, open,
};

fn options() -> ReadOptions {
    ReadOptions::default()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_size_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (keyring, context) = (keyring(), context());
    for frame in [FRAME, 64 * 1024] {
        for size in sizes(frame as usize) {
            let plaintext = pattern(size);
            fs::write(path("plain"), &plaintext).unwrap();
            let sealing = sealing(&keyring, &context, frame);
            let length =
                file::encrypt_file(&path("plain"), &path("sealed"), &sealing, randomness(1))
                    .unwrap();
            let sealed = fs::read(path("sealed")).unwrap();
            assert_eq!(sealed.len() as u64, length);
            assert!(open(&sealed, &keyring, &options()).unwrap().plaintext == plaintext);
            let (header, length) =
                file::decrypt_file(&path("sealed"), &path("opened"), &keyring, &options()).unwrap();
            assert_eq!(header.context(), &context);
            assert_eq!(length, size as u64);
            assert!(fs::read(path("opened")).unwrap() == plaintext, "{frame}, {size}");
        }
    }
    assert_eq!(names(folder.path()), ["opened", "plain", "sealed"]);
}

#[test]
fn signed_and_unframed_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for foreign in [Foreign::new(0x0578, Some(FRAME)), Foreign::new(0x0478, None)] {
        fs::write(path("sealed"), foreign.write(&pattern(500))).unwrap();
        file::decrypt_file(&path("sealed"), &path("opened"), &keyring(), &options()).unwrap();
        assert_eq!(fs::read(path("opened")).unwrap(), pattern(500));
    }
}

#[test]
fn a_message_that_fails_leaves_the_old_target_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let message = common::message(1, &pattern(2000));
    let header = Header::parse_whole(&message, &options()).unwrap().length();
    let flipped = |at: usize| {
        let mut flipped = message.clone();
        flipped[at] ^= 1;
        flipped
    };
    let signed = Foreign::new(0x0578, Some(FRAME)).write(&pattern(500));
    fs::write(path("opened"), "old").unwrap();
    for (what, bad) in [
        ("empty", Vec::new()),
        ("header", flipped(10)),
        ("first frame", flipped(header + 20)),
        ("last byte", flipped(message.len() - 1)),
        ("cut", message[..message.len() - 1].to_vec()),
        ("cut by a frame", message[..message.len() - FRAME as usize - 32].to_vec()),
        ("extended", [message.clone(), vec![0]].concat()),
        ("signature cut", signed[..signed.len() - 1].to_vec()),
    ] {
        fs::write(path("sealed"), bad).unwrap();
        let failed = file::decrypt_file(&path("sealed"), &path("opened"), &keyring(), &options());
        assert_eq!(failed.unwrap_err().code(), Code::CiphertextRejected, "{what}");
        assert_eq!(fs::read(path("opened")).unwrap(), b"old", "{what}");
        assert_eq!(names(folder.path()), ["opened", "sealed"], "{what}");
    }
}

#[cfg(unix)]
#[test]
fn an_opened_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("sealed"), common::message(1, b"text")).unwrap();
    file::decrypt_file(&path("sealed"), &path("opened"), &keyring(), &options()).unwrap();
    let mode = fs::metadata(path("opened")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "text").unwrap();
    let (keyring, context) = (keyring(), context());
    let target = folder.path().join("none/sealed");
    let sealing = Sealing::new(&keyring, &context);
    let failed = file::encrypt_file(&plain, &target, &sealing, Randomness::draw().unwrap());
    assert!(matches!(failed, Err(EnvelopeError::Io(_))));
}

/// Fails after so many bytes, as a full disk or a broken pipe does.
struct Failing(usize, io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let length = bytes.len().min(self.0);
        self.0 -= length;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let length = bytes.len().min(self.0);
        self.0 -= length;
        Ok(length)
    }
}

#[test]
fn a_full_disk_ends_a_stream_with_its_code() {
    let (keyring, context) = (keyring(), context());
    let plaintext = pattern(8 << 20);
    for room in [0, 100, 70_000, 3 << 20, 8 << 20] {
        let disk = Failing(room, io::ErrorKind::StorageFull);
        let failed = encrypt(
            plaintext.as_slice(),
            disk,
            &Sealing::new(&keyring, &context),
            Randomness::draw().unwrap(),
        );
        assert_eq!(failed.unwrap_err().code(), Code::DiskFull, "{room}");
    }
}

#[test]
fn a_source_that_fails_ends_a_stream() {
    let (keyring, context) = (keyring(), context());
    for length in [0, 100, 5 << 20] {
        let source = Failing(length, io::ErrorKind::ConnectionReset);
        let sealing = Sealing::new(&keyring, &context);
        let failed = encrypt(source, io::sink(), &sealing, Randomness::draw().unwrap());
        assert!(matches!(failed, Err(EnvelopeError::Io(_))), "{length}");
    }
}

/// The writer's failure and the message's are told apart, however they race.
#[test]
fn a_damaged_long_stream_is_refused() {
    let (keyring, context) = (keyring(), context());
    let mut sealed = Vec::new();
    let sealing = Sealing::new(&keyring, &context);
    let plaintext = pattern(8 << 20);
    encrypt(plaintext.as_slice(), &mut sealed, &sealing, Randomness::draw().unwrap()).unwrap();
    for at in [1 << 20, 5 << 20, sealed.len() - 1] {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        let mut out = Vec::new();
        let failed = decrypt(damaged.as_slice(), &mut out, &keyring, &options());
        assert_eq!(failed.unwrap_err().code(), Code::CiphertextRejected);
        assert!(plaintext.starts_with(&out));
    }
}
