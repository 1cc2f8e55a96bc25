//! Objects in an S3 bucket, from the command line: whole, in parts and in ranges, against the AWS
//! peer's S3 over a real socket.

use std::fs;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_tests::{
    command::{Terminal, contains},
    peers::{
        aws::AwsPeer,
        boto::{Boto, base64_of},
    },
    random::Random,
};
use serde_json::{Value, json};

const BUCKET: &str = "vault";
const PREFIX: &str = "keyward/objects/";
const REGION: &str = "eu-central-1";
/// In everything that is stored below, to look for where it must not be.
const MARKER: &[u8] = b"a marker that no ciphertext has in it";
/// Three parts of a multipart upload.
const LARGE: usize = 20 << 20;

/// A user's terminal with a workspace whose objects lie in a bucket, and the bucket's owner.
struct Stage {
    terminal: Terminal,
    owner: Boto,
    peer: AwsPeer,
}

impl Stage {
    /// A tenant `acme` with a dataset; `None` once the test called `name` is recorded as skipped.
    fn new(name: &str) -> Option<Self> {
        let mut terminal = Terminal::new(name)?;
        let peer = AwsPeer::start(name)?;
        let owner = Boto::of(&peer, name)?;
        let place = json!({ "LocationConstraint": REGION });
        let bucket = json!({ "Bucket": BUCKET, "CreateBucketConfiguration": place });
        let _ = owner.call("s3", REGION, "create_bucket", &bucket);
        terminal.set(peer.environment());
        terminal.set([("AWS_REGION", REGION.to_owned()), ("AWS_ALLOW_HTTP", "true".to_owned())]);
        let place = format!("s3://{BUCKET}/{PREFIX}");
        terminal.json(&["init", "--secrets", "passphrase", "--objects", &place]);
        terminal.json(&["tenant", "add", "acme"]);
        terminal.json(&["keystore", "create", "acme-root", "--allow", "acme"]);
        terminal.json(&["key", "add", "acme", "local:acme-root"]);
        let challenge = terminal.json(&["challenge", "start", "rk:acme/1"]);
        let command = challenge["command"].as_str().unwrap();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let nonce = terminal.json(&words);
        let (id, nonce) = (challenge["id"].as_str().unwrap(), nonce["plaintext"].as_str().unwrap());
        terminal.json(&["challenge", "answer", id, "--nonce", nonce]);
        terminal.json(&["dataset", "create", "acme", "docs"]);
        Some(Self { terminal, owner, peer })
    }

    /// What lies in the bucket: each key with its size and entity tag.
    fn stored(&self) -> Vec<(String, u64, String)> {
        let answer = self.owner.call("s3", REGION, "list_objects_v2", &json!({ "Bucket": BUCKET }));
        let contents = answer["Contents"].as_array().cloned().unwrap_or_default();
        let entry = |one: &Value| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("Key"), one["Size"].as_u64().unwrap(), text("ETag"))
        };
        contents.iter().map(entry).collect()
    }

    /// A stored file's bytes, as the bucket's owner sees them.
    fn bytes(&self, key: &str) -> Vec<u8> {
        let parameters = json!({ "Bucket": BUCKET, "Key": key });
        let answer = self.owner.call("s3", REGION, "get_object", &parameters);
        BASE64_STANDARD.decode(base64_of(&answer["Body"])).unwrap()
    }

    fn put(&self, name: &str, plaintext: &[u8]) -> Value {
        self.terminal.file(name, plaintext);
        let put = self.terminal.json(&["put", "acme", "docs", name, "--name", name]);
        put["written"][0].clone()
    }

    fn gets(&self, name: &str) -> Vec<u8> {
        self.terminal.json(&["get", "acme", "docs", name, "--output", "back"]);
        fs::read(self.terminal.path("back")).unwrap()
    }
}

fn plaintext(length: usize) -> Vec<u8> {
    let mut random = Random::new(length as u64);
    let mut bytes = random.bytes(length);
    // In every frame, and across the parts' borders.
    for chunk in bytes.chunks_mut(16 << 10) {
        if let Some(start) = chunk.get_mut(..MARKER.len()) {
            start.copy_from_slice(MARKER);
        }
    }
    bytes
}

