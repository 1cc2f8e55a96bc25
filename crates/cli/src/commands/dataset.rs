//! `keyward dataset`: a tenant's datasets, each with data keys of its own.

use clap::Subcommand;
use keyward_core::{DatasetName, LoggedNames, Region, TenantId};
use keyward_store::tables::datasets;

use crate::{
    failure::Failure,
    render::{table::table, time},
    session::Session,
};

/// Create datasets, list them, set how the log holds their objects' names
#[derive(Debug, Subcommand)]
pub enum Dataset {
    /// Create a dataset with its first data key
    Create {
        /// The tenant
        tenant: TenantId,
        /// The dataset's name: lower-case letters, digits and hyphens
        dataset: DatasetName,
        /// A region where its data may lie; may be given several times; usually anywhere
        #[arg(long = "region", value_name = "REGION")]
        regions: Vec<Region>,
        /// How the audit log holds objects' names: `plain`, or `digest` for only the tenant to open
        #[arg(long, value_name = "HOW", default_value_t = LoggedNames::Plain)]
        names: LoggedNames,
    },
    /// Set how the audit log holds the names of a dataset's objects from now on
    Names {
        /// The tenant
        tenant: TenantId,
        /// The dataset
        dataset: DatasetName,
        /// `plain`, or `digest` for only the tenant to open
        names: LoggedNames,
    },
    /// List a tenant's datasets
    List {
        /// The tenant
        tenant: TenantId,
    },
}

impl Dataset {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        match self {
            Self::Create { tenant, dataset, regions, names } => {
                let context = session.administrator()?;
                let made =
                    engine.create_dataset(&context, &tenant, &dataset, &regions, names).await?;
                session.output.print(&made, |made| datasets_table(std::slice::from_ref(made)))
            }
            Self::Names { tenant, dataset, names } => {
                let context = session.administrator()?;
                let set = engine.set_dataset_names(&context, &tenant, &dataset, names).await?;
                session.output.print(&set, |set| datasets_table(std::slice::from_ref(set)))
            }
            Self::List { tenant } => {
                let list = engine.datasets(&tenant).await?;
                let document = serde_json::json!({ "datasets": list });
                session.output.print(&document, |_| datasets_table(&list))
            }
        }
    }
}

/// Several datasets.
pub fn datasets_table(datasets: &[datasets::Dataset]) -> String {
    let rows = datasets.iter().map(|set| {
        let regions: Vec<_> = set.regions.iter().map(Region::as_str).collect();
        vec![
            set.name.to_string(),
            set.current_version.to_string(),
            if regions.is_empty() { "anywhere".into() } else { regions.join(" ") },
            set.names.to_string(),
            time(set.created_at),
        ]
    });
    let none = "no datasets; `keyward dataset create` makes one";
    table(&["dataset", "data key", "may lie in", "names in log", "created"], rows.collect(), none)
}
