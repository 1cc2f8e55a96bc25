//! `docs/siem.md` beside the code that it describes.

use keyward_ledger::{Action, Outcome};
use keyward_siem::mapping::{class, severity};

const PAGE: &str = include_str!("../../../docs/siem.md");

/// The rows of the page's table whose first cell is a word in backticks and whose second is one of these.
fn rows(second: &[&str]) -> Vec<String> {
    let is_row = |line: &&str| {
        let mut cells = line.split(" | ");
        line.starts_with("| `") && cells.nth(1).is_some_and(|cell| second.contains(&cell))
    };
    PAGE.lines().filter(is_row).map(Into::into).collect()
}

#[test]
fn the_page_says_what_each_action_becomes() {
    let expected: Vec<String> = Action::ALL
        .iter()
        .map(|action| {
            let class = class(*action);
            format!("| `{action}` | {} | {} |", class.name(), class.activity().1)
        })
        .collect();
    let found = rows(&["API Activity", "Entity Management"]);
    assert_eq!(found, expected, "the table must be:\n{}\n", expected.join("\n"));
}

#[test]
fn the_page_says_how_grave_an_outcome_is() {
    for (action, outcome) in [
        (Action::ObjectRead, Outcome::Ok),
        (Action::ObjectRead, Outcome::Denied),
        (Action::ObjectRead, Outcome::Failed),
        (Action::AuditVerify, Outcome::Failed),
        (Action::TenantRevoke, Outcome::Ok),
    ] {
        let severity = severity(action, outcome);
        let row =
            format!(" | {} | {} | {} |", severity.caption(), severity.cef(), severity.syslog());
        assert!(PAGE.contains(&row), "{row}");
    }
}
