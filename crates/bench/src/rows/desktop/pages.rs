//! `desktop-audit-*-p99`: pages of the log by filter, through the operation that the window's command calls.
//!
//! In a process of its own beside the keyring, where the workspace's secrets are.

use std::{path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{Role, TenantId};
use keyward_engine::{AuditFilter, AuditStart, Engine};
use keyward_workspace::{OpenOptions, Workspace, os_account};
use tokio::runtime::Runtime;

use super::scene::Scene;
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// Records a page: as many as the window asks for.
const PAGE: u32 = 200;

/// What every hundredth page may take at most, in milliseconds.
const SLOWEST: f64 = 10.0;

/// The kinds of filters, by their words in rows' names.
const KINDS: [&str; 7] =
    ["tenant", "tenant-outcome", "tenant-time", "key", "action", "actor-time", "words"];

/// Has the pages asked for, and takes what every hundredth was within.
pub fn rows(bench: &mut Bench, scene: &Scene) -> Result<(), BenchError> {
    let kinds: Vec<_> = KINDS.iter().map(|kind| format!("desktop-audit-{kind}-p99")).collect();
    let all = "desktop-audit-p99";
    if !bench.wants(all) && !kinds.iter().any(|name| bench.wants(name)) {
        return Ok(());
    }
    let said = scene.pages(bench.size(1000, 50))?;
    let times: Vec<f64> = said.split_whitespace().filter_map(|time| time.parse().ok()).collect();
    if times.len() != kinds.len() + 1 {
        return Err(BenchError::Unmeasured(said));
    }
    for (name, time) in std::iter::once(all).chain(kinds.iter().map(String::as_str)).zip(times) {
        bench.row(Row::cost(name, "ms", "what is allowed", [time, SLOWEST]).at_least(1.0));
    }
    Ok(())
}

/// The process that is measured: prints what 99 of 100 pages took at most in milliseconds, for all and for each
/// kind.
pub fn child(runtime: &Runtime, task: &[String]) -> Result<(), BenchError> {
    let [folder, each] = task else {
        return Err(BenchError::Unmeasured("two arguments are needed".into()));
    };
    let wrong = |_| BenchError::Unmeasured(format!("`{each}` is no number"));
    let each: u64 = each.parse().map_err(wrong)?;
    runtime.block_on(async {
        let folder = Path::new(folder);
        let workspace = Workspace::open(folder, OpenOptions::new(os_account())).await?;
        let asked = Asked::about(&workspace.engine).await?;
        let mut all = Samples::default();
        let mut kinds: [Samples; KINDS.len()] = Default::default();
        for number in 0..each {
            for (kind, samples) in kinds.iter_mut().enumerate() {
                let time = asked.page(&workspace.engine, kind, number).await?;
                samples.add(time);
                all.add(time);
            }
        }
        for samples in std::iter::once(&all).chain(&kinds) {
            println!("{}", samples.percentile(0.99) * 1e3);
        }
        Ok(())
    })
}

/// What there is to ask about.
struct Asked {
    tenants: Vec<TenantId>,
    records: u64,
    first: DateTime<Utc>,
    days: i64,
}

impl Asked {
    async fn about(engine: &Engine) -> Result<Self, BenchError> {
        let context = engine.context(os_account(), Role::Administrator)?;
        let tenants = engine.tenant_summaries(&context).await?;
        let oldest =
            engine.audit_query(&context, &AuditFilter::default(), AuditStart::Oldest, 1).await?;
        let empty = || BenchError::Unmeasured("the log is empty".into());
        let first = oldest.records.first().ok_or_else(empty)?.time;
        Ok(Self {
            tenants: tenants.into_iter().map(|tenant| tenant.id).collect(),
            records: engine.status().await?.records,
            first,
            days: (Utc::now() - first).num_days().max(1),
        })
    }

    /// Asks for a page from anywhere in the log, as the window's command does.
    async fn page(
        &self,
        engine: &Engine,
        kind: usize,
        number: u64,
    ) -> Result<Duration, BenchError> {
        let random = mixed(number * KINDS.len() as u64 + kind as u64);
        let filter = self.filter(kind, random);
        let start = match random % 4 {
            0 => AuditStart::Newest,
            _ => AuditStart::Before((random >> 8) % self.records + 1),
        };
        let mut time = Samples::default();
        let context = engine.context(os_account(), Role::Administrator)?;
        let page = time.wait(engine.audit_query(&context, &filter, start, PAGE)).await?;
        std::hint::black_box(page);
        Ok(Duration::from_secs_f64(time.median()))
    }

    fn filter(&self, kind: usize, random: u64) -> AuditFilter {
        let some = |text: &str| Some(text.to_owned());
        let tenant = self.tenants.get((random >> 16) as usize % self.tenants.len().max(1)).cloned();
        let since = self.first + TimeDelta::days((random >> 32) as i64 % self.days);
        let until = Some(since + TimeDelta::days(1));
        let since = Some(since);
        let all = AuditFilter::default();
        match KINDS.get(kind).copied().unwrap_or_default() {
            "tenant" => AuditFilter { tenant, ..all },
            "tenant-outcome" => AuditFilter { tenant, outcome: some("denied"), ..all },
            "tenant-time" => AuditFilter { tenant, since, until, ..all },
            "key" => {
                AuditFilter { key: tenant.map(|tenant| format!("dk:{tenant}/documents/1")), ..all }
            }
            "action" => AuditFilter { action: some("challenge.answer"), ..all },
            "actor-time" => AuditFilter { actor: some("search-indexer"), since, until, ..all },
            _ => {
                let search = tenant.map(|tenant| format!("{tenant} object"));
                AuditFilter { search, ..all }
            }
        }
    }
}

/// SplitMix64's last step: a number that looks like any.
fn mixed(number: u64) -> u64 {
    let mixed =
        (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ 0x9e37_79b9_7f4a_7c15;
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
