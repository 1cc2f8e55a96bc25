//! `keyward doctor`: is everything that Keyward depends on here as it should be?

use chrono::Utc;
use clap::Args;
use keyward_core::{Code, Role};
use keyward_engine::{AuditFilter, AuditStart, Swept};
use keyward_secrets::{Backing, Vault};
use keyward_workspace::{SETTLED, Workspace};

use crate::{
    arguments::Global,
    failure::Failure,
    render::{size, table::table},
    session::{Session, folder},
};

/// Check the workspace and this machine
#[derive(Debug, Args)]
pub struct Doctor {
    /// Remove stored files that nothing names, and half-written ones, an hour old or more
    #[arg(long)]
    repair: bool,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum Found {
    Ok,
    Warning,
    Failed,
}

#[derive(Debug, serde::Serialize)]
struct Check {
    name: &'static str,
    found: Found,
    detail: String,
    /// The stable code of a failure.
    code: Option<&'static str>,
    #[serde(skip)]
    status: u8,
}

impl Doctor {
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        let mut checks = Vec::new();
        if let Some(session) = open(global, &mut checks).await {
            checks.push(database(&session).await);
            checks.push(sidecars(&session).await);
            checks.push(self.blobs(&session).await);
            checks.push(clock(&session).await);
            machine(&session, &mut checks).await;
            anchors(&session, &mut checks).await;
            if let Err(failure) = session.close().await {
                checks.push(Check::failed("anchoring", failure));
            }
        }
        let worst = checks.iter().map(|check| check.status).max().unwrap_or(0);
        let document = serde_json::json!({ "ok": worst == 0, "checks": checks });
        global.output().print(&document, |_| describe(&checks)).map(|_| worst)
    }

    async fn blobs(&self, session: &Session) -> Check {
        let name = "stored files";
        let swept = match self.repair {
            true => match sweep(session).await {
                Ok(swept) => swept,
                Err(failure) => return Check::failed(name, failure),
            },
            false => Swept::default(),
        };
        match session.workspace.inspect().blobs().await {
            Err(error) => Check::failed(name, error.into()),
            Ok(found) if found.missing > 0 => {
                let missing = size::count(found.missing, "object");
                let names = found.missing_names.join(", ");
                let text = format!("the bytes of {missing} are gone ({names}); restore a copy");
                Check::failed(name, Failure::new(Code::StateCorrupt, text))
            }
            Ok(found) if found.orphaned > 0 => {
                let orphaned = size::count(found.orphaned, "file");
                let bytes = size::bytes(found.orphaned_bytes);
                let text = format!("nothing names {orphaned} ({bytes}); remove with `--repair`");
                Check::warning(name, text)
            }
            Ok(found) => {
                let looked_at = size::count(found.looked_at, "file");
                let text = match swept.deleted + swept.staged {
                    0 => format!("{looked_at}, all named"),
                    removed => format!("{looked_at}, {removed} removed that nothing named"),
                };
                Check::ok(name, text)
            }
        }
    }
}

/// Removes what nothing names, with its records in the log.
async fn sweep(session: &Session) -> Result<Swept, Failure> {
    let context = session.context(Role::Administrator)?;
    Ok(session.workspace.engine.sweep_orphans(&context, SETTLED).await?)
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, found: Found::Ok, detail: detail.into(), code: None, status: 0 }
    }

    fn warning(name: &'static str, detail: impl Into<String>) -> Self {
        Self { found: Found::Warning, ..Self::ok(name, detail) }
    }

    fn failed(name: &'static str, failure: Failure) -> Self {
        Self {
            name,
            found: Found::Failed,
            detail: failure.message().to_owned(),
            code: Some(failure.code()),
            status: failure.status(),
        }
    }
}

