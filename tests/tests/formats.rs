//! The examples of `docs/formats.md`: each made here, by the code that users run, and compared byte for
//! byte with its file in `docs/examples`. `KEYWARD_BLESS=1` writes the files anew.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_256, EncryptingKey, UnboundCipherKey},
};
use chrono::DateTime;
use keyward_core::{
    Actor, ChallengeId, DataKeyId, DatasetName, EncryptionContext, ObjectId, ObjectName, RequestId,
    Role, SecretKey, TenantId,
};
use keyward_engine::{ChallengeKind, NameKey};
use keyward_envelope::{
    Detached, Entry, FrameLength, Randomness, RawAesKeyring, ReadLimits, ReadOptions, Sealing,
    encode_context, open, seal,
};
use keyward_ledger::{
    Action, Checkpoint, KeyId, Note, Origin, Outcome, ProofFile, Record, SigningKey, TileEdge,
    TilePath, leaf_hash, proof, tile::bundle,
};
use keyward_testkit::TestWorkspace;
use keyward_tests::peers::{python::python, source};
use serde_json::{Value, json};

const PLAINTEXT: &[u8] = b"Hello, world!";
const DATA_KEY_3: [u8; 32] = [0x44; 32];
const DATA_KEY_4: [u8; 32] = [0x55; 32];
const OBJECT_ID: [u8; 16] = [0xab; 16];

/// Compares with the example's file, or writes it where that is asked for.
fn example(name: &str, made: &[u8]) {
    let path = folder().join(name);
    if std::env::var_os("KEYWARD_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
        return;
    }
    let kept = fs::read(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/examples/{name} is not what is made now; where that is meant to be, run this test with \
         KEYWARD_BLESS=1 and say in docs/formats.md what has changed. Made now:\n{}",
        String::from_utf8_lossy(made)
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples")
}

/// Bytes field by field: offset, field, hexadecimal digits.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    text: String,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, text: String::new() }
    }

    fn take(&mut self, field: &str, length: usize) -> &'a [u8] {
        let bytes = &self.bytes[self.at..self.at + length];
        let hex = hex::encode(bytes);
        let mut rows = hex.as_bytes().chunks(64).map(|row| std::str::from_utf8(row).unwrap());
        writeln!(self.text, "{:>4}  {field:<36}{}", self.at, rows.next().unwrap_or("")).unwrap();
        for row in rows {
            writeln!(self.text, "{:>4}  {:<36}{row}", "", "").unwrap();
        }
        self.at += length;
        bytes
    }

    fn number(&mut self, field: &str, length: usize) -> usize {
        self.take(field, length).iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    }

    fn text(&mut self, field: &str, length: usize) -> &'a str {
        std::str::from_utf8(self.take(field, length)).unwrap()
    }

    /// An entry, field by field.
    fn entry(&mut self, name: &str) {
        let length = self.number("namespace: length", 2);
        assert_eq!(self.text("namespace", length), "keyward:acme");
        let length = self.number("provider information: length", 2);
        assert_eq!(self.text("  key name", length - 20), name);
        assert_eq!(self.number("  tag length in bits", 4), 128);
        assert_eq!(self.number("  iv length in bytes", 4), 12);
        self.take("  iv", 12);
        assert_eq!(self.number("ciphertext: length", 2), 48);
        self.take("  object key, encrypted", 32);
        self.take("  tag", 16);
    }

    fn end(self) -> String {
        assert_eq!(self.at, self.bytes.len(), "every byte has its field");
        self.text
    }
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn dataset() -> DatasetName {
    "invoices".parse().unwrap()
}

fn data_key(version: u32) -> DataKeyId {
    DataKeyId { tenant: tenant(), dataset: dataset(), version }
}

fn object_context() -> EncryptionContext {
    let name: ObjectName = "2026/11/Grüße.pdf".parse().unwrap();
    EncryptionContext::for_object(&tenant(), &dataset(), &ObjectId::from_bytes(OBJECT_ID), &name)
}

