//! The exit kit from the command line: made by `keyward`, then read by the commands in its README as
//! they stand there, with a local key store's key and with one in AWS KMS.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use keyward_tests::{
    command::keyward,
    peers::{aws::AwsPeer, node::node, python::python},
};
use serde_json::Value;
use tempfile::TempDir;

/// A shell in a folder of its own, with what the commands need.
struct Shell {
    folder: TempDir,
    path: String,
    node_modules: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Shell {
    /// `None` once the test called `name` is recorded as skipped.
    fn new(name: &str) -> Option<Self> {
        let (keyward, python) = (keyward(name)?, python(name)?);
        let node_modules = node(name)?.join("node_modules");
        let path = [keyward, python]
            .map(|program| program.parent().expect("a folder").display().to_string())
            .join(":");
        let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
        let folder = tempfile::tempdir().expect("a temporary folder");
        Some(Self { folder, path, node_modules, environment: Vec::new() })
    }

    /// Runs a script; its standard output, once it has succeeded.
    fn run(&self, script: &str) -> String {
        let output = self.output(script);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{text}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn output(&self, script: &str) -> Output {
        let place = |name: &str| self.folder.path().join(name);
        Command::new("sh")
            .args(["-ec", script])
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("HOME", self.folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("KEYWARD_WORKSPACE", place("workspace"))
            .env("KEYWARD_PASSPHRASE", "correct horse battery staple")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("a shell")
    }

    /// A tenant's life from its key on, up to its exit kit; what was put.
    fn live(&self, region: &str, reference: &str) -> BTreeMap<String, Vec<u8>> {
        let first = [("Grüße 世界.txt", 100_000), ("empty", 0), ("a/one", 1)];
        let second = [("später/☂.bin", 65_536)];
        let mut plaintexts = BTreeMap::new();
        for (folder, files) in [("first", &first[..]), ("second", &second[..])] {
            for (name, size) in files {
                let plaintext: Vec<u8> = (0..*size).map(|at: usize| (at % 253) as u8).collect();
                let path = self.folder.path().join(folder).join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &plaintext).unwrap();
                plaintexts.insert((*name).to_owned(), plaintext);
            }
        }
        self.run(&format!("keyward init --secrets passphrase --region {region}"));
        self.run("keyward tenant add acme");
        if let Some(name) = reference.strip_prefix("local:") {
            self.run(&format!("keyward keystore create {name} --allow acme"));
        }
        self.run(&format!("keyward key add acme {reference}"));
        let challenge = self.run("keyward --json challenge start rk:acme/1");
        let challenge: Value = serde_json::from_str(&challenge).unwrap();
        let field = |name: &str| challenge[name].as_str().unwrap().to_owned();
        let (id, context) = (field("id"), challenge["encryption_context"].to_string());
        let answer = format!("keyward challenge answer {id} --nonce -");
        match reference.strip_prefix("local:") {
            // The very command that the tenant is told.
            Some(_) => self.run(&format!("{} | {answer}", field("command"))),
            // A blob in a file is taken alike by version 1 of AWS's command, which is here, and 2.
            None => self.run(&format!(
                "echo {} | base64 -d > nonce.wrapped
                 aws kms decrypt --region {region} --key-id {reference} \
                     --ciphertext-blob fileb://nonce.wrapped --encryption-context '{context}' \
                     --query Plaintext --output text | {answer}",
                field("ciphertext")
            )),
        };
        self.run("keyward dataset create acme docs");
        self.run("keyward put acme docs first");
        self.run("keyward rotate data-key acme docs");
        self.run("keyward rekey acme docs");
        self.run("keyward put acme docs second");
        self.run("keyward exit-kit acme kit");
        plaintexts
    }

    /// Runs every command of the kit's README in order, but for those that set the machine up, whose
    /// work is done here already.
    fn follow_the_readme(&self) {
        let readme = fs::read_to_string(self.folder.path().join("kit/README.md")).unwrap();
        let blocks = readme.split("```sh\n").skip(1);
        let commands: Vec<&str> = blocks
            .flat_map(|block| block.split("```").next().unwrap_or_default().lines())
            .filter(|line| {
                let set_up = ["python3 -m ", ". venv", "npm "];
                !set_up.iter().any(|start| line.starts_with(start))
            })
            .collect();
        assert_eq!(commands.len(), 7, "{commands:?}");
        let modules = self.folder.path().join("kit/node_modules");
        std::os::unix::fs::symlink(&self.node_modules, modules).unwrap();
        self.run(&format!("cd kit\n{}", commands.join("\n")));
    }

    /// Each restored file by its path.
    fn restored(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = self.folder.path().join("kit/restored/docs");
        let listing = self.run("cd kit/restored/docs && find . -type f");
        let names = listing.lines().map(|line| line.trim_start_matches("./").to_owned());
        names.map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
    }
}

#[test]
fn with_a_key_in_a_local_key_store() {
    let name = "exit_kit_commands::with_a_key_in_a_local_key_store";
    let Some(shell) = Shell::new(name) else { return };
    let plaintexts = shell.live("local", "local:acme-key");
    shell.follow_the_readme();
    assert!(shell.restored() == plaintexts);
    for version in [1, 2] {
        let key = shell.folder.path().join(format!("kit/docs/keys/{version}.key"));
        assert_eq!(fs::read(key).unwrap().len(), 32);
    }
}

#[tokio::test]
async fn with_a_key_in_aws_kms() {
    let name = "exit_kit_commands::with_a_key_in_aws_kms";
    let Some(mut shell) = Shell::new(name) else { return };
    let Some(peer) = AwsPeer::start(name) else { return };
    shell.environment = peer.environment();
    let key = peer.create_key("eu-central-1").await;
    let plaintexts = shell.live("eu-central-1", &key.to_string());
    // From here on without Keyward: its workspace is gone.
    shell.run("mkdir stored && cp -R workspace/objects/acme stored/ && rm -r workspace");
    let readme = shell.folder.path().join("kit/README.md");
    let text = fs::read_to_string(&readme).unwrap();
    assert!(!text.contains("keyward keystore"), "{text}");
    let lines = text.lines().map(|line| match line.strip_prefix("cp -R ") {
        Some(_) => "cp -R ../stored/acme objects/",
        None => line,
    });
    fs::write(&readme, lines.collect::<Vec<_>>().join("\n")).unwrap();
    shell.follow_the_readme();
    assert!(shell.restored() == plaintexts);
}
