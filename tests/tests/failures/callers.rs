//! 64 callers at once, each with an object of its own; three of them rotate and rewrap.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use keyward_core::ObjectName;
use keyward_engine::{OperationContext, RewrapOptions, RewrapProgress, RootKeyRotation, Source};
use keyward_tests::{
    crash::{CALLERS, Line, sha256},
    random::Random,
};

use crate::Place;

/// What callers do, and what they are told.
pub struct Calls<'p> {
    place: &'p Place,
    lines: Mutex<Vec<Line>>,
}

impl<'p> Calls<'p> {
    pub fn new(place: &'p Place) -> Self {
        Self { place, lines: Mutex::default() }
    }

    /// What they were told so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// Lets all of them write and read once more at once, which must succeed.
    pub async fn all_go_on(&self) {
        let failed = self.failed();
        let again = (0..CALLERS).map(|caller| async move {
            self.write(caller, &mut Random::new(caller)).await;
            self.read(caller).await;
        });
        let all = futures::future::join_all(again);
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("nobody waits for ever");
        assert_eq!(self.failed(), failed, "nothing fails any more");
    }

    /// What this caller does next.
    pub async fn any(&self, caller: u64, random: &mut Random) {
        let Place { workspace, acme, docs } = self.place;
        let engine = &workspace.engine;
        let admin = workspace.admin();
        match (caller, random.below(10)) {
            (0, _) => {
                let done = engine.rotate_data_key(&admin, acme, docs).await.map(drop);
                self.told("data-key.rotate", &admin, None, None, done);
            }
            (1, _) => {
                let rotation = RootKeyRotation::NewVersion;
                let done = engine.rotate_root_key(&admin, acme, rotation).await.map(drop);
                self.told("root-key.rotate", &admin, None, None, done);
            }
            (2, _) => {
                let options = RewrapOptions::default();
                let done = engine.rewrap(&admin, acme, options, &RewrapProgress::unwatched).await;
                // With nothing to move there is no record.
                if !done.as_ref().is_ok_and(|report| report.progress.rewrapped == 0) {
                    self.told("data-key.rewrap", &admin, None, None, done.map(drop));
                }
            }
            (_, 0..6) => self.write(caller, random).await,
            (_, 6..9) => self.read(caller).await,
            _ => {
                let name = name(caller);
                self.begun(&name, None);
                let context = workspace.application();
                let done = engine.delete(&context, acme, docs, &name).await;
                self.told("object.delete", &context, Some(&name), None, done);
            }
        }
    }

    /// Replaces the caller's own object.
    pub async fn write(&self, caller: u64, random: &mut Random) {
        let Place { workspace, acme, docs } = self.place;
        let (name, context) = (name(caller), workspace.application());
        let plaintext = random.bytes(1_000);
        let hash = sha256(&plaintext);
        self.begun(&name, Some(&hash));
        let source = Source::Bytes(plaintext.into());
        let done = workspace.engine.write(&context, acme, docs, &name, source).await;
        self.told("object.write", &context, Some(&name), Some(hash), done.map(drop));
    }

    async fn read(&self, caller: u64) {
        let Place { workspace, acme, docs } = self.place;
        let (name, context) = (name(caller), workspace.application());
        let done = workspace.engine.read(&context, acme, docs, &name).await;
        let hash = done.as_ref().ok().map(|plaintext| sha256(plaintext));
        self.told("object.read", &context, Some(&name), hash, done.map(drop));
    }

    fn begun(&self, name: &ObjectName, sha256: Option<&str>) {
        let (tenant, name) = (self.place.acme.to_string(), name.to_string());
        let line = Line::Begun { tenant, name, sha256: sha256.map(str::to_owned) };
        self.lines.lock().unwrap().push(line);
    }

    fn told(
        &self,
        action: &str,
        context: &OperationContext,
        name: Option<&ObjectName>,
        sha256: Option<String>,
        done: Result<(), keyward_engine::EngineError>,
    ) {
        let (action, request) = (action.to_owned(), context.request.to_string());
        let (tenant, name) = (self.place.acme.to_string(), name.map(ToString::to_string));
        self.lines.lock().unwrap().push(match done {
            Ok(()) => Line::Released { action, request, tenant, name, sha256 },
            Err(error) => {
                Line::Failed { action, code: error.code().to_string(), request, tenant, name }
            }
        });
    }

    /// How often calls failed, by code, but for objects that weren't there.
    pub fn failed(&self) -> BTreeMap<String, u64> {
        let mut failed = BTreeMap::new();
        for line in self.lines.lock().unwrap().iter() {
            if let Line::Failed { code, .. } = line
                && code != "object-not-found"
            {
                *failed.entry(code.clone()).or_default() += 1;
            }
        }
        failed
    }
}

/// Each caller's own object.
fn name(caller: u64) -> ObjectName {
    format!("of caller {caller}").parse().unwrap()
}