fn keyring(version: u32, key: [u8; 32]) -> RawAesKeyring {
    RawAesKeyring::new("keyward:acme", &format!("invoices/{version}"), &SecretKey::new(key))
        .unwrap()
}

fn randomness() -> Randomness {
    let mut bytes = [0x11; Randomness::LENGTH];
    bytes[32..64].fill(0x22);
    bytes[64..].fill(0x33);
    Randomness::from_bytes(&bytes)
}

fn message() -> Vec<u8> {
    let (keyring, context) = (keyring(3, DATA_KEY_3), object_context());
    let frame_length = FrameLength::new(8).unwrap();
    let sealing = Sealing { frame_length, ..Sealing::new(&keyring, &context) };
    seal(&sealing, randomness(), PLAINTEXT).unwrap()
}

#[test]
fn object_message() {
    let message = message();
    let opened = open(&message, &keyring(3, DATA_KEY_3), &ReadOptions::default()).unwrap();
    assert_eq!(opened.plaintext, PLAINTEXT);

    let mut fields = Fields::new(&message);
    assert_eq!(fields.number("version", 1), 2);
    assert_eq!(fields.number("suite", 2), 0x0478);
    fields.take("message id", 32);
    let length = fields.number("context: length", 2);
    let end = fields.at + length;
    for _ in 0..fields.number("  pairs", 2) {
        for part in ["  key", "    value"] {
            let length = fields.number(&format!("{part}: length"), 2);
            fields.text(part, length);
        }
    }
    assert_eq!(fields.at, end);
    assert_eq!(fields.number("entries", 2), 1);
    fields.entry("invoices/3");
    assert_eq!(fields.number("content type", 1), 2);
    assert_eq!(fields.number("frame length", 4), 8);
    fields.take("key commitment", 32);
    fields.take("header tag", 16);
    assert_eq!(fields.number("frame: number", 4), 1);
    fields.take("  iv", 12);
    fields.take("  ciphertext", 8);
    fields.take("  tag", 16);
    assert_eq!(fields.number("final frame: mark", 4), 0xffff_ffff);
    assert_eq!(fields.number("  number", 4), 2);
    fields.take("  iv", 12);
    let length = fields.number("  length", 4);
    fields.take("  ciphertext", length);
    fields.take("  tag", 16);
    example("object-message.txt", fields.end().as_bytes());
}

#[test]
fn detached_entry() {
    let context = object_context();
    let entry =
        keyring(4, DATA_KEY_4).wrap(&SecretKey::new([0x11; 32]), &context, [0x66; 12]).unwrap();
    let bytes = entry.to_bytes().unwrap();
    let mut fields = Fields::new(&bytes);
    fields.entry("invoices/4");
    example("object.4.entry.txt", fields.end().as_bytes());

    // It opens the message of the other example.
    let entry = Entry::from_bytes(&bytes, &ReadLimits::default()).unwrap();
    let keyring = keyring(4, DATA_KEY_4);
    let keys = Detached { keyring: &keyring, entry: &entry };
    let opened = open(&message(), &keys, &ReadOptions::default()).unwrap();
    assert_eq!(opened.plaintext, PLAINTEXT);

    // And opens by hand, as the document says: AES-256-GCM, the context as additional data.
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &DATA_KEY_4).unwrap());
    let nonce = Nonce::assume_unique_for_key([0x66; 12]);
    let mut object_key = bytes[bytes.len() - 48..].to_vec();
    let additional_data = encode_context(&context).unwrap();
    let opened = key.open_in_place(nonce, Aad::from(additional_data), &mut object_key).unwrap();
    assert_eq!(opened, [0x11; 32]);
}