#[test]
fn objects_lie_in_a_bucket() {
    let Some(stage) = Stage::new("objects_s3::objects_lie_in_a_bucket") else { return };
    let (middle, large) = (plaintext(100 << 10), plaintext(LARGE));
    stage.put("empty", b"");
    stage.put("middle", &middle);
    let written = stage.put("large", &large);
    assert_eq!(stage.gets("empty"), b"");
    assert!(stage.gets("middle") == middle);
    assert!(stage.gets("large") == large);

    // Each under the prefix, as long as it was said to be; the large one came in parts.
    let stored = stage.stored();
    assert!(stored.iter().all(|(key, ..)| key.starts_with(PREFIX)), "{stored:?}");
    let id = written["id"].as_str().unwrap();
    let (_, size, tag) = stored.iter().find(|(key, ..)| key.ends_with(id)).unwrap();
    assert_eq!(written["stored_size"], *size);
    assert!(tag.trim_matches('"').ends_with("-3"), "{tag}");
    for (key, size, _) in &stored {
        let bytes = stage.bytes(key);
        assert_eq!(bytes.len() as u64, *size);
        assert!(!contains(&bytes, MARKER), "{key}");
    }
    let uploads = json!({ "Bucket": BUCKET });
    let uploads = stage.owner.call("s3", REGION, "list_multipart_uploads", &uploads);
    assert!(uploads["Uploads"].is_null(), "every upload is complete");

    // Ranges: inside a frame, over a frame's border, over a part's border, at the end.
    for range in [100..200, 65_500..65_600, (8 << 20) - 50..(8 << 20) + 50, LARGE - 10..LARGE] {
        let words = format!("{}-{}", range.start, range.end - 1);
        let get = ["get", "acme", "docs", "large", "--range", &words, "--output", "-"];
        let output = stage.terminal.run(&get, b"");
        assert!(output.stdout == large[range], "{words}");
    }
    let get = ["get", "acme", "docs", "large", "--output", "-"];
    assert!(stage.terminal.run(&get, b"").stdout == large);

    // A folder, there and back.
    for name in ["in/a", "in/sub/b", "in/Grüße 世界"] {
        stage.terminal.file(name, name.as_bytes());
    }
    let put = stage.terminal.json(&["put", "acme", "docs", "in", "--prefix", "folder"]);
    assert_eq!(put["objects"], 3);
    let get = ["get", "acme", "docs", "--prefix", "folder/", "--output", "out"];
    assert_eq!(stage.terminal.json(&get)["objects"], 3);
    let back = fs::read(stage.terminal.path("out/folder/Grüße 世界")).unwrap();
    assert_eq!(back, "in/Grüße 世界".as_bytes());
}

#[test]
fn what_is_moved_replaced_and_deleted_in_a_bucket() {
    let name = "objects_s3::what_is_moved_replaced_and_deleted_in_a_bucket";
    let Some(stage) = Stage::new(name) else { return };
    let (one, other) = (plaintext(100 << 10), plaintext(70_000));
    let first = stage.put("one", &one);
    stage.put("two", &one);

    // A rekey writes an entry beside each body and leaves the bodies as they are.
    let before = stage.stored();
    stage.terminal.json(&["rotate", "data-key", "acme", "docs"]);
    let rekeyed = stage.terminal.json(&["rekey", "acme", "docs"]);
    assert_eq!((&rekeyed["moved"], &rekeyed["remaining"]), (&2.into(), &0.into()));
    let after = stage.stored();
    let bodies = |stored: &[(String, u64, String)]| {
        let bodies =
            stored.iter().filter(|(key, ..)| !key.contains(".json") && !key.ends_with(".entry"));
        bodies.cloned().collect::<Vec<_>>()
    };
    assert_eq!(bodies(&before), bodies(&after));
    assert_eq!(after.iter().filter(|(key, ..)| key.ends_with(".entry")).count(), 2);
    let listed = stage.terminal.json(&["ls", "acme", "docs"]);
    let detached = |object: &Value| object["detached"] == true && object["data_key_version"] == 2;
    assert!(listed["objects"].as_array().unwrap().iter().all(detached));
    assert!(stage.gets("one") == one);

    // Replaced: what is read is the new one.
    let second = stage.put("one", &other);
    assert_eq!(second["replaced"], true);
    assert_ne!(first["id"], second["id"]);
    assert!(stage.gets("one") == other);
    assert_eq!(stage.terminal.json(&["rm", "acme", "docs", "two"])["deleted"], json!(["two"]));
    let gone = stage.terminal.refused(&["get", "acme", "docs", "two"]);
    assert_eq!(gone, (4, "object-not-found".into()));
    assert_eq!(stage.terminal.json(&["doctor"])["ok"], true);

    // Behind our back: one object's bytes under another's name, and bytes that are gone.
    let three = stage.put("three", &one);
    let place = |id: &Value| {
        let id = id["id"].as_str().unwrap();
        format!("{PREFIX}acme/docs/objects/{}/{id}", &id[..2])
    };
    let source = json!({ "Bucket": BUCKET, "Key": place(&second) });
    let swap = json!({ "Bucket": BUCKET, "Key": place(&three), "CopySource": source });
    let _ = stage.owner.call("s3", REGION, "copy_object", &swap);
    let refused = stage.terminal.refused(&["get", "acme", "docs", "three", "--output", "refused"]);
    assert_eq!(refused, (7, "ciphertext-rejected".into()));
    let _ = stage.owner.call("s3", REGION, "delete_object", &source);
    let refused = stage.terminal.refused(&["get", "acme", "docs", "one", "--output", "refused"]);
    assert_eq!(refused, (7, "ciphertext-rejected".into()));
    assert!(!stage.terminal.path("refused").exists());
    let (status, doctor) = stage.terminal.ended(&["doctor"], b"");
    assert_eq!((status, &doctor["ok"]), (7, &false.into()));

    // Off-boarded with its data, nothing of the tenant is left, not even what was replaced.
    let offboard = ["offboard", "acme", "--confirm", "acme", "--delete-data"];
    assert_eq!(stage.terminal.json(&offboard)["data_deleted"], true);
    assert_eq!(stage.stored(), []);
    stage.terminal.json(&["audit", "verify"]);
}

