//! Rewraps a tenant's data keys under its current root key and version. Data is not touched.
//!
//! Resumable without a job to resume: the work is whatever is still wrapped under something else.
//! Each batch is one transaction of compare-and-swaps with its record, so that a process killed at any
//! moment leaves whole batches, a second run finds only what is left, and two runs at once do nothing
//! twice. What fails by its own fault is quarantined with its reason; what fails by the key's or the
//! provider's stops the run, since trying the rest would fail as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, future::BoxFuture};
use keyward_core::{
    DatasetName, EncryptionContext, Provider, RootKeyId, RootKeyReference, TenantId,
};
use keyward_kms::{ErrorClass, KmsError, RewrapItem, RootKeyService, WrappedKey};
use keyward_ledger::{Action, MAX_RECORD_LENGTH, Outcome};
use keyward_store::tables::{
    data_keys,
    datasets::{self, StaleSidecar},
    quarantine,
    root_keys::{self, RootKey},
    tenants,
};
use parking_lot::Mutex;
use serde_json::json;

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// A record has room for so many, however long their names.
const QUARANTINED_A_RECORD: usize = 200;

/// Sidecars written at once while batches go on.
const SIDECARS_A_TURN: usize = 64;

/// How to rewrap.
#[derive(Clone, Copy, Debug, Default)]
pub struct RewrapOptions {
    /// Changes nothing; says what there is to do and how long it would take.
    pub dry_run: bool,
    /// Data keys a batch, each one transaction: what a crash undoes, and a pause waits for. `None` leaves
    /// it to what the provider takes for one.
    pub batch: Option<u32>,
    /// Tries again what is quarantined.
    pub retry_quarantined: bool,
}