#[test]
fn encryption_contexts() {
    let contexts = json!({
        "object": object_context(),
        "data key": EncryptionContext::for_data_key(&data_key(3)),
        "challenge": EncryptionContext::for_challenge(&tenant(), &ChallengeId::from_bytes([0xcd; 16])),
        "probe": EncryptionContext::for_tenant(&tenant()),
        "log archive": EncryptionContext::for_log_archive(
            &"ops".parse().unwrap(),
            &"log".parse().unwrap(),
            "keyward/efefefefefefefefefefefefefefefef",
            "2026-11-24".parse().unwrap(),
            1000,
            250,
        ),
    });
    example("encryption-contexts.json", &pretty(&contexts));
}

/// The example of a key wrapped by a local root key, made and opened by another library than the key
/// store's, in the words of the document.
#[test]
fn wrapped_by_a_local_root_key() {
    let (root, nonce, secret) = ([1; 32], *b"ABCDEFGHIJKLMNOPQRSTUVWX", [2; 32]);
    let mut additional_data = b"keyward local wrap v1".to_vec();
    put_text(&mut additional_data, "local:00:acme");
    additional_data.extend(2_u32.to_be_bytes());
    additional_data.extend(2_u32.to_be_bytes());
    for text in ["b", "", "keyward:tenant", "acme"] {
        put_text(&mut additional_data, text);
    }
    let derived = xaes_key(&root, &nonce);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derived).unwrap());
    let mut sealed = secret.to_vec();
    let rest = Nonce::try_assume_unique_for_key(&nonce[12..]).unwrap();
    cipher.seal_in_place_append_tag(rest, Aad::from(&additional_data), &mut sealed).unwrap();
    let mut blob = vec![1];
    blob.extend(2_u32.to_be_bytes());
    blob.extend(nonce);
    blob.extend(&sealed);
    // The key store's own test has the same bytes.
    let key_store = include_str!("../../crates/kms/src/local/blob.rs");
    assert!(key_store.contains(&hex::encode(&sealed)[..64]));
    assert!(key_store.contains(&hex::encode(&sealed)[64..]));

    let mut fields = Fields::new(&blob);
    assert_eq!(fields.number("format", 1), 1);
    assert_eq!(fields.number("version of the root key", 4), 2);
    fields.take("nonce", 24);
    fields.take("ciphertext", 32);
    fields.take("tag", 16);
    let mut text = fields.end();
    text.push_str("\nadditional data\n");
    let mut fields = Fields::new(&additional_data);
    fields.text("label", 21);
    let length = fields.number("identity: length", 4);
    fields.text("identity", length);
    fields.number("version of the root key", 4);
    for _ in 0..fields.number("pairs", 4) {
        for part in ["  key", "    value"] {
            let length = fields.number(&format!("{part}: length"), 4);
            fields.text(part, length);
        }
    }
    text.push_str(&fields.end());
    example("wrapped-key-local.txt", text.as_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_be_bytes());
    out.extend(text.as_bytes());
}

