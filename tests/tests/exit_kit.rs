//! The exit kit in a stranger's hands: its README's commands, run as they stand there, read every
//! object with others' programs alone.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use keyward_core::EncryptionContext;
use keyward_kms::RootKeyService;
use keyward_testkit::TestWorkspace;
use keyward_tests::peers::{node::node, python::python, source};

/// A kit, and what must come out of it.
struct Kit {
    workspace: TestWorkspace,
    folder: PathBuf,
    commands: Vec<String>,
    plaintexts: BTreeMap<String, Vec<u8>>,
}

/// Names in several scripts, sizes around a frame, and every place where an entry can be.
async fn kit() -> Kit {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let engine = &workspace.engine;
    let mut plaintexts = BTreeMap::new();
    let mut objects = vec![
        ("2026/11/Grüße, \"世界\".pdf", 102_400),
        ("empty", 0),
        ("one byte", 1),
        ("a/leading = sign", 65_536),
    ];
    for round in 1..=3 {
        for (name, size) in objects.drain(..) {
            let plaintext: Vec<u8> = (0..size).map(|at: usize| (at * round % 251) as u8).collect();
            workspace.put(&acme, &docs, name, &plaintext).await.unwrap();
            plaintexts.insert(name.to_owned(), plaintext);
        }
        match round {
            // Everything so far gets a detached entry under version 2.
            1 => {
                engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
                engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap();
                objects = vec![("später/ключ.txt", 65_537)];
            }
            2 => {
                engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
                objects = vec![("🔑", 200_000)];
            }
            _ => {}
        }
    }
    engine.suspend(&workspace.admin(), &acme, "leaving").await.unwrap();
    let folder = workspace.path().join("kit");
    engine.exit_kit(&workspace.admin(), &acme, &folder).await.unwrap();
    let commands = commands(&fs::read_to_string(folder.join("README.md")).unwrap());
    let kit = Kit { workspace, folder, commands, plaintexts };
    kit.unwrap().await;
    kit
}

impl Kit {
    /// What `keyward keystore decrypt` does, with the arguments and the files of the README's commands.
    /// `exit_kit_commands.rs` runs the command itself.
    async fn unwrap(&self) {
        let mut unwrapped = 0;
        for command in self.commands_of("keyward keystore decrypt ") {
            let words: Vec<_> = command.split_whitespace().collect();
            let reference = format!("local:{}", words[3]).parse().unwrap();
            let after = |word| words[words.iter().position(|found| *found == word).unwrap() + 1];
            let pairs = words.windows(2).filter(|pair| pair[0] == "--context").map(|pair| {
                let (key, value) = pair[1].split_once('=').unwrap();
                (key.to_owned(), value.to_owned())
            });
            let context = EncryptionContext::from_pairs(pairs);
            let blob = fs::read(self.folder.join(after("<"))).unwrap();
            let key = self.workspace.keystore.unwrap(&reference, &context, &blob).await.unwrap();
            fs::write(self.folder.join(after(">")), key.expose()).unwrap();
            unwrapped += 1;
        }
        assert_eq!(unwrapped, 3);
    }

    fn commands_of<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a String> {
        self.commands.iter().filter(move |command| command.starts_with(start))
    }

    /// Runs the README's one command that starts so, in the kit's folder.
    fn run(&self, start: &str, python: &Path) -> Output {
        let command = self.commands_of(start).next().unwrap_or_else(|| panic!("no `{start}`"));
        shell(&self.folder, python, command)
    }
}

/// The lines of the README's `sh` blocks.
fn commands(readme: &str) -> Vec<String> {
    let blocks = readme.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
    lines.map(str::to_owned).collect()
}

