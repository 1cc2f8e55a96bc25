//! `keyward key`: tenants' root keys, by reference.

use clap::Subcommand;
use keyward_core::{RootKeyReference, TenantId};
use keyward_engine::RootKeyView;

use crate::{
    failure::Failure,
    render::{table::table, time},
    session::Session,
};

/// Register tenants' root keys and look at them
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Register a root key by its reference; a challenge must prove it before it is used
    Add {
        /// The tenant that owns it
        tenant: TenantId,
        /// The key's reference as you paste it: an ARN, a URL, `local:NAME`; several where one key has
        /// one in each region
        #[arg(required = true)]
        references: Vec<RootKeyReference>,
    },
    /// List a tenant's root keys
    List {
        /// The tenant
        tenant: TenantId,
    },
    /// Show a key's dated transitions
    History {
        /// The key: `rk:TENANT/NUMBER` or `dk:TENANT/DATASET/VERSION`
        key: String,
    },
}

impl Key {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        match self {
            Self::Add { tenant, references } => {
                let context = session.administrator()?;
                let view = engine.register_root_key(&context, &tenant, &references).await?;
                session.output.print(&view, |view| {
                    let table = keys_table(std::slice::from_ref(view));
                    format!("{table}\nProve it: keyward challenge start {}\n", view.key.id)
                })
            }
            Self::List { tenant } => {
                let keys = engine.root_keys(&tenant).await?;
                let list = serde_json::json!({ "root_keys": keys });
                session.output.print(&list, |_| keys_table(&keys))
            }
            Self::History { key } => {
                let key = parse(&key)?;
                let transitions = engine.key_transitions(&key).await?;
                let list = serde_json::json!({ "key": key, "transitions": transitions });
                session.output.print(&list, |_| {
                    let rows = transitions.iter().map(|one| {
                        let (from, to) = (one.from.to_string(), one.to.to_string());
                        vec![time(one.at), from, to, one.reason.clone()]
                    });
                    table(&["when", "from", "to", "why"], rows.collect(), "no transitions")
                })
            }
        }
    }
}

/// Several root keys, one line for each reference.
pub fn keys_table(keys: &[RootKeyView]) -> String {
    let mut rows = Vec::new();
    for view in keys {
        for (index, reference) in view.references.iter().enumerate() {
            let once = |text: String| if index == 0 { text } else { String::new() };
            rows.push(vec![
                once(view.key.id.to_string()),
                once(view.key.state.to_string()),
                once(view.key.version.to_string()),
                once(if view.proven { "yes".into() } else { "no".into() }),
                reference.region.to_string(),
                reference.reference.clone(),
            ]);
        }
    }
    let header = ["root key", "state", "version", "proven", "region", "reference"];
    table(&header, rows, "no root keys; `keyward key add` registers one")
}

/// An id of either kind in its one spelling: another text would find no history and look like none.
fn parse(text: &str) -> Result<String, Failure> {
    let root = text.parse::<keyward_core::RootKeyId>().map(|id| id.to_string());
    root.or_else(|_| text.parse::<keyward_core::DataKeyId>().map(|id| id.to_string())).map_err(
        |_| {
            Failure::usage(format_args!(
                "`{text}` is no key's id; it looks like `rk:acme/1` or `dk:acme/invoices/3`"
            ))
        },
    )
}