/// XAES-256-GCM's key for a nonce (C2SP, steps 1 to 5).
fn xaes_key(root: &[u8; 32], nonce: &[u8; 24]) -> [u8; 32] {
    let encrypt = |mut block: [u8; 16]| {
        let key = UnboundCipherKey::new(&AES_256, root).unwrap();
        EncryptingKey::ecb(key).unwrap().encrypt(&mut block).unwrap();
        block
    };
    let l = u128::from_be_bytes(encrypt([0; 16]));
    let k1 = (l << 1) ^ (0x87 * (l >> 127));
    let mut key = [0; 32];
    for (counter, half) in (1..).zip(key.chunks_exact_mut(16)) {
        let mut m = [0, counter, b'X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        m[4..].copy_from_slice(&nonce[..12]);
        half.copy_from_slice(&encrypt((u128::from_be_bytes(m) ^ k1).to_be_bytes()));
    }
    key
}

#[test]
fn audit_log() {
    let origin = Origin::new(&format!("keyward/{}", "ef".repeat(16))).unwrap();
    let key = SigningKey::from_seed(&SecretKey::new([0x77; 32]));
    let details = json!({ "dataset": "invoices", "name": "2026/11/Grüße.pdf", "bytes": 13 });
    let read = Record {
        seq: 0,
        time: DateTime::from_timestamp_micros(1_795_515_781_123_456).unwrap(),
        actor: Actor("alice".into()),
        role: Role::Application,
        tenant: Some(tenant()),
        key: Some(KeyId::Data(data_key(3))),
        key_version: Some(3),
        action: Action::ObjectRead,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes([0x99; 16]),
        details: details.as_object().unwrap().clone(),
    };
    let refused = Record {
        seq: 1,
        outcome: Outcome::Denied,
        code: Some("key-denied".into()),
        details: Default::default(),
        ..read.clone()
    };
    let (mut records, mut leaves, mut hashes) = (String::new(), String::new(), Vec::new());
    let (mut entries, mut last) = (Vec::new(), String::new());
    for record in [&read, &refused] {
        let body = record.to_canonical().unwrap();
        assert_eq!(Record::parse(&body).as_ref(), Ok(record));
        writeln!(records, "{body}").unwrap();
        bundle::push(&mut entries, body.as_bytes()).unwrap();
        let leaf = leaf_hash(body.as_bytes());
        writeln!(leaves, "{}", hex::encode(leaf.0)).unwrap();
        hashes.push(leaf);
        last = body;
    }
    let mut edge = TileEdge::new();
    let tile = edge.extend(&hashes).remove(0).tile;
    let checkpoint = Checkpoint { origin: origin.clone(), size: 2, root: edge.root() };
    let note = checkpoint.sign(&key);
    let verifier = key.verifier(&origin);
    assert_eq!(Checkpoint::verify(&note, &verifier), Ok(checkpoint));
    let proof = ProofFile {
        extra: Some(last.clone().into_bytes()),
        index: 1,
        path: proof::inclusion(&hashes, 1).unwrap(),
        checkpoint: Note::parse(&note).unwrap(),
    };
    proof.verify_record(last.as_bytes(), &verifier).unwrap();
    example("audit/records.jsonl", records.as_bytes());
    example("audit/leaves.txt", leaves.as_bytes());
    example("audit/checkpoint", note.as_bytes());
    example("audit/keys", format!("{verifier}\n").as_bytes());
    example(&format!("audit/{}", TilePath::hashes(tile.id, 2)), &tile.hashes);
    example(&format!("audit/{}", TilePath::entries(0, 2)), &entries);
    example("audit/1.tlog-proof", proof.to_string().as_bytes());
}

/// The digest of an object's name in the log, made by us and by the Python on the page itself, which has
/// nothing but Python's own library.
#[test]
fn name_digest() {
    let name: ObjectName = "2026/11/Grüße.pdf".parse().unwrap();
    let digest = NameKey::derive(&SecretKey::new(DATA_KEY_3)).digest(&name);
    example("name-digest.txt", format!("{digest}\n").as_bytes());
    let Some(python) = python("formats::name_digest") else { return };
    let page = fs::read_to_string(folder().join("../formats.md")).unwrap();
    let blocks = page.split("```python\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let block = blocks.find(|block| block.contains("def name_digest(")).unwrap();
    let call = format!("print(name_digest(bytes.fromhex('{}'), '{name}'))", "44".repeat(32));
    let output =
        Command::new(python).args(["-I", "-S", "-c", &format!("{block}{call}")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), digest);
}

/// A program that was written from `docs/formats.md` alone reads the examples.
#[test]
fn a_stranger_reads_the_examples() {
    let Some(python) = python("formats::a_stranger_reads_the_examples") else { return };
    let read =
        Command::new(python).arg(source("python/stranger.py")).arg(folder()).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let found: Value = serde_json::from_slice(&read.stdout).unwrap();
    let expected =
        json!({ "plaintext": "Hello, world!", "data_key": "02".repeat(32), "records": 2 });
    assert_eq!(found, expected);
}

/// What an engine writes, with everything that is new each time replaced.
#[tokio::test]
async fn exit_kit_sidecar_and_statement() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let (engine, admin) = (&workspace.engine, workspace.admin());
    workspace.put(&acme, &docs, "2026/11/Grüße, \"quoted\".pdf", PLAINTEXT).await.unwrap();
    engine.rotate_data_key(&admin, &acme, &docs).await.unwrap();
    engine.rekey(&admin, &acme, &docs).await.unwrap();
    workspace.put(&acme, &docs, "empty", b"").await.unwrap();
    let kit = workspace.path().join("kit");
    engine.exit_kit(&admin, &acme, &kit).await.unwrap();
    let read = |name: &str| fs::read_to_string(kit.join(name)).unwrap();

    let listing = read("docs/objects.csv");
    let ids = [ids_of(&listing, 1), ids_of(&listing, 2)];
    let stable = |mut text: String| {
        for (id, byte) in ids.iter().zip(["ab", "cd"]) {
            text = text
                .replace(&format!("objects/{}/{id}", &id[..2]), &format!("objects/{byte}/{id}"));
            text = text.replace(id, &byte.repeat(16));
        }
        text
    };
    example("exit-kit/objects.csv", stable(listing.clone()).as_bytes());

    let mut sidecar: Value = serde_json::from_str(&read("docs/keys.json")).unwrap();
    let beside = fs::read_to_string(workspace.path().join("objects/acme/docs/keys.json")).unwrap();
    assert_eq!(sidecar, serde_json::from_str::<Value>(&beside).unwrap());
    for key in sidecar["data_keys"].as_array_mut().unwrap() {
        let wrapped = kit.join(format!("docs/keys/{}.wrapped", key["version"]));
        assert_eq!(fs::read(wrapped).unwrap().len(), 77);
        key["wrapped"] = "AQAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into();
        key["created_at"] = "2026-11-24T10:23:01.123456Z".into();
    }
    // The order of the file's own fields is the writer's; here they come sorted.
    example("exit-kit/keys.json", &pretty(&sidecar));

    let readme = stable(read("README.md"));
    let readme = readme.replace(&workspace.path().display().to_string(), "/srv/keyward");
    let date = chrono::Utc::now().date_naive().to_string();
    let readme = readme.replace(&format!(" on {date}."), " on 2026-11-24.");
    let readme =
        readme.replace(&format!("Keyward {} on", env!("CARGO_PKG_VERSION")), "Keyward 0.1.0 on");
    example("exit-kit/README.md", readme.as_bytes());

    let root = engine.root_keys(&acme).await.unwrap()[0].key.id.clone();
    let challenge = engine.start_challenge(&admin, &root, ChallengeKind::Attest).await.unwrap();
    let statement = challenge.statement.unwrap();
    let mut lines: Vec<_> = statement.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 7);
    assert!(statement.ends_with('\n'));
    lines[4] = lines[4].replace(&challenge.id.to_string(), &"cd".repeat(16));
    let nonce = lines[5].strip_prefix("nonce: ").unwrap();
    assert_eq!(hex::decode(nonce).unwrap().len(), 32);
    lines[5] = format!("nonce: {}", "ee".repeat(32));
    let expires = lines[6].strip_prefix("expires: ").unwrap();
    assert!(expires.ends_with('Z') && expires.len() == 20, "{expires}");
    lines[6] = "expires: 2026-11-24T10:38:01Z".into();
    example("attestation.txt", format!("{}\n", lines.join("\n")).as_bytes());
}

/// The id in a line of `objects.csv`.
fn ids_of(listing: &str, line: usize) -> String {
    let line = listing.lines().nth(line).unwrap();
    line.rsplit(',').nth(5).unwrap().to_owned()
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap();
    text.push(b'\n');
    text
}