/// Runs a command as the reader of the README would, once the set-up there is done.
fn shell(folder: &Path, python: &Path, command: &str) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", python.parent().unwrap().display());
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Each file under a folder, by its path within.
fn files(folder: &Path, within: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{within}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &format!("{name}/")));
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// The columns of `objects.csv` by the object's size, which tells each of the kit's objects: id, path,
/// version, entry.
fn listing(folder: &Path) -> BTreeMap<usize, [String; 4]> {
    let text = fs::read_to_string(folder.join("docs/objects.csv")).unwrap();
    let lines = text.lines().skip(1).map(|line| {
        // From the end: only the name can hold a comma.
        let mut columns: Vec<_> = line.rsplit(',').map(str::to_owned).take(6).collect();
        columns.reverse();
        let [id, path, version, entry, size, _] = columns.try_into().unwrap();
        (size.parse().unwrap(), [id, path, version, entry])
    });
    lines.collect()
}

/// The kit names the very versions that these tests read it with.
#[tokio::test]
async fn it_pins_what_is_tested() {
    let kit = kit().await;
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let kit_python = read(kit.folder.join("requirements.txt"));
    // The peers have the package with an extra, for other tests.
    let peers_python = read(source("python/requirements.txt")).replace("[MPL]", "");
    assert!(peers_python.lines().any(|line| line == kit_python.trim()), "{kit_python}");
    let dependencies = |path| -> serde_json::Value {
        let package: serde_json::Value = serde_json::from_str(&read(path)).unwrap();
        package["dependencies"]["@aws-crypto/client-node"].clone()
    };
    let pinned = dependencies(kit.folder.join("package.json"));
    assert!(pinned.is_string());
    assert_eq!(pinned, dependencies(source("node/package.json")));
}

#[tokio::test]
async fn python_reads_every_object() {
    let Some(python) = python("exit_kit::python_reads_every_object") else { return };
    let kit = kit().await;
    for start in ["mkdir -p objects", "cp -R "] {
        let fetched = kit.run(start, &python);
        assert!(fetched.status.success(), "{}", text(&fetched));
    }
    let read = kit.run("python3 read_object.py ", &python);
    assert!(read.status.success(), "{}", text(&read));
    let one = fs::read(kit.folder.join("docs-python.out")).unwrap();
    assert!(kit.plaintexts.values().any(|plaintext| *plaintext == one));

    let read = kit.run("python3 read_all.py ", &python);
    assert!(read.status.success(), "{}", text(&read));
    assert!(text(&read).contains("6 objects read, 0 failed"), "{}", text(&read));
    assert!(files(&kit.folder.join("restored/docs"), "") == kit.plaintexts);

    // Once more: nothing that is there is written over.
    let again = kit.run("python3 read_all.py ", &python);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("0 objects read, 6 failed"), "{}", text(&again));
}

#[tokio::test]
async fn node_reads_every_object() {
    let Some(python) = python("exit_kit::node_reads_every_object") else { return };
    let Some(peers) = node("exit_kit::node_reads_every_object") else { return };
    let kit = kit().await;
    // What `npm install` would put there.
    std::os::unix::fs::symlink(peers.join("node_modules"), kit.folder.join("node_modules"))
        .unwrap();
    kit.run("mkdir -p objects", &python);
    kit.run("cp -R ", &python);
    let read = kit.run("node read_object.mjs ", &python);
    assert!(read.status.success(), "{}", text(&read));

    let by_size: BTreeMap<_, _> =
        kit.plaintexts.values().map(|plaintext| (plaintext.len(), plaintext)).collect();
    let listing = listing(&kit.folder);
    assert_eq!(listing.len(), kit.plaintexts.len());
    for (size, [_, path, version, entry]) in &listing {
        let entry =
            if entry.is_empty() { String::new() } else { format!(" --entry objects/{entry}") };
        let command = format!(
            "node read_object.mjs --key docs/keys/{version}.key --namespace keyward:acme \
             --name docs/{version}{entry} objects/{path} {size}.out"
        );
        let read = shell(&kit.folder, &python, &command);
        assert!(read.status.success(), "{}", text(&read));
        assert!(fs::read(kit.folder.join(format!("{size}.out"))).unwrap() == *by_size[size]);
    }

    // Changed, cut, extended, with another tenant's names, with another object's entry.
    let [_, path, version, entry] = &listing[&102_400];
    let command = |tenant: &str, entry: &str| {
        format!(
            "node read_object.mjs --key docs/keys/{version}.key --namespace keyward:{tenant} \
             --name docs/{version} --entry objects/{entry} objects/{path} refused.out"
        )
    };
    let place = kit.folder.join("objects").join(path);
    let message = fs::read(&place).unwrap();
    for (what, changed) in changes(&message) {
        fs::write(&place, changed).unwrap();
        let refused = shell(&kit.folder, &python, &command("acme", entry));
        assert_eq!(refused.status.code(), Some(1), "{what}: {}", text(&refused));
        assert!(!kit.folder.join("refused.out").exists(), "{what}");
    }
    fs::write(&place, message).unwrap();
    let another = &listing[&1][3];
    for command in [command("other", entry), command("acme", another)] {
        let refused = shell(&kit.folder, &python, &command);
        assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
        assert!(!kit.folder.join("refused.out").exists());
    }
}

