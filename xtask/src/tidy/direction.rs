//! Which crate may depend on which: the edges of `docs/architecture.md` as a table.
//!
//! Any other edge fails, and so does a crate that has no place in the table yet.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::{
    error::Error,
    process::{cargo, output},
    project::Project,
};

/// What a crate is, which decides the crates that it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Words and formats: no I/O.
    Pure,
    /// Reads files and nothing else: no database, no network.
    Offline,
    /// Something that touches the outside, behind an interface of its own.
    Part,
    /// A provider's client.
    Provider,
    /// The operations.
    Engine,
    /// Brings an engine together with providers, for surfaces.
    Workspace,
    /// What people start. With the workspace, it alone names concrete providers.
    Surface,
    /// Like a surface, and never shipped: it may use the testkit as well.
    Check,
    /// The project's own commands.
    Xtask,
}

/// The crates, what each is, and those of ours that it may depend on. The workspace, surfaces and checks
/// may depend on everything below them; providers have no line of their own.
const CRATES: &[(&str, Kind, &[&str])] = &[
    ("keyward-core", Kind::Pure, &[]),
    ("keyward-envelope", Kind::Pure, &["keyward-core"]),
    ("keyward-ledger", Kind::Pure, &["keyward-core"]),
    ("keyward-policy", Kind::Pure, &["keyward-core"]),
    ("keyward-kms", Kind::Part, &["keyward-core"]),
    ("keyward-secrets", Kind::Part, &["keyward-core"]),
    ("keyward-siem", Kind::Part, &["keyward-core", "keyward-ledger"]),
    ("keyward-store", Kind::Part, &["keyward-core"]),
    ("keyward-witness", Kind::Part, &["keyward-core", "keyward-ledger", "keyward-secrets"]),
    (
        "keyward-engine",
        Kind::Engine,
        &[
            "keyward-core",
            "keyward-envelope",
            "keyward-ledger",
            "keyward-policy",
            "keyward-kms",
            "keyward-secrets",
            "keyward-siem",
            "keyward-store",
            "keyward-witness",
        ],
    ),
    (
        TESTKIT,
        Kind::Part,
        &[
            "keyward-core",
            "keyward-engine",
            "keyward-envelope",
            "keyward-ledger",
            "keyward-policy",
            "keyward-kms",
            "keyward-secrets",
            "keyward-store",
            "keyward-witness",
        ],
    ),
    ("keyward-verify", Kind::Offline, &["keyward-core", "keyward-ledger"]),
    ("keyward-workspace", Kind::Workspace, &[]),
    ("keyward-cli", Kind::Surface, &[]),
    ("keyward-desktop", Kind::Surface, &[]),
    ("keyward-gateway", Kind::Surface, &[]),
    ("keyward-bench", Kind::Check, &[]),
    ("keyward-demonstration", Kind::Check, &[]),
    ("keyward-tests", Kind::Check, &[]),
    ("xtask", Kind::Xtask, &[]),
];

const TESTKIT: &str = "keyward-testkit";
const PROVIDER_PREFIX: &str = "keyward-kms-";
const PROVIDER_EDGES: &[&str] = &["keyward-core", "keyward-kms"];

/// Crates of others that do I/O: none of them in a pure crate or an offline one.
const INPUT_OUTPUT: &[&str] =
    &["tokio", "async-std", "sqlx", "rusqlite", "object_store", "reqwest", "hyper", "keyring"];

/// The providers' own clients, by how their names start: in a provider's crate alone, so that taking a
/// provider out takes its client out. Checks measure and compare with them.
const CLIENTS: &[&str] =
    &["aws-config", "aws-sdk-", "azure_", "google-cloud-", "cryptoki", "vaultrs"];

/// A dependency as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    dev: bool,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.dev { " (dev)" } else { "" };
        write!(f, "{} -> {}{kind}", self.from, self.to)
    }
}