impl RewrapOptions {
    /// Data keys a batch, 1 to 10,000. Where the key store is local, the transaction costs more than the
    /// wraps; elsewhere each wrap is a call that would have to be made again.
    fn batch_for(self, reference: &RootKeyReference) -> u32 {
        let fitting = if reference.provider() == Provider::Local { 5000 } else { 1000 };
        self.batch.unwrap_or(fitting).clamp(1, 10_000)
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct RewrapProgress {
    /// Data keys to rewrap when the run began.
    pub total: u64,
    /// Rewrapped so far.
    pub rewrapped: u64,
    /// Quarantined so far.
    pub quarantined: u64,
    /// Seconds since the run began.
    pub seconds: f64,
    /// Data keys a second.
    pub rate: f64,
    /// Seconds to go at this rate; nothing before the first batch.
    pub remaining_seconds: Option<f64>,
}

/// What a run did, and the proof of what remains.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RewrapReport {
    /// Whose data keys.
    pub tenant: TenantId,
    /// The root key they are under now.
    pub root_key: String,
    /// Its version.
    pub version: u32,
    /// How far the run came.
    #[serde(flatten)]
    pub progress: RewrapProgress,
    /// Calls to providers that the work needs: made, or with `dry_run` forecast.
    pub kms_calls: u64,
    /// What is still wrapped under anything else, counted in the database after the run. Empty is the
    /// proof that nothing is.
    pub remaining: Vec<data_keys::WrappedBy>,
    /// What is quarantined, with reasons.
    pub quarantine: Vec<quarantine::Quarantined>,
    /// Whether this was only a forecast.
    pub dry_run: bool,
    /// Whether it was stopped after a batch, as its observer asked. Another run does what remains.
    pub stopped: bool,
}

impl RewrapProgress {
    /// An observer that looks at nothing, and lets the run go on to its end.
    pub fn unwatched(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// One batch on its way from the provider to the database.
struct Batch {
    rows: Vec<data_keys::StaleKey>,
    results: Vec<Result<WrappedKey, KmsError>>,
}

impl Engine {
    /// Rewraps everything of the tenant that isn't under its active root key's current version.
    ///
    /// `observer` is told before the first batch and after each one was committed; where it answers with
    /// [`ControlFlow::Break`] the run ends there.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`], and the provider's failure where it concerns the key as a whole
    /// or the provider can't be reached; what was done until then stays done.
    pub async fn rewrap(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        options: RewrapOptions,
        observer: &(dyn Fn(&RewrapProgress) -> ControlFlow<()> + Sync),
    ) -> Result<RewrapReport, EngineError> {
        let entry = Entry::of(Action::DataKeyRewrap, tenant).with("dry_run", options.dry_run);
        self.guard(context, entry, async {
            let (root, reference) = self.current_root_key(context, tenant).await?;
            let current = (root.id.number, root.version);
            let (row, others, total) = {
                let mut reader = self.store.read().await?;
                let row = require::active_tenant(&mut reader, tenant).await?;
                let others = data_keys::wrapped_by_others(&mut reader, tenant, current).await?;
                let total = data_keys::stale_among(&mut reader, tenant, current, &others).await?;
                (row, others, total)
            };
            let mut run = Run {
                engine: self,
                context,
                tenant: row,
                root,
                reference,
                options,
                progress: RewrapProgress { total, ..RewrapProgress::default() },
                began: Instant::now(),
                observer,
                stopped: false,
                sidecars: RunSidecars::default(),
                calls_of: BTreeMap::new(),
                kms_calls: 0,
            };
            run.count_calls(&others).await?;
            if options.dry_run {
                run.forecast().await?;
            } else {
                if options.retry_quarantined {
                    let mut write = self.store.write().await?;
                    quarantine::clear(&mut write, tenant).await?;
                    write.commit().await?;
                }
                let done = if run.goes_on() { run.batches().await } else { Ok(()) };
                run.finish_sidecars().await;
                done?;
            }
            run.report().await
        })
        .await
    }

    /// The active root key as its provider has it now.
    async fn current_root_key(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<(root_keys::RootKey, RootKeyReference), EngineError> {
        let (row, mut root, reference) = {
            let mut reader = self.store.read().await?;
            let row = require::active_tenant(&mut reader, tenant).await?;
            let root = require::active_root_key(&mut reader, tenant).await?;
            let reference = self.reference(&mut reader, &root.id).await?;
            (row, root, reference)
        };
        let description = match self.describe(&reference).await {
            Ok(description) => description,
            Err(error) => {
                if let Some(kms) = error.as_kms()
                    && kms.class() == ErrorClass::Denied
                {
                    self.deny(context, &row, kms.code()).await;
                }
                return Err(error);
            }
        };
        if description.version > root.version {
            self.notice_version(context, &root, description.version, "by the provider").await?;
            root.version = description.version;
        }
        Ok((root, reference))
    }
}

struct Run<'a> {
    engine: &'a Engine,
    context: &'a OperationContext,
    /// As it was when the run began.
    tenant: tenants::Tenant,
    root: root_keys::RootKey,
    reference: RootKeyReference,
    options: RewrapOptions,
    progress: RewrapProgress,
    began: Instant,
    observer: &'a (dyn Fn(&RewrapProgress) -> ControlFlow<()> + Sync),
    stopped: bool,
    sidecars: RunSidecars,
    /// Calls that a key takes, by the number of the root key that it is under.
    calls_of: BTreeMap<u32, u64>,
    /// Made so far, or forecast.
    kms_calls: u64,
}

/// The sidecars that a run writes while it goes on.
#[derive(Default)]
struct RunSidecars {
    /// The datasets of the last batch: those that the next one leaves out are done, as far as one can
    /// tell.
    last: BTreeSet<DatasetName>,
    /// Those that were taken for done. Each is written early once at most: where datasets' keys lie
    /// mixed, it would be for nothing.
    done: BTreeSet<DatasetName>,
    /// Written, and their marks still to be taken: the next batch's transaction does it.
    written: Arc<Mutex<Vec<StaleSidecar>>>,
}

impl RunSidecars {
    /// The datasets that are done now that a batch of these was committed.
    fn done_before(&mut self, batch: BTreeSet<DatasetName>) -> Vec<DatasetName> {
        let left: Vec<_> = self.last.difference(&batch).cloned().collect();
        self.last = batch;
        left.into_iter().filter(|name| self.done.insert(name.clone())).collect()
    }
}

impl Run<'_> {
    /// Reads the next batch while one is rewrapped, the one before is committed, and the sidecars of the
    /// datasets before that are written.
    async fn batches(&mut self) -> Result<(), EngineError> {
        let engine = self.engine;
        let (root, reference) = (self.root.clone(), self.reference.clone());
        let size = self.options.batch_for(&reference);
        let (pages, mut read) = mpsc::channel::<Vec<data_keys::StaleKey>>(1);
        let (batches, mut rewrapped) = mpsc::channel::<Batch>(1);
        // Of names alone: committing never waits for files.
        let (done, mut to_write) = mpsc::unbounded::<DatasetName>();
        let (tenant, written) = (root.id.tenant.clone(), Arc::clone(&self.sidecars.written));
        // Each takes its ends along: whichever stops first stops the others, since their channels close.
        let reading = read_pages(engine, root.clone(), size, pages);
        let rewrapping = async move {
            let mut batches = batches;
            while let Some(mut rows) = read.next().await {
                let results = rewrap_rows(engine, &reference, &root.id, &mut rows).await?;
                if batches.send(Batch { rows, results }).await.is_err() {
                    break;
                }
            }
            Ok::<_, EngineError>(())
        };
        let committing = async move {
            let done = done;
            while let Some(batch) = rewrapped.next().await {
                let touched = batch.rows.iter().map(|row| row.key.dataset.clone()).collect();
                self.commit(batch).await?;
                if self.stopped {
                    break;
                }
                for dataset in self.sidecars.done_before(touched) {
                    // Nobody listens where a sidecar could not be written.
                    let _ = done.unbounded_send(dataset);
                }
            }
            Ok::<_, EngineError>(())
        };
        let publishing = async move {
            while let Some(first) = to_write.next().await {
                let mut names = vec![first];
                while names.len() < SIDECARS_A_TURN
                    && let Ok(next) = to_write.try_recv()
                {
                    names.push(next);
                }
                match engine.write_sidecars(&tenant, &names).await {
                    Ok(stale) => written.lock().extend(stale),
                    // It is tried again at the end, and says so there.
                    Err(_) => return,
                }
            }
        };
        let (read, rewrapped, committed, ()) =
            futures::join!(reading, rewrapping, committing, publishing);
        committed.and(rewrapped).and(read)
    }

    /// Takes what marks are left, and writes the sidecars that are out of date still.
    async fn finish_sidecars(&self) {
        let tenant = &self.root.id.tenant;
        let written = std::mem::take(&mut *self.sidecars.written.lock());
        if let Err(error) = self.engine.clear_sidecars_written(&written).await {
            tracing::warn!(%tenant, %error, "sidecars are written again, though they are up to date");
        }
        self.engine.refresh_sidecars(tenant).await;
    }

    /// One batch's transaction: the swaps, the quarantine, the record.
    async fn commit(&mut self, batch: Batch) -> Result<(), EngineError> {
        let mut swaps = Vec::with_capacity(batch.rows.len());
        let mut failed = Vec::new();
        let mut stop = None;
        let now = self.engine.clock.now();
        for (row, result) in batch.rows.iter().zip(batch.results) {
            match result {
                Ok(wrapped) => swaps.push(swap(row, &self.root, wrapped)),
                Err(error) => match error.class() {
                    // This one's own fault.
                    ErrorClass::Rejected | ErrorClass::Invalid => {
                        failed.push(quarantine::Quarantined {
                            key: row.key.clone(),
                            code: error.code().as_str().into(),
                            reason: error.reason.to_string(),
                            at: now,
                            attempts: 1,
                        })
                    }
                    ErrorClass::Denied | ErrorClass::Throttled | ErrorClass::Unreachable => {
                        stop = Some(error);
                    }
                },
            }
        }
        if !swaps.is_empty() || !failed.is_empty() {
            self.write(&batch.rows, &swaps, &failed).await?;
        }
        let Some(error) = stop else { return Ok(()) };
        if error.class() == ErrorClass::Denied {
            self.engine.deny(self.context, &self.tenant, error.code()).await;
        }
        Err(error.into())
    }

    async fn write(
        &mut self,
        rows: &[data_keys::StaleKey],
        swaps: &[data_keys::Rewrap],
        failed: &[quarantine::Quarantined],
    ) -> Result<(), EngineError> {
        let tenant = &self.root.id.tenant;
        let mut write = self.engine.begin().await?;
        // A revocation in between wins: nothing is rewrapped for a tenant that is locked.
        require::active_tenant(&mut write, tenant).await?;
        let changed = data_keys::rewrap_many(&mut write, swaps).await?;
        quarantine::upsert_many(&mut write, failed).await?;

        let rows: Vec<&data_keys::StaleKey> = if changed.len() == rows.len() {
            rows.iter().collect()
        } else {
            let changed: BTreeSet<i64> = changed.into_iter().collect();
            rows.iter().filter(|row| changed.contains(&row.id)).collect()
        };
        let touched: BTreeSet<&DatasetName> = rows.iter().map(|row| &row.key.dataset).collect();
        let touched: Vec<DatasetName> = touched.into_iter().cloned().collect();
        datasets::mark_sidecar_stale(&mut write, tenant, &touched).await?;
        let written = std::mem::take(&mut *self.sidecars.written.lock());
        datasets::clear_sidecars_written(&mut write, &written).await?;

        let mut entries: Vec<Entry> = record_sized(&rows).map(|rows| self.entry_of(rows)).collect();
        entries.extend(failed.chunks(QUARANTINED_A_RECORD).map(|part| {
            let list: Vec<_> = part
                .iter()
                .map(|one| json!({ "key": one.key.to_string(), "code": one.code }))
                .collect();
            let mut entry = Entry::of(Action::DataKeyRewrap, tenant)
                .root_key(&self.root.id, self.root.version)
                .with("quarantined", list);
            entry.outcome = Outcome::Failed;
            entry.code = Some(keyward_core::Code::CiphertextRejected.as_str());
            entry
        }));
        if entries.is_empty() {
            return Ok(());
        }
        self.engine.commit(write, self.context, entries).await?;
        self.kms_calls += rows.iter().map(|row| self.calls_of(row.root_key)).sum::<u64>();
        // What was refused was asked for once.
        self.kms_calls += failed.len() as u64;
        self.advance(rows.len() as u64, failed.len() as u64);
        Ok(())
    }

    /// The entry of data keys that were rewrapped; names each.
    fn entry_of(&self, rows: &[&data_keys::StaleKey]) -> Entry {
        let tenant = &self.root.id.tenant;
        let mut named: BTreeMap<&DatasetName, Vec<u32>> = BTreeMap::new();
        let mut from: BTreeSet<(u32, u32)> = BTreeSet::new();
        for row in rows {
            named.entry(&row.key.dataset).or_default().push(row.key.version);
            from.insert((row.root_key, row.root_key_version));
        }
        let from: Vec<_> =
            from.iter().map(|(key, version)| format!("rk:{tenant}/{key} v{version}")).collect();
        Entry::of(Action::DataKeyRewrap, tenant)
            .root_key(&self.root.id, self.root.version)
            .with("count", rows.len())
            .with("data_keys", json!(named))
            .with("from", json!(from))
    }

    fn advance(&mut self, rewrapped: u64, quarantined: u64) {
        let progress = &mut self.progress;
        progress.rewrapped += rewrapped;
        progress.quarantined += quarantined;
        let elapsed = self.began.elapsed().max(Duration::from_micros(1)).as_secs_f64();
        let done = progress.rewrapped + progress.quarantined;
        progress.seconds = elapsed;
        progress.rate = done as f64 / elapsed;
        progress.remaining_seconds = (progress.rate > 0.0)
            .then(|| progress.total.saturating_sub(done) as f64 / progress.rate);
        self.goes_on();
    }

    /// Tells the observer, and notes whether it wants the run to go on.
    fn goes_on(&mut self) -> bool {
        self.stopped = (self.observer)(&self.progress).is_break();
        !self.stopped
    }

    /// How many calls one key takes that is under this root key of the tenant.
    fn calls_of(&self, root_key: u32) -> u64 {
        self.calls_of.get(&root_key).copied().unwrap_or(1)
    }

    /// Looks up how many calls a key takes by its root key; for a forecast, how many all of them do.
    async fn count_calls(&mut self, others: &[data_keys::WrappedBy]) -> Result<(), EngineError> {
        let mut reader = self.engine.store.read().await?;
        let tenant = &self.root.id.tenant;
        let own = self.engine.providers.of(&self.reference)?;
        let (mut keys, mut calls) = (0, 0);
        for count in others {
            let id = RootKeyId { tenant: tenant.clone(), number: count.root_key };
            let from = self.engine.reference(&mut reader, &id).await?;
            let each = calls_each(from.provider(), &**own);
            self.calls_of.insert(count.root_key, each);
            keys += count.keys;
            calls += count.keys * each;
        }
        if self.options.dry_run && keys > 0 {
            // Those in quarantine are counted here and left alone by the run.
            self.kms_calls = (calls * self.progress.total).div_ceil(keys);
        }
        Ok(())
    }

    /// Times a rewrap of a few keys, whose result is thrown away, and multiplies.
    async fn forecast(&mut self) -> Result<(), EngineError> {
        let mut sample = {
            let mut reader = self.engine.store.read().await?;
            data_keys::stale_page(
                &mut reader,
                &self.root.id.tenant,
                self.root.id.number,
                self.root.version,
                None,
                32,
            )
            .await?
        };
        if sample.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let results = rewrap_rows(self.engine, &self.reference, &self.root.id, &mut sample).await?;
        if let Some(Err(error)) = results.into_iter().find(|result| {
            matches!(result, Err(error) if !matches!(error.class(), ErrorClass::Rejected | ErrorClass::Invalid))
        }) {
            return Err(error.into());
        }
        let seconds = began.elapsed().as_secs_f64().max(1e-9);
        self.progress.rate = sample.len() as f64 / seconds;
        self.progress.remaining_seconds = Some(self.progress.total as f64 / self.progress.rate);
        // Nothing was changed, but keys were wrapped: that is in the log too.
        let entry = Entry::of(Action::DataKeyRewrap, &self.root.id.tenant)
            .root_key(&self.root.id, self.root.version)
            .with("dry_run", true)
            .with("sampled", sample.len())
            .with("total", self.progress.total);
        self.engine.record(self.context, entry).await
    }

    async fn report(self) -> Result<RewrapReport, EngineError> {
        let tenant = &self.root.id.tenant;
        let mut reader = self.engine.store.read().await?;
        // Asked again: another root key may have taken over while this ran.
        let root = require::active_root_key(&mut reader, tenant).await?;
        let current = (root.id.number, root.version);
        let remaining = data_keys::wrapped_by_others(&mut reader, tenant, current).await?;
        Ok(RewrapReport {
            tenant: tenant.clone(),
            root_key: root.id.to_string(),
            version: root.version,
            kms_calls: self.kms_calls,
            progress: self.progress,
            remaining,
            quarantine: quarantine::list(&mut reader, tenant).await?,
            dry_run: self.options.dry_run,
            stopped: self.stopped,
        })
    }
}

/// How many calls one data key takes from a provider to another one, or within it.
fn calls_each(from: Provider, to: &dyn RootKeyService) -> u64 {
    match from == to.provider() {
        true => to.calls_of_rewrap(),
        // Unwrapped at the one and wrapped at the other.
        false => 2,
    }
}

/// Cuts rows so that naming all of a part takes a record no more than half its room.
fn record_sized<'r>(
    rows: &'r [&'r data_keys::StaleKey],
) -> impl Iterator<Item = &'r [&'r data_keys::StaleKey]> {
    const ROOM: usize = MAX_RECORD_LENGTH / 2;
    let mut rest = rows;
    std::iter::from_fn(move || {
        let (mut length, mut dataset) = (0, None);
        let fits = rest.iter().take_while(|row| {
            // The version and its comma; the dataset's name where it isn't the last one's.
            length += row.key.version.checked_ilog10().unwrap_or(0) as usize + 2;
            if dataset.replace(&row.key.dataset) != Some(&row.key.dataset) {
                length += row.key.dataset.as_str().len() + 6;
            }
            length <= ROOM
        });
        let (part, others) = rest.split_at(fits.count());
        rest = others;
        (!part.is_empty()).then_some(part)
    })
}

