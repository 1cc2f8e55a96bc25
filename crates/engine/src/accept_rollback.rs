//! The decision to go on with a database that is older than its anchors, or another one than they say.

use keyward_core::Role;
use keyward_ledger::Action;
use serde_json::{Value, json};

use crate::{
    Engine, EngineError, OperationContext,
    anchor::{Said, Seen, settings, standing},
    operation::Entry,
};

/// As much of what a place keeps as the record repeats: a checkpoint with its log's signature is shorter.
const KEPT: usize = 2048;

/// The decision.
#[derive(Clone, Debug)]
pub struct AcceptRollback {
    /// Why, in the words of whoever decides: in the log for ever.
    pub reason: String,
    /// The role that it is decided in. An administrator's may.
    pub role: Role,
}

impl Engine {
    /// Compares the anchors with the database before anything else is done with it. A contradiction is
    /// the end of the opening, unless it is accepted.
    pub(crate) async fn open_against_anchors(
        &self,
        context: &OperationContext,
        accept: Option<&AcceptRollback>,
    ) -> Result<(), EngineError> {
        let contradicts = |seen: &Seen| matches!(seen.said, Said::Contradicts { .. });
        let mut seen = self.anchors.look(false).await?;
        // A witness is shown what the places don't contradict; to decide, all that contradicts is needed.
        if accept.is_some() || !seen.iter().any(contradicts) {
            seen.extend(self.anchors.ask_witnesses(true).await?);
        }
        seen.iter().for_each(|one| self.anchors.note_seen(one));
        let contradictions: Vec<_> = seen.into_iter().filter(contradicts).collect();
        match (accept, contradictions.is_empty()) {
            (None, true) => Ok(()),
            (Some(accept), false) => self.accept(context, accept, contradictions).await,
            (Some(_), true) => Err(EngineError::InvalidInput(
                "there is nothing to accept: the log continues every checkpoint that is kept"
                    .into(),
            )),
            (None, false) => match contradictions.into_iter().next() {
                Some(Seen { place, said: Said::Contradicts { finding, .. } }) => {
                    Err(finding.at(&place))
                }
                _ => Ok(()),
            },
        }
    }

    /// Records the decision with both checkpoints, and only then has the places keep the newest one.
    ///
    /// Killed in between, the next opening finds the contradiction again, and the decision in the log.
    async fn accept(
        &self,
        context: &OperationContext,
        accept: &AcceptRollback,
        contradictions: Vec<Seen>,
    ) -> Result<(), EngineError> {
        let context = OperationContext { role: accept.role.clone(), ..context.clone() };
        // Not recorded where it is refused: nobody has decided to write to this database yet.
        self.authorise(&context, Action::AuditAccept, None)?;
        if accept.reason.trim().is_empty() {
            return Err(EngineError::InvalidInput(
                "give the reason, for those who read the log".into(),
            ));
        }
        let mut change = self.begin().await?;
        let head = standing::head(&mut change, &self.verifier_key()).await?;
        let mut rows = settings::list(&mut change).await?;
        let mut kept = Vec::new();
        for Seen { place, said } in contradictions {
            let Said::Contradicts { finding, kept: there } = said else { continue };
            for row in rows.iter_mut().filter(|row| place == format!("witness `{}`", row.name)) {
                // It would be no witness if it could be talked into another history.
                row.parted_at = Some(self.clock.now());
            }
            let note: Value = match there {
                Some(there) => there.note.chars().take(KEPT).collect::<String>().into(),
                None => Value::Null,
            };
            kept.push(json!({
                "place": place.as_str(),
                "found": finding.as_str(),
                "says": finding.at(&place).to_string(),
                "checkpoint": note,
            }));
        }
        settings::set(&mut change, &rows).await?;
        let entry = Entry::new(Action::AuditAccept)
            .with("reason", accept.reason.as_str())
            .with("size", head.checkpoint.size)
            .with("checkpoint", head.note)
            .with("anchors", kept);
        self.commit(change, &context, vec![entry]).await?;
        self.anchors.replace().await
    }
}