/// Checks the whole workspace.
pub fn check(project: &Project) -> Result<Vec<String>, Error> {
    let mut command = cargo(project, "metadata");
    let text = output(command.args(["--no-deps", "--format-version", "1"]))?;
    let (members, edges) = read(&text).ok_or(Error::Output {
        command: "cargo metadata".into(),
        what: "has another form than expected",
    })?;
    let mut findings: Vec<String> = members
        .iter()
        .filter(|name| kind_of(name).is_none())
        .map(|name| {
            format!(
                "`{name}` has no place yet: give it one in docs/architecture.md and \
                 xtask/src/tidy/direction.rs"
            )
        })
        .collect();
    findings.extend(
        edges.iter().filter_map(|edge| judge(edge).err().map(|reason| format!("{edge}: {reason}"))),
    );
    Ok(findings)
}

/// Whether an edge is allowed; where not, why not.
fn judge(edge: &Edge) -> Result<(), &'static str> {
    let Some(from) = kind_of(&edge.from) else { return Ok(()) };
    match kind_of(&edge.to) {
        Some(to) => judge_own(edge, from, to),
        None => judge_foreign(edge, from),
    }
}

fn judge_own(edge: &Edge, from: Kind, to: Kind) -> Result<(), &'static str> {
    if edge.to == TESTKIT {
        return if edge.dev || from == Kind::Check {
            Ok(())
        } else {
            Err("the testkit is a dev-dependency only")
        };
    }
    match (from, to) {
        (Kind::Xtask, _) => Err("xtask must be built before everything else"),
        // What starts the peers is in `tests`, and measuring beside them needs it too.
        (Kind::Check, Kind::Check) => Ok(()),
        (_, Kind::Surface | Kind::Check | Kind::Xtask) => Err("nothing depends on a surface"),
        (Kind::Surface | Kind::Check, _) => Ok(()),
        (_, Kind::Workspace) => Err("only surfaces open workspaces"),
        (Kind::Workspace, _) => Ok(()),
        (_, Kind::Provider) => Err("only the workspace and surfaces name concrete providers"),
        (Kind::Provider, _) if !PROVIDER_EDGES.contains(&edge.to.as_str()) => {
            Err("a provider depends on kms and core only")
        }
        (Kind::Provider, _) => Ok(()),
        _ if allowed(&edge.from).contains(&edge.to.as_str()) => Ok(()),
        _ => Err("the table has no such edge"),
    }
}

fn judge_foreign(edge: &Edge, from: Kind) -> Result<(), &'static str> {
    let to = edge.to.as_str();
    let closed = matches!(from, Kind::Pure | Kind::Offline);
    if closed && !edge.dev && INPUT_OUTPUT.contains(&to) {
        return Err("this crate does no I/O, but for files where it verifies them");
    }
    if to.starts_with("tauri") && edge.from != "keyward-desktop" {
        return Err("only the desktop app knows Tauri");
    }
    let is_client = CLIENTS.iter().any(|prefix| to.starts_with(prefix));
    if is_client && !matches!(from, Kind::Provider | Kind::Check) {
        return Err("only a provider's crate names its client");
    }
    Ok(())
}

fn kind_of(name: &str) -> Option<Kind> {
    let listed = CRATES.iter().find(|(listed, ..)| *listed == name).map(|(_, kind, _)| *kind);
    listed.or_else(|| name.starts_with(PROVIDER_PREFIX).then_some(Kind::Provider))
}

fn allowed(name: &str) -> &'static [&'static str] {
    CRATES.iter().find(|(listed, ..)| *listed == name).map_or(&[], |(_, _, allowed)| allowed)
}