/// Hands on page after page of what is wrapped under anything but the root key's version.
async fn read_pages(
    engine: &Engine,
    root: RootKey,
    size: u32,
    mut pages: mpsc::Sender<Vec<data_keys::StaleKey>>,
) -> Result<(), EngineError> {
    let (tenant, current) = (&root.id.tenant, (root.id.number, root.version));
    let mut after = None;
    loop {
        let mut rows = {
            let mut reader = engine.store.read().await?;
            data_keys::stale_page(&mut reader, tenant, current.0, current.1, after, size).await?
        };
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.cursor());
        // Under a version that the provider made since this run began: nothing is to be done.
        rows.retain(|row| {
            row.root_key != current.0 || (row.root_key, row.root_key_version) < current
        });
        if !rows.is_empty() && pages.send(rows).await.is_err() {
            return Ok(());
        }
    }
}

/// The compare-and-swap of a row's wrap for the new one.
pub(crate) fn swap(
    row: &data_keys::StaleKey,
    root: &root_keys::RootKey,
    wrapped: WrappedKey,
) -> data_keys::Rewrap {
    data_keys::Rewrap {
        id: row.id,
        expected_root_key: row.root_key,
        expected_version: row.root_key_version,
        root_key: root.id.number,
        version: wrapped.version.unwrap_or(root.version),
        wrapped: wrapped.blob,
    }
}

