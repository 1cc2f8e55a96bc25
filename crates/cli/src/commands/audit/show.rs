//! `keyward audit show`: one record, proven.

use clap::Args;
use serde_json::json;

use super::record;
use crate::{
    failure::Failure,
    render::{size, table::pairs, time},
    session::Session,
};

/// Which record.
#[derive(Debug, Args)]
pub struct Show {
    /// Its sequence number
    seq: u64,
}

impl Show {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let shown = session.workspace.engine.audit_show(&context, self.seq).await?;
        let record = shown.record.as_ref().map(record::value).transpose()?;
        let document = json!({
            "seq": shown.seq,
            "record": record,
            "leaf_hash": shown.leaf,
            "checkpoint": shown.checkpoint,
            "proof": shown.path,
            "day": shown.day,
        });
        session.output.print(&document, |_| {
            let one = shown.record.as_ref();
            let day = &shown.day;
            let state = match (&day.archived, &day.sealed) {
                (Some(archived), _) if archived.here => "archived, and fetched".into(),
                (Some(archived), _) => {
                    format!("archived {}; `keyward audit fetch {}`", time(archived.at), day.day)
                }
                (None, Some(seal)) => format!("sealed {}", time(seal.at)),
                (None, None) => "open".to_owned(),
            };
            let details = record.as_ref().and_then(|record| record.get("details"));
            pairs(&[
                ("seq", Some(shown.seq.to_string())),
                ("time", one.map(|record| record.time.to_rfc3339())),
                ("actor", one.map(|record| record.actor.to_string())),
                ("role", one.map(|record| record.role.to_string())),
                ("action", one.map(|record| record.action.as_str().to_owned())),
                ("outcome", one.map(record::ended)),
                ("about", one.map(record::about).filter(|about| !about.is_empty())),
                ("region", one.map(|record| record.region.to_string())),
                ("request", one.map(|record| record.request.to_string())),
                ("details", details.map(ToString::to_string)),
                ("day", Some(format!("{}, {state}", day.day))),
                ("leaf hash", Some(shown.leaf.to_string())),
                (
                    "proven",
                    Some(format!(
                        "in the checkpoint over {}, by {}",
                        size::count(shown.checkpoint.size, "record"),
                        size::count(shown.path.len() as u64, "hash").replace("hashs", "hashes")
                    )),
                ),
            ])
        })
    }
}