#[test]
fn a_bucket_that_cannot_be_reached_takes_nothing() {
    let name = "objects_s3::a_bucket_that_cannot_be_reached_takes_nothing";
    let Some(stage) = Stage::new(name) else { return };
    stage.put("one", b"one");
    let Stage { terminal, owner: _, mut peer } = stage;
    let count = || {
        let list = ["audit", "list", "--action", "object.write", "--outcome", "ok"];
        terminal.json(&list)["records"].as_array().unwrap().len()
    };
    assert_eq!(count(), 1);
    let before = terminal.json(&["ls", "acme", "docs"]);
    peer.stop();

    for (name, length) in [("small", 10), ("large", LARGE)] {
        terminal.file(name, &plaintext(length.max(MARKER.len())));
        let (status, put) = terminal.ended(&["put", "acme", "docs", name], b"");
        assert_eq!((status, &put["objects"]), (6, &0.into()));
        assert_eq!(put["failed"][0]["error"]["code"], "storage-unreachable");
    }
    let get = terminal.refused(&["get", "acme", "docs", "one", "--output", "back"]);
    assert_eq!(get, (6, "storage-unreachable".into()));
    assert!(!terminal.path("back").exists());

    assert_eq!(terminal.json(&["ls", "acme", "docs"]), before);
    assert_eq!(count(), 1);
    let failed = ["audit", "list", "--outcome", "failed"];
    assert_eq!(terminal.json(&failed)["records"].as_array().unwrap().len(), 3);
    terminal.json(&["audit", "verify"]);
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let name = "objects_s3::a_bucket_that_is_not_there_is_named";
    let Some(mut stage) = Stage::new(name) else { return };
    let other = stage.terminal.path("other").display().to_string();
    let whole = stage.terminal.path("workspace").display().to_string();
    stage.terminal.set([("KEYWARD_WORKSPACE", other)]);
    let init = ["init", "--secrets", "passphrase", "--objects", "s3://no-such-bucket/x"];
    assert_eq!(stage.terminal.refused(&init), (6, "storage-unreachable".into()));
    assert!(!stage.terminal.path("other").exists(), "nothing is left of it");

    // Deleted when there was a workspace in it already.
    stage.terminal.set([("KEYWARD_WORKSPACE", whole)]);
    for (key, ..) in stage.stored() {
        let _ = stage.owner.call(
            "s3",
            REGION,
            "delete_object",
            &json!({ "Bucket": BUCKET, "Key": key }),
        );
    }
    let _ = stage.owner.call("s3", REGION, "delete_bucket", &json!({ "Bucket": BUCKET }));
    // Its sidecar can't be written, which is for the next opening and for `doctor` to tell.
    stage.terminal.json(&["dataset", "create", "acme", "more"]);
    let (status, doctor) = stage.terminal.ended(&["doctor"], b"");
    assert_eq!((status, &doctor["ok"]), (6, &false.into()));
    let missing = stage.terminal.refused(&["get", "acme", "docs", "none"]);
    assert_eq!(missing, (4, "object-not-found".into()), "and its error is all there is to read");
    for length in [100, LARGE] {
        stage.terminal.file("late", &plaintext(length));
        let (status, put) = stage.terminal.ended(&["put", "acme", "docs", "late"], b"");
        let error = &put["failed"][0]["error"];
        assert_eq!((status, &error["code"]), (6, &"storage-unreachable".into()));
        assert!(error["message"].as_str().unwrap().contains("no such bucket"), "{error}");
    }

    // No TLS where nobody has said that this is all right.
    stage.terminal.unset("AWS_ALLOW_HTTP");
    let (status, put) = stage.terminal.ended(&["put", "acme", "docs", "late"], b"");
    let error = &put["failed"][0]["error"];
    assert_eq!((status, &error["code"]), (6, &"storage-unreachable".into()));
    assert!(error["message"].as_str().unwrap().contains("scheme is not allowed"), "{error}");
}
