//! Keyward's log as Go sees it: `golang.org/x/mod/sumdb/note` opens our checkpoints, `tlog` computes our
//! roots from our records and checks our proofs, and we take the notes and proofs that they make.

use keyward_core::{Actor, DataKeyId, RequestId, Role, SecretKey};
use keyward_ledger::{
    Action, Checkpoint, Frontier, Hash, Origin, Outcome, Record, SigningKey, VerifierKey,
    leaf_hash, proof,
};
use keyward_tests::peers::{go::go, go_log::Dialogue};
use serde_json::json;

/// The sizes at which the log is compared: around nothing, around a tile, and a large one.
const SIZES: [u64; 9] = [0, 1, 2, 3, 255, 256, 257, 1_000, 65_536];

fn record(seq: u64) -> Record {
    let tenant: keyward_core::TenantId = "acme".parse().unwrap();
    Record {
        seq,
        time: chrono::DateTime::from_timestamp_micros(1_795_515_781_000_000 + seq as i64).unwrap(),
        actor: Actor("Ünal \"o'Neill\" \u{1f600}".into()),
        role: Role::Application,
        tenant: Some(tenant.clone()),
        key: Some(DataKeyId { tenant, dataset: "invoices".parse().unwrap(), version: 1 }.into()),
        key_version: Some(1),
        action: Action::ObjectWrite,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes(u128::from(seq).to_be_bytes()),
        details: json!({"bytes": seq, "object": "日本語\n<&>"}).as_object().unwrap().clone(),
    }
}

#[test]
fn go_agrees_on_records_roots_checkpoints_and_proofs() {
    let Some(go) = go("ledger_go") else { return };
    let origin: Origin = "keyward.example/9f86d081884c7d65".parse().unwrap();
    let key = SigningKey::from_seed(&SecretKey::new([42; 32]));
    let vkey = key.verifier(&origin).to_string();

    let mut dialogue = Dialogue::default();
    let mut leaves: Vec<Hash> = Vec::new();
    let mut frontier = Frontier::new();
    let mut roots: Vec<(u64, Hash)> = Vec::new();
    for size in SIZES {
        while frontier.size() < size {
            let body = record(frontier.size()).to_canonical().unwrap();
            let leaf = leaf_hash(body.as_bytes());
            frontier.append(leaf);
            leaves.push(leaf);
            dialogue.tell(json!({"op": "append", "body": body}));
        }
        let root = frontier.root();
        dialogue.ask(json!({"op": "root"}), json!({"size": size, "root": root}));
        let note = Checkpoint { origin: origin.clone(), size, root }.sign(&key);
        dialogue.ask(
            json!({"op": "checkpoint", "vkey": vkey, "note": note}),
            json!({"origin": origin, "size": size, "root": root}),
        );
        // What we refuse, Go refuses too.
        let altered = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        dialogue.refuse(json!({"op": "checkpoint", "vkey": vkey, "note": altered}));

        // Proofs from some records to this size, and from every earlier size to it.
        for index in [0, 1, size / 2, size.saturating_sub(1)] {
            if index >= size {
                continue;
            }
            let path = proof::inclusion(&leaves, index).unwrap();
            dialogue.ask(
                json!({"op": "prove-record", "index": index, "size2": size}),
                json!({"proof": path}),
            );
            let leaf = leaves[index as usize];
            let check = json!({
                "op": "check-record", "index": index, "size2": size, "root2": root, "leaf": leaf, "proof": path,
            });
            dialogue.ask(check, json!({}));
            proof::verify_inclusion(index, size, &leaf, &path, root).unwrap();
        }
        for &(earlier, earlier_root) in roots.iter().filter(|(earlier, _)| *earlier > 0) {
            let path = proof::consistency(&leaves, earlier).unwrap();
            dialogue.ask(
                json!({"op": "prove-tree", "size1": earlier, "size2": size}),
                json!({"proof": path}),
            );
            let check = json!({
                "op": "check-tree", "size1": earlier, "size2": size, "root1": earlier_root, "root2": root,
                "proof": path,
            });
            dialogue.ask(check, json!({}));
            proof::verify_consistency(earlier, size, earlier_root, root, &path).unwrap();
        }
        roots.push((size, root));
    }
    dialogue.hold(&go);
}

#[test]
fn we_take_the_checkpoints_that_go_signs() {
    let Some(go) = go("ledger_go") else { return };
    let checkpoint =
        Checkpoint { origin: "sum.example/log".parse().unwrap(), size: 7, root: leaf_hash(b"any") };
    let mut dialogue = Dialogue::default();
    let request = json!({"op": "sign", "name": checkpoint.origin, "text": checkpoint.to_string()});
    dialogue.ask(request, json!({}));
    let answer = dialogue.hold(&go).remove(0);
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    let key: VerifierKey = text("vkey").parse().unwrap();
    assert_eq!(key.to_string(), text("vkey"));
    assert_eq!(Checkpoint::verify(&text("note"), &key), Ok(checkpoint));
}
