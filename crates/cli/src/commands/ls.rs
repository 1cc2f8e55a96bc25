//! `keyward ls`: a dataset's objects.

use clap::Args;
use keyward_core::{DatasetName, TenantId};
use keyward_store::tables::objects::Object;

use crate::{
    failure::Failure,
    render::{size, table::table, time},
    session::Session,
};

/// List a dataset's objects by name
#[derive(Debug, Args)]
pub struct Ls {
    /// The tenant
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
    /// Only names that start so
    #[arg(default_value = "")]
    prefix: String,
    /// At most so many
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
}

#[derive(serde::Serialize)]
struct Listed {
    objects: Vec<Object>,
    /// Whether there are more than the limit let through.
    more: bool,
}

impl Ls {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let limit = self.limit.unwrap_or(u64::MAX);
        let (mut objects, mut after, mut more) = (Vec::new(), None, false);
        let context = session.application()?;
        loop {
            let left = limit.saturating_sub(objects.len() as u64);
            if left == 0 {
                break;
            }
            let wanted = u32::try_from(left.min(1000)).unwrap_or(1000);
            let page = session
                .workspace
                .engine
                .list(&context, &self.tenant, &self.dataset, &self.prefix, after.as_ref(), wanted)
                .await?;
            objects.extend(page.objects);
            more = page.next.is_some();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        session.output.print(&Listed { objects, more }, |listed| {
            let rows = listed.objects.iter().map(|object| {
                vec![
                    size::bytes(object.size),
                    object.data_key_version.to_string(),
                    time(object.created_at),
                    object.name.to_string(),
                ]
            });
            table(&["size", "data key", "written", "name"], rows.collect(), "no objects")
        })
    }
}