/// Rewraps rows, whichever root keys they are under, in their order, and takes their ciphertexts along.
pub(crate) async fn rewrap_rows(
    engine: &Engine,
    to: &RootKeyReference,
    current: &RootKeyId,
    rows: &mut [data_keys::StaleKey],
) -> Result<Vec<Result<WrappedKey, KmsError>>, EngineError> {
    let mut results: Vec<Option<Result<WrappedKey, KmsError>>> = Vec::new();
    results.resize_with(rows.len(), || None);
    let sources: BTreeSet<u32> = rows.iter().map(|row| row.root_key).collect();
    for source in sources {
        let id = RootKeyId { tenant: current.tenant.clone(), number: source };
        let from = {
            let mut reader = engine.store.read().await?;
            let root = require::root_key(&mut reader, &id).await?;
            require::may_unwrap(&id.to_string(), root.state)?;
            engine.reference(&mut reader, &id).await?
        };
        let of_source = rows.iter_mut().enumerate().filter(|(_, row)| row.root_key == source);
        let (places, items): (Vec<usize>, Vec<_>) = of_source
            .map(|(place, row)| {
                // From the row's own ids, never from storage: a rewrap can't drop or change a tenant.
                let context = EncryptionContext::for_data_key(&row.key);
                (place, RewrapItem { context, blob: std::mem::take(&mut row.wrapped) })
            })
            .unzip();
        let rewrapped = if from.provider() == to.provider() {
            engine.providers.of(to)?.rewrap(&from, to, items).await
        } else {
            across(engine, &from, to, &items).await?
        };
        for (place, result) in places.into_iter().zip(rewrapped) {
            results[place] = Some(result);
        }
    }
    // A provider that gives fewer results than items has left the rest undone.
    let missing = || {
        Err(KmsError {
            provider: to.provider(),
            key: to.to_string(),
            reason: keyward_kms::Reason::ProviderFault,
            provider_code: None,
        })
    };
    Ok(results.into_iter().map(|result| result.unwrap_or_else(missing)).collect())
}