/// The workspace's members and their dependencies, from `cargo metadata --no-deps`.
fn read(text: &str) -> Option<(Vec<String>, Vec<Edge>)> {
    let metadata: Value = serde_json::from_str(text).ok()?;
    let mut members = Vec::new();
    // A crate may be both kinds of dependency; the ordinary one is the stricter.
    let mut edges: BTreeMap<(String, String), bool> = BTreeMap::new();
    for package in metadata.get("packages")?.as_array()? {
        let from = package.get("name")?.as_str()?;
        members.push(from.to_owned());
        for dependency in package.get("dependencies")?.as_array()? {
            let to = dependency.get("name")?.as_str()?;
            let dev = dependency.get("kind")?.as_str() == Some("dev");
            edges
                .entry((from.to_owned(), to.to_owned()))
                .and_modify(|known| *known &= dev)
                .or_insert(dev);
        }
    }
    let edges = edges.into_iter().map(|((from, to), dev)| Edge { from, to, dev }).collect();
    Some((members, edges))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(from: &str, to: &str, dev: bool) -> bool {
        judge(&Edge { from: from.into(), to: to.into(), dev }).is_ok()
    }

    #[test]
    fn the_edges_of_the_design_pass() {
        for (from, to, dev) in [
            ("keyward-envelope", "keyward-core", false),
            ("keyward-engine", "keyward-kms", false),
            ("keyward-engine", "keyward-secrets", false),
            ("keyward-engine", "keyward-testkit", true),
            ("keyward-kms-aws", "keyward-kms", false),
            ("keyward-kms-aws", "aws-sdk-kms", false),
            ("keyward-kms-aws", "keyward-testkit", true),
            ("keyward-kms-azure", "azure_core", false),
            ("keyward-workspace", "keyward-kms-aws", false),
            ("keyward-workspace", "keyward-kms-azure", false),
            ("keyward-cli", "keyward-kms-aws", false),
            ("keyward-cli", "keyward-workspace", false),
            ("keyward-desktop", "tauri", false),
            ("keyward-tests", "keyward-testkit", false),
            ("keyward-bench", "keyward-tests", false),
            ("keyward-bench", "aws-sdk-kms", false),
            ("keyward-ledger", "tokio", true),
            ("keyward-verify", "keyward-ledger", false),
            ("keyward-store", "tokio", false),
        ] {
            assert!(is_allowed(from, to, dev), "{from} -> {to}");
        }
    }

    #[test]
    fn every_other_edge_fails() {
        for (from, to, dev) in [
            ("keyward-core", "keyward-kms", false),
            ("keyward-envelope", "keyward-ledger", false),
            ("keyward-store", "keyward-engine", false),
            ("keyward-engine", "keyward-cli", false),
            ("keyward-engine", "keyward-workspace", true),
            ("keyward-workspace", "keyward-cli", false),
            ("keyward-workspace", "aws-sdk-kms", false),
            ("keyward-workspace", "azure_identity", false),
            // A test of the engine's own must not bring a real provider in either.
            ("keyward-engine", "keyward-kms-aws", true),
            ("keyward-engine", "aws-sdk-kms", false),
            ("keyward-engine", "tauri", false),
            ("keyward-kms-aws", "keyward-store", false),
            ("keyward-kms-aws", "keyward-kms-azure", false),
            ("keyward-cli", "keyward-testkit", false),
            ("keyward-cli", "keyward-desktop", false),
            ("keyward-cli", "keyward-tests", false),
            ("keyward-core", "tokio", false),
            ("keyward-ledger", "sqlx", false),
            ("keyward-verify", "reqwest", false),
            ("keyward-verify", "keyward-store", false),
            ("xtask", "keyward-core", false),
        ] {
            assert!(!is_allowed(from, to, dev), "{from} -> {to}");
        }
    }

    #[test]
    fn metadata_is_read_with_the_stricter_kind() {
        let text = r#"{"packages": [{"name": "keyward-core", "dependencies": [
            {"name": "keyward-kms", "kind": "dev"}, {"name": "keyward-kms", "kind": null},
            {"name": "serde", "kind": null}]}]}"#;
        let (members, edges) = read(text).unwrap();
        assert_eq!(members, ["keyward-core"]);
        let bad: Vec<_> = edges.iter().filter(|edge| judge(edge).is_err()).collect();
        assert_eq!(bad.len(), 1);
        assert_eq!(bad[0].to_string(), "keyward-core -> keyward-kms");
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn a_crate_without_a_place_is_seen() {
        assert_eq!(kind_of("keyward-cache"), None);
        assert_eq!(kind_of("keyward-kms-azure"), Some(Kind::Provider));
    }
}