#[tokio::test]
async fn what_was_changed_is_named_and_the_rest_is_read() {
    let Some(python) = python("exit_kit::what_was_changed_is_named") else { return };
    let kit = kit().await;
    kit.run("mkdir -p objects", &python);
    kit.run("cp -R ", &python);
    let objects = kit.folder.join("objects");
    let listing = listing(&kit.folder);
    let path = |size: usize| objects.join(&listing[&size][1]);

    // Each change spoils one object: its bytes changed, cut, extended, its entry changed.
    let message = fs::read(path(102_400)).unwrap();
    for (what, changed) in changes(&message) {
        fs::write(path(102_400), changed).unwrap();
        let _ = fs::remove_dir_all(kit.folder.join("restored"));
        expect_refused(&kit, &python, what, &["2026/11/Grüße, \"世界\".pdf"]);
    }
    fs::write(path(102_400), &message).unwrap();
    let entry = objects.join(&listing[&1][3]);
    let mut changed = fs::read(&entry).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&entry, changed).unwrap();
    expect_refused(&kit, &python, "entry", &["one byte"]);

    // Two objects under each other's names, both true messages of this tenant; and one missing.
    let other = fs::read(path(200_000)).unwrap();
    let later = fs::read(path(65_537)).unwrap();
    fs::write(path(200_000), later).unwrap();
    fs::write(path(65_537), other).unwrap();
    fs::remove_file(path(0)).unwrap();
    expect_refused(&kit, &python, "swapped", &["one byte", "🔑", "später/ключ.txt", "empty"]);

    // Without a key nothing comes out, and what to do is said.
    fs::write(kit.folder.join("docs/keys/3.key"), b"").unwrap();
    let refused = kit.run("python3 read_all.py ", &python);
    assert!(text(&refused).contains("unwrap it again"), "{}", text(&refused));
}

/// Reads everything anew: just these objects fail, by name.
fn expect_refused(kit: &Kit, python: &Path, what: &str, names: &[&str]) {
    let _ = fs::remove_dir_all(kit.folder.join("restored"));
    let read = kit.run("python3 read_all.py ", python);
    assert_eq!(read.status.code(), Some(1), "{what}: {}", text(&read));
    let restored = files(&kit.folder.join("restored/docs"), "");
    for (name, plaintext) in &kit.plaintexts {
        if names.contains(&name.as_str()) {
            assert!(text(&read).contains(&format!("{name}: ")), "{what}: {}", text(&read));
            assert!(!restored.contains_key(name), "{what}: `{name}` is there");
        } else {
            assert!(restored.get(name) == Some(plaintext), "{what}: {}", text(&read));
        }
    }
    assert_eq!(restored.len() + names.len(), kit.plaintexts.len(), "{what}");
}

/// A message changed in each of its parts.
fn changes(message: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let flipped = |at: usize| {
        let mut changed = message.to_vec();
        changed[at] ^= 1;
        changed
    };
    let mut longer = message.to_vec();
    longer.push(0);
    vec![
        ("header", flipped(60)),
        ("first frame", flipped(1000)),
        ("tag at the end", flipped(message.len() - 1)),
        ("cut in a frame", message[..message.len() - 1].to_vec()),
        ("cut between frames", message[..70_000].to_vec()),
        ("extended", longer),
    ]
}