/// From one provider to another: the data key passes through our memory, since no provider can take it
/// from the other.
async fn across(
    engine: &Engine,
    from: &RootKeyReference,
    to: &RootKeyReference,
    items: &[RewrapItem],
) -> Result<Vec<Result<WrappedKey, KmsError>>, EngineError> {
    let (source, target) = (engine.providers.of(from)?, engine.providers.of(to)?);
    let one = async |item: &RewrapItem| {
        let secret = source.unwrap(from, &item.context, &item.blob).await?;
        target.wrap(to, &item.context, &secret).await
    };
    // Boxed: the compiler can't tell otherwise that this future may move between threads.
    let calls: Vec<BoxFuture<'_, _>> = items.iter().map(|item| one(item).boxed()).collect();
    Ok(futures::stream::iter(calls).buffered(32).collect().await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::SecretKey;
    use keyward_kms::local::{LocalKeyStore, StoreId};

    #[test]
    fn a_key_that_goes_to_another_provider_takes_a_call_to_each() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, id) = (SecretKey::new([1; 32]), StoreId::from_bytes([2; 16]));
        let store = LocalKeyStore::create(&folder.path().join("keys"), secret, id).unwrap();
        assert_eq!(calls_each(Provider::Local, &store), 1);
        assert_eq!(calls_each(Provider::AwsKms, &store), 2);
    }
}
