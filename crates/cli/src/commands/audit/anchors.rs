//! `keyward audit anchors`: what everything outside the database says of the log.

use clap::Args;
use keyward_engine::WitnessReport;

use crate::{
    failure::Failure,
    render::{size, table::table, time},
    session::Session,
};

/// How the log stands to what is kept of it elsewhere
#[derive(Debug, Args)]
pub struct Anchors {}

impl Anchors {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        // What can be written now, is; what contradicts the log is in the report.
        let written = engine.anchor_now().await;
        let report = engine.witness_report(true).await?;
        session.output.print(&report, |report| {
            let anchors = anchors_table(report);
            if report.witnesses.is_empty() {
                return anchors;
            }
            format!("{anchors}\n{}", witnesses_table(report))
        })?;
        written?;
        Ok(0)
    }
}

/// The places, and what each says.
pub fn anchors_table(report: &WitnessReport) -> String {
    let rows = report.anchors.iter().map(|anchor| {
        vec![
            anchor.place.clone(),
            anchor.found.into(),
            anchor.size.map(|size| size::count(size, "record")).unwrap_or_default(),
            anchor.at.map(time).unwrap_or_default(),
            anchor.detail.clone().unwrap_or_default(),
        ]
    });
    let none = "nothing outside the database keeps the log's newest checkpoint";
    table(&["log kept by", "is", "up to", "since", ""], rows.collect(), none)
}

/// The witnesses, and what each has cosigned.
pub fn witnesses_table(report: &WitnessReport) -> String {
    let rows = report.witnesses.iter().map(|witness| {
        let state = match (witness.parted_at, witness.cosigned) {
            (Some(at), _) => format!("has cosigned another history, left at {}", time(at)),
            (None, Some(_)) => format!("{} behind", size::count(witness.behind, "record")),
            (None, None) if witness.key.is_some() => "has cosigned nothing yet".into(),
            (None, None) => "keeps checkpoints".into(),
        };
        vec![
            witness.name.clone(),
            witness.url.clone().or_else(|| witness.folder.clone()).unwrap_or_default(),
            witness.cosigned.map(|size| size::count(size, "record")).unwrap_or_default(),
            witness.cosigned_at.map(time).unwrap_or_default(),
            state,
        ]
    });
    let none = "no witnesses; `keyward audit witness add` adds one";
    table(&["witness", "met at", "cosigned", "at", ""], rows.collect(), none)
}
