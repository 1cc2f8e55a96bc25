//! Proof files and cosignatures as Go sees them: `github.com/transparency-dev/formats` reads ours and we
//! read those that it makes.

use chrono::{DateTime, Utc};
use keyward_core::SecretKey;
use keyward_ledger::{
    Checkpoint, Hash, LedgerError, Note, Origin, ProofFile, SigningKey, WitnessKey, leaf_hash,
    proof, root_of,
};
use keyward_tests::peers::{go::go, go_log::Dialogue};
use serde_json::json;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretKey::new([seed; 32]))
}

fn log() -> Origin {
    "keyward.example/9f86d081884c7d65".parse().unwrap()
}

fn body(seq: usize) -> String {
    format!("record {seq}, \u{1f600} and all")
}

fn leaves(size: usize) -> Vec<Hash> {
    (0..size).map(|seq| leaf_hash(body(seq).as_bytes())).collect()
}

/// A log's checkpoint, signed.
fn note(leaves: &[Hash]) -> String {
    let root = root_of(leaves.iter().copied());
    Checkpoint { origin: log(), size: leaves.len() as u64, root }.sign(&key(1))
}

#[test]
fn proof_files_are_the_same_on_both_sides() {
    let Some(go) = go("proofs_go") else { return };
    let vkey = key(1).verifier(&log()).to_string();
    let other_vkey = key(2).verifier(&log()).to_string();
    let mut dialogue = Dialogue::default();
    let mut ours = Vec::new();
    for (index, size) in [(0, 1), (0, 2), (1, 2), (6, 7), (255, 256), (256, 257), (3, 700)] {
        let leaves = leaves(size);
        let path = proof::inclusion(&leaves, index as u64).unwrap();
        let note = note(&leaves);
        for extra in [None, Some(body(index))] {
            let text = ProofFile {
                extra: extra.clone().map(String::into_bytes),
                index: index as u64,
                path: path.clone(),
                checkpoint: Note::parse(&note).unwrap(),
            }
            .to_string();
            // Of the record that is in the file, or of one that lies beside it.
            let beside = if extra.is_some() { String::new() } else { body(index) };
            let check = |vkey: &str, body: &str, text: &str| json!({"op": "check-proof-file", "vkey": vkey, "body": body, "text": text});
            dialogue.ask(
                check(&vkey, &beside, &text),
                json!({"index": index, "size": size, "body": body(index), "proof": path}),
            );
            dialogue.refuse(check(&vkey, &body(index + 1), &text));
            dialogue.refuse(check(&other_vkey, &beside, &text));
            let moved =
                text.replacen(&format!("index {index}"), &format!("index {}", index + 1), 1);
            dialogue.refuse(check(&vkey, &beside, &moved));
            // The file that Go makes of the same proof is ours, byte for byte.
            dialogue.ask(
                json!({
                    "op": "make-proof-file", "index": index, "proof": path, "note": note,
                    "body": extra.unwrap_or_default(),
                }),
                json!({"text": text}),
            );
            ours.push((text, index));
        }
    }
    dialogue.hold(&go);
    for (text, index) in ours {
        let file: ProofFile = text.parse().unwrap();
        file.verify(body(index).as_bytes(), &key(1).verifier(&log())).unwrap();
    }
}

#[test]
fn cosignatures_hold_on_both_sides() {
    let Some(go) = go("proofs_go") else { return };
    let vkey = key(1).verifier(&log()).to_string();
    let witness: Origin = "witness.example/acme".parse().unwrap();
    let witness_key = key(2).witness_key(&witness);
    let time: DateTime<Utc> = "2026-11-24T10:23:01Z".parse().unwrap();
    let plain = note(&leaves(300));
    let mut cosigned = Note::parse(&plain).unwrap();
    cosigned.add(key(2).cosign(cosigned.text(), &witness, time).unwrap()).unwrap();
    let cosigned = cosigned.to_string();

    let mut dialogue = Dialogue::default();
    let check = |witness: &str, note: &str| json!({"op": "check-cosignature", "vkey": vkey, "witness": witness, "note": note});
    let ours = witness_key.to_string();
    dialogue.ask(check(&ours, &cosigned), json!({"time": time.timestamp(), "size": 300}));
    // Who checks the log alone isn't disturbed by it.
    dialogue.ask(json!({"op": "checkpoint", "vkey": vkey, "note": cosigned}), json!({"size": 300}));
    dialogue.refuse(check(&ours, &plain));
    dialogue.refuse(check(&key(3).witness_key(&witness).to_string(), &cosigned));
    dialogue.refuse(check(&key(2).verifier(&witness).to_string(), &cosigned));
    // A signature of the log's kind under a witness's name is no cosignature.
    let text = Note::parse(&plain).unwrap().text().to_owned();
    let signed = Checkpoint { origin: witness, ..Checkpoint::parse(&text).unwrap() }.sign(&key(2));
    let line = signed.lines().last().unwrap();
    dialogue.refuse(check(&ours, &format!("{plain}{line}\n")));
    // The witness of theirs adds to our checkpoint, ours being on it already.
    dialogue
        .ask(json!({"op": "cosign", "name": "witness.example/go", "note": cosigned}), json!({}));
    let answer = dialogue.hold(&go).pop().unwrap();

    let both = Note::parse(answer["note"].as_str().unwrap()).unwrap();
    let theirs: WitnessKey = answer["vkey"].as_str().unwrap().parse().unwrap();
    let age = Utc::now() - theirs.cosigned(&both).unwrap();
    assert!((-60..60).contains(&age.num_seconds()), "{age}");
    assert_eq!(witness_key.cosigned(&both), Ok(time));
    assert_eq!(Checkpoint::verify_note(&both, &key(1).verifier(&log())).unwrap().size, 300);
    assert!(matches!(
        theirs.cosigned(&Note::parse(&cosigned).unwrap()),
        Err(LedgerError::NotCosigned { .. })
    ));
}