/// Opens the workspace, one part after the other, as far as it goes.
async fn open(global: &Global, checks: &mut Vec<Check>) -> Option<Session> {
    let config = match folder(global).and_then(|folder| Ok(Workspace::config(&folder)?)) {
        Ok(config) => config,
        Err(failure) => {
            checks.push(Check::failed("workspace", failure));
            return None;
        }
    };
    checks.push(Check::ok("workspace", format!("{} (format {})", config.id, config.format)));
    if config.secrets == Backing::Keyring {
        let probed = tokio::task::spawn_blocking(Vault::probe_keyring).await;
        checks.push(match probed {
            Ok(Ok(())) => Check::ok("keyring", "reachable and unlocked"),
            Ok(Err(error)) => Check::failed("keyring", Failure::new(error.code(), error)),
            Err(error) => Check::failed("keyring", Failure::unexpected(error)),
        });
    }
    match Session::open(global).await {
        Ok(session) => {
            checks.push(Check::ok("opening", "secrets, key store, database and objects open"));
            Some(session)
        }
        Err(failure) => {
            checks.push(Check::failed("opening", failure));
            None
        }
    }
}

async fn database(session: &Session) -> Check {
    match session.workspace.inspect().database().await {
        Ok(()) => Check::ok("database", "every page and index is sound"),
        Err(error) => Check::failed("database", error.into()),
    }
}

async fn sidecars(session: &Session) -> Check {
    match session.workspace.inspect().stale_sidecars().await {
        Ok(stale) if stale.is_empty() => Check::ok("sidecars", "as the database says"),
        // The opening has tried to write them already.
        Ok(stale) => Check::warning("sidecars", format!("out of date: {}", stale.join(", "))),
        Err(error) => Check::failed("sidecars", error.into()),
    }
}

/// Whether the system's clock is behind what has been recorded.
async fn clock(session: &Session) -> Check {
    let newest = async {
        let context = session.officer()?;
        let engine = &session.workspace.engine;
        Ok(engine.audit_query(&context, &AuditFilter::default(), AuditStart::Newest, 1).await?)
    };
    match newest.await {
        Ok(page) => match page.records.first() {
            Some(record) if record.time > Utc::now() => {
                let text = format!("the last record is from {}; set the clock", record.time);
                Check::warning("clock", text)
            }
            _ => Check::ok("clock", "later than the last record"),
        },
        Err(failure) => Check::failed("clock", failure),
    }
}

/// Whether what is kept outside the database can be reached, and agrees with it.
async fn anchors(session: &Session, checks: &mut Vec<Check>) {
    let report = match session.workspace.engine.witness_report(true).await {
        Ok(report) => report,
        Err(error) => return checks.push(Check::failed("anchors", error.into())),
    };
    if report.anchors.is_empty() {
        let text = "nothing outside the database keeps the log's newest checkpoint: an older copy of it \
                    would not be found; `keyward audit witness add` sets a place";
        checks.push(Check::warning("anchors", text));
    }
    for anchor in report.anchors {
        let detail = match anchor.detail {
            Some(detail) => format!("{}: {detail}", anchor.place),
            None => format!("{}: {}", anchor.place, anchor.found),
        };
        checks.push(match anchor.found {
            "current" | "behind" => Check::ok("anchor", detail),
            "none" | "unreachable" => Check::warning("anchor", detail),
            "rolled-back" => Check::failed("anchor", Failure::new(Code::LogRolledBack, detail)),
            _ => Check::failed("anchor", Failure::new(Code::LogForked, detail)),
        });
    }
}

async fn machine(session: &Session, checks: &mut Vec<Check>) {
    match session.workspace.engine.status().await {
        Ok(status) => {
            let kinds: Vec<_> = status.providers.iter().map(|kind| kind.as_str()).collect();
            checks.push(Check::ok("providers", kinds.join(", ")));
            checks.push(if status.memory_locked {
                Check::ok("memory", "keys are kept out of swap")
            } else {
                Check::warning("memory", "the system doesn't lock memory; raise `ulimit -l`")
            });
        }
        Err(error) => checks.push(Check::failed("status", error.into())),
    }
}

fn describe(checks: &[Check]) -> String {
    let rows = checks.iter().map(|check| {
        let mark = match check.found {
            Found::Ok => "✓",
            Found::Warning => "!",
            Found::Failed => "✗",
        };
        vec![mark.into(), check.name.into(), check.detail.clone()]
    });
    table(&["", "check", "found"], rows.collect(), "")
}
