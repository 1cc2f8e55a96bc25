//! Our checkpoints before a public witness: litewitness cosigns them, as long as they are of one log that
//! only grows.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::SecretKey;
use keyward_ledger::{
    Checkpoint, Hash, Note, Origin, SigningKey, WitnessKey, leaf_hash, proof, root_of,
};
use keyward_tests::peers::litewitness::Litewitness;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_public_witness_cosigns_our_checkpoints_and_no_fork() {
    let Some(witness) = Litewitness::start("witness_go") else { return };
    let origin: Origin = "keyward.example/9f86d081884c7d65".parse().unwrap();
    let key = SigningKey::from_seed(&SecretKey::new([42; 32]));
    let other = SigningKey::from_seed(&SecretKey::new([43; 32]));
    let leaves: Vec<Hash> = (0..700u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let checkpoint = |size: usize| {
        let root = root_of(leaves[..size].iter().copied());
        Checkpoint { origin: origin.clone(), size: size as u64, root }
    };

    let first = checkpoint(300).sign(&key);
    let (status, said) = witness.add_checkpoint(&request(0, &[], &first));
    assert_eq!(status, 403, "it knows no log yet: {said}");
    witness.add_log(&key.verifier(&origin)).await;

    // The first one it takes as it is; for each further one it wants the proof since the last.
    let (status, said) = witness.add_checkpoint(&request(0, &[], &first));
    assert_eq!(status, 200, "{said}");
    verify(witness.verifier_key(), &first, &said);
    let second = checkpoint(700).sign(&key);
    let path = proof::consistency(&leaves, 300).unwrap();
    let (status, said) = witness.add_checkpoint(&request(300, &path, &second));
    assert_eq!(status, 200, "{said}");
    verify(witness.verifier_key(), &second, &said);

    // The same one again is no growth, and cosigned anew.
    let (status, said) = witness.add_checkpoint(&request(700, &[], &second));
    assert_eq!(status, 200, "{said}");
    verify(witness.verifier_key(), &second, &said);

    // From another size than its own: it answers with the size.
    let (status, said) = witness.add_checkpoint(&request(300, &path, &second));
    assert_eq!((status, said.as_str()), (409, "700\n"));
    // Shorter than what it has cosigned.
    let (status, said) = witness.add_checkpoint(&request(700, &[], &first));
    assert_eq!(status, 400, "{said}");
    // Signed with another key.
    let stolen = checkpoint(700).sign(&other);
    let (status, said) = witness.add_checkpoint(&request(700, &[], &stolen));
    assert_eq!(status, 403, "{said}");
    // Another log under the same key.
    let fork = Checkpoint { origin: origin.clone(), size: 700, root: leaf_hash(b"fork") };
    let (status, said) = witness.add_checkpoint(&request(700, &[], &fork.sign(&key)));
    assert_eq!(status, 422, "{said}");
}

/// A request of C2SP tlog-witness, "add-checkpoint".
fn request(old: u64, path: &[Hash], note: &str) -> String {
    let path: String = path.iter().map(|hash| format!("{hash}\n")).collect();
    format!("old {old}\n{path}\n{note}")
}

/// Checks a cosignature line with our own code, and byte by byte without it (C2SP tlog-cosignature).
fn verify(vkey: &str, note: &str, line: &str) {
    let key: WitnessKey = vkey.parse().unwrap();
    assert_eq!(key.to_string(), vkey);
    let cosigned = Note::parse(&format!("{note}{line}")).unwrap();
    let time = key.cosigned(&cosigned).unwrap();
    assert!((chrono::Utc::now() - time).num_seconds().abs() < 60, "{time}");

    let mut parts = vkey.splitn(3, '+');
    let (name, id, key) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let key = BASE64_STANDARD.decode(key).unwrap();
    assert_eq!((key.len(), key[0]), (33, 0x04));
    let digest = Sha256::new().chain_update(name).chain_update("\n").chain_update(&key).finalize();
    assert_eq!(hex::encode(&digest[..4]), id);

    let signature = line.strip_prefix(&format!("\u{2014} {name} ")).unwrap().trim_end();
    let signature = BASE64_STANDARD.decode(signature).unwrap();
    assert_eq!((signature.len(), &signature[..4]), (4 + 8 + 64, &digest[..4]));
    let seconds = u64::from_be_bytes(signature[4..12].try_into().unwrap());
    assert_eq!(i64::try_from(seconds), Ok(time.timestamp()));
    let message = format!("cosignature/v1\ntime {seconds}\n{}", cosigned.text());
    UnparsedPublicKey::new(&ED25519, &key[1..])
        .verify(message.as_bytes(), &signature[12..])
        .expect("the cosignature holds");
}
