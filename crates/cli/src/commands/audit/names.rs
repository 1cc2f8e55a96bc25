//! `keyward audit names`: what the digests of objects' names in the log stand for.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use keyward_core::{DatasetName, ObjectName, Role, TenantId};
use keyward_engine::OpenedNames;

use crate::{failure::Failure, render::table::table, session::Session};

/// Which names.
#[derive(Debug, Args)]
pub struct Names {
    /// The tenant, as whose approver this is done
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
    /// Also these names, one a line, which may be of objects that are no more; `-` reads them from
    /// standard input
    #[arg(long, value_name = "FILE")]
    names_from: Option<PathBuf>,
}

impl Names {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.context(Role::TenantApprover(self.tenant.clone()))?;
        let given = self.names_from.as_deref().map(names_in).transpose()?.unwrap_or_default();
        let opened = session
            .workspace
            .engine
            .open_names(&context, &self.tenant, &self.dataset, &given)
            .await?;
        session.output.print(&opened, names_table)
    }
}

fn names_in(path: &Path) -> Result<Vec<ObjectName>, Failure> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map(|_| text)
            .map_err(|error| Failure::io("read", "standard input", &error))?
    } else {
        std::fs::read_to_string(path)
            .map_err(|error| Failure::io("read", path.display(), &error))?
    };
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<ObjectName>, Failure> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            line.parse()
                .map_err(|error| Failure::usage(format_args!("line {}: {error}", number + 1)))
        })
        .collect()
}

fn names_table(opened: &OpenedNames) -> String {
    let rows = opened.names.iter().map(|one| {
        let id = one.id.map(|id| id.to_string()).unwrap_or_else(|| "-".into());
        vec![one.digest.clone(), one.key.clone(), id, one.name.to_string()]
    });
    let text = table(&["digest", "data key", "object", "name"], rows.collect(), "no objects");
    if opened.closed.is_empty() {
        return text;
    }
    format!("{text}\n\nnot opened, and so no digest under them: {}", opened.closed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_one_a_line() {
        let names = parse("a b/c\r\n\nGrüße\n").unwrap();
        assert_eq!(names.iter().map(ObjectName::as_str).collect::<Vec<_>>(), ["a b/c", "Grüße"]);
        let refused = format!("{:?}", parse("a\n../b\n").unwrap_err());
        assert!(refused.contains("line 2"), "{refused}");
    }
}
