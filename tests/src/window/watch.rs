//! What is looked at from within the page: everything that Rust answered, and what axe finds.

use serde_json::Value;

use super::session::{Window, WindowError};

/// Keeps a copy of every answer that comes over the bridge. Requests go out encrypted, by the isolation
/// frame; answers come in as they are, by `fetch`, whichever page asks.
const LISTEN: &str = "
    if (window.answers !== undefined) return;
    window.answers = [];
    const real = window.fetch;
    window.fetch = async (...asked) => {
      const answer = await real(...asked);
      const copy = answer.clone();
      copy.text().then((text) => window.answers.push([String(asked[0]), text]));
      return answer;
    };";

/// Runs axe by the rules of WCAG 2.2 AA; gives what is serious or critical, as lines. One more is on that axe
/// calls experimental: who speaks to a control says what can be read on it, so that must be in its name. What a
/// node of the graph draws is a picture with its own words; the table beside it has the same controls.
const AXE: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const rules = { 'label-content-name-mismatch': { enabled: true } };
    const runOnly = { type: 'tag', values: tags };
    // A colour on its way to another is neither; what turns for as long as it waits is let be.
    const ends = document.getAnimations()
      .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
      .map((one) => one.finished.catch(() => undefined));
    Promise.all(ends)
      .then(() => axe.run(document, { runOnly, rules, resultTypes: ['violations'] }))
      .then(({ violations }) => done(
        violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .flatMap(({ id, nodes }) => nodes
            .filter(({ html }) => !id.startsWith('label-') || !html.includes('react-flow__node'))
            .map(({ html, failureSummary }) =>
            `${id}: ${html.slice(0, 200)}: ${failureSummary}`))))
      .catch((error) => done([String(error)]));";

impl Window {
    /// From now on keeps what Rust answers, until the page is loaded anew.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn listen(&self) -> Result<(), WindowError> {
        self.run(LISTEN, Vec::new()).await.map(drop)
    }

    /// What was asked and what Rust answered since [`listen`](Self::listen).
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn answers(&self) -> Result<Vec<(String, String)>, WindowError> {
        let answers = self.run("return window.answers;", Vec::new()).await?;
        Ok(serde_json::from_value(answers).unwrap_or_default())
    }

    /// What axe finds to be serious or critical on the page as it stands, a line for each.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn violations(&self, axe: &str) -> Result<Vec<String>, WindowError> {
        let load = format!("if (window.axe === undefined) {{ {axe} }}");
        self.run(&load, Vec::new()).await?;
        let found = self.client().execute_async(AXE, Vec::new()).await?;
        let lines = |found: Vec<Value>| found.iter().map(|one| one.to_string()).collect();
        Ok(found.as_array().cloned().map_or_else(|| vec![found.to_string()], lines))
    }
}
