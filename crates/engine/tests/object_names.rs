//! How records hold objects' names: what each says, and what nobody learns from it.

use keyward_core::{Code, DatasetName, LoggedNames, ObjectName, Role, RootKeyReference, TenantId};
use keyward_engine::{AuditFilter, AuditStart, NameKey, Source};
use keyward_kms::{Reason, RootKeyService};
use keyward_ledger::Record;
use keyward_store::tables::data_keys;
use keyward_testkit::TestWorkspace;
use serde_json::Value;

const NAME: &str = "people/Erika Mustermann.pdf";

/// A workspace whose dataset `docs` is set to digests.
async fn workspace() -> (TestWorkspace, TenantId, DatasetName, RootKeyReference) {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, key) = workspace.tenant("acme").await;
    set(&workspace, &acme, &docs, LoggedNames::Digest).await;
    (workspace, acme, docs, key)
}

async fn set(workspace: &TestWorkspace, acme: &TenantId, docs: &DatasetName, to: LoggedNames) {
    let set = workspace.engine.set_dataset_names(&workspace.admin(), acme, docs, to).await.unwrap();
    assert_eq!(set.names, to);
}

fn name() -> ObjectName {
    NAME.parse().unwrap()
}

/// The newest record of an action.
async fn newest(workspace: &TestWorkspace, action: &str) -> Record {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let page =
        workspace.engine.audit_query(&workspace.officer(), &filter, AuditStart::Newest, 1).await;
    page.unwrap().records.remove(0)
}

/// What a record says of the name: `name`, `name_digest` with `name_key`, `name_withheld` or nothing.
fn said(record: &Record) -> Vec<(&str, &Value)> {
    let details = record.details.iter();
    details
        .filter(|(field, _)| field.starts_with("name"))
        .map(|(field, value)| (field.as_str(), value))
        .collect()
}

/// The digest of a name, as the tenant computes it with its own access to the root key.
async fn digest(workspace: &TestWorkspace, key: &RootKeyReference, version: u32) -> String {
    let store = workspace.store().await.unwrap();
    let (tenant, dataset) = ("acme".parse().unwrap(), "docs".parse().unwrap());
    let id = keyward_core::DataKeyId { tenant, dataset, version };
    let row = data_keys::get(&mut store.read().await.unwrap(), &id).await.unwrap().unwrap();
    let context = keyward_core::EncryptionContext::for_data_key(&id);
    let data_key = workspace.keystore.unwrap(key, &context, &row.wrapped).await.unwrap();
    NameKey::derive(&data_key).digest(&name())
}

#[tokio::test]
async fn a_plain_dataset_s_records_say_the_name() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    assert_eq!(newest(&workspace, "dataset.create").await.details["names"], "plain");
    workspace.put(&acme, &docs, NAME, b"1").await.unwrap();
    workspace.get(&acme, &docs, NAME).await.unwrap();
    for action in ["object.write", "object.read"] {
        assert_eq!(said(&newest(&workspace, action).await), [("name", &NAME.into())], "{action}");
    }
    let refused = workspace.engine.read(&workspace.admin(), &acme, &docs, &name()).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    assert_eq!(said(&newest(&workspace, "object.read").await), [("name", &NAME.into())]);
    workspace.engine.delete(&workspace.application(), &acme, &docs, &name()).await.unwrap();
    assert_eq!(said(&newest(&workspace, "object.delete").await), [("name", &NAME.into())]);
    workspace.get(&acme, &docs, NAME).await.unwrap_err();
    assert_eq!(said(&newest(&workspace, "object.read").await), [("name", &NAME.into())]);
    // Misspelt, it may be a name of a dataset that wants none in the log.
    let dosc = "dosc".parse().unwrap();
    workspace.get(&acme, &dosc, NAME).await.unwrap_err();
    assert_eq!(said(&newest(&workspace, "object.read").await), [("name_withheld", &true.into())]);
}

#[tokio::test]
async fn a_digest_is_the_tenant_s_to_make_and_goes_on_over_new_data_keys() {
    let (workspace, acme, docs, key) = workspace().await;
    let record = newest(&workspace, "dataset.names").await;
    assert_eq!(
        (&record.details["before"], &record.details["names"]),
        (&"plain".into(), &"digest".into())
    );
    workspace.put(&acme, &docs, NAME, b"1").await.unwrap();
    workspace.get(&acme, &docs, NAME).await.unwrap();
    let first = digest(&workspace, &key, 1).await;
    let expected = [("name_digest", &Value::from(first)), ("name_key", &"dk:acme/docs/1".into())];
    for action in ["object.write", "object.read"] {
        assert_eq!(said(&newest(&workspace, action).await), expected, "{action}");
    }
    workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    workspace.get(&acme, &docs, NAME).await.unwrap();
    assert_eq!(said(&newest(&workspace, "object.read").await), expected);
    workspace.engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap();
    workspace.engine.delete(&workspace.application(), &acme, &docs, &name()).await.unwrap();
    let second = digest(&workspace, &key, 2).await;
    let expected = [("name_digest", &Value::from(second)), ("name_key", &"dk:acme/docs/2".into())];
    let deleted = newest(&workspace, "object.delete").await;
    assert_eq!(said(&deleted), expected);
    // Not found: the key lies in memory, so that the refusal can say which.
    workspace.get(&acme, &docs, NAME).await.unwrap_err();
    assert_eq!(said(&newest(&workspace, "object.read").await), expected);
}

#[tokio::test]
async fn a_refusal_opens_no_key_and_says_nothing_to_who_has_no_right() {
    let (workspace, acme, docs, _) = workspace().await;
    workspace.put(&acme, &docs, NAME, b"1").await.unwrap();
    let id = newest(&workspace, "object.write").await.details["id"].clone();
    let withheld = [("name_withheld", &Value::from(true))];

    // By its record somebody without the right learns neither the digest nor whether the name exists.
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    for context in [workspace.admin(), workspace.officer(), approver] {
        let refused = workspace.engine.read(&context, &acme, &docs, &name()).await;
        assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
        let record = newest(&workspace, "object.read").await;
        assert_eq!((said(&record), record.details.get("id")), (withheld.into(), None));
    }

    // With no key in memory none is asked for.
    set(&workspace, &acme, &docs, LoggedNames::Digest).await;
    let before = workspace.faults.calls();
    workspace.get(&acme, &docs, "not/there").await.unwrap_err();
    assert_eq!(said(&newest(&workspace, "object.read").await), withheld);
    assert_eq!(workspace.faults.calls(), before);

    // A denied key is no key; the id tells whoever may know which object it was.
    workspace.faults.set(Some(Reason::AccessDenied));
    workspace.get(&acme, &docs, NAME).await.unwrap_err();
    let record = newest(&workspace, "object.read").await;
    assert_eq!((said(&record), &record.details["id"]), (withheld.into(), &id));
    workspace.faults.set(None);
    workspace.get(&acme, &docs, NAME).await.unwrap_err();
    let record = newest(&workspace, "object.read").await;
    assert_eq!(record.code.as_deref(), Some("tenant-suspended"));
    assert_eq!((said(&record), &record.details["id"]), (withheld.into(), &id));
    let refused = workspace.put(&acme, &docs, NAME, b"2").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantSuspended);
    let record = newest(&workspace, "object.write").await;
    assert_eq!((said(&record), record.details.get("id")), (withheld.into(), None));
}

#[tokio::test]
async fn an_object_is_deleted_also_where_its_name_can_t_be_digested() {
    let (workspace, acme, docs, _) = workspace().await;
    for name in [NAME, "b"] {
        workspace.put(&acme, &docs, name, b"1").await.unwrap();
    }
    set(&workspace, &acme, &docs, LoggedNames::Digest).await;
    let delete = |name: ObjectName| {
        let (engine, context) = (&workspace.engine, workspace.application());
        let (acme, docs) = (&acme, &docs);
        async move { engine.delete(&context, acme, docs, &name).await }
    };
    workspace.faults.set(Some(Reason::TimedOut));
    delete(name()).await.unwrap();
    let record = newest(&workspace, "object.delete").await;
    assert_eq!(said(&record), [("name_withheld", &true.into())]);
    assert!(record.details.contains_key("id"));
    // A denial on the way locks the tenant, as it does anywhere.
    workspace.faults.set(Some(Reason::Disabled));
    let refused = delete("b".parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantSuspended);
}

/// What was looked up under the old setting isn't written under the new one.
#[tokio::test]
async fn the_setting_holds_for_operations_under_way() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let other = workspace.open_again().await.unwrap();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let (started, mut writing) = tokio::sync::mpsc::channel::<()>(1);
    let source = Source::Reader(Box::new(Waiting { started, receiver }));
    let application = workspace.application();
    let object = name();
    let write = workspace.engine.write(&application, &acme, &docs, &object, source);
    let change = async {
        writing.recv().await.unwrap();
        let set =
            other.set_dataset_names(&workspace.admin(), &acme, &docs, LoggedNames::Digest).await;
        sender.send(()).unwrap();
        set.unwrap()
    };
    let (written, _) = futures::join!(write, change);
    let record = newest(&workspace, "object.write").await;
    assert_eq!(said(&record), [("name_withheld", &true.into())]);
    assert_eq!(record.details["id"], written.unwrap().object.id.to_string());
}

/// Says that it is being read, and ends once it is told to.
struct Waiting {
    started: tokio::sync::mpsc::Sender<()>,
    receiver: std::sync::mpsc::Receiver<()>,
}

impl std::io::Read for Waiting {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        let _ = self.started.blocking_send(());
        let _ = self.receiver.recv();
        Ok(0)
    }
}

#[tokio::test]
async fn names_are_opened_for_the_tenant_alone() {
    let (workspace, acme, docs, key) = workspace().await;
    workspace.put(&acme, &docs, NAME, b"1").await.unwrap();
    workspace.put(&acme, &docs, "gone", b"1").await.unwrap();
    let gone: ObjectName = "gone".parse().unwrap();
    workspace.engine.delete(&workspace.application(), &acme, &docs, &gone).await.unwrap();
    let deleted = newest(&workspace, "object.delete").await;
    workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();

    let given = [gone.clone(), "never/was".parse().unwrap()];
    for context in [workspace.admin(), workspace.officer(), workspace.application()] {
        let refused = workspace.engine.open_names(&context, &acme, &docs, &given).await;
        assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    }
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let opened = workspace.engine.open_names(&approver, &acme, &docs, &given).await.unwrap();
    assert_eq!((opened.names.len(), opened.closed.len()), (6, 0), "3 names under 2 data keys");
    for version in [1, 2] {
        let digest = digest(&workspace, &key, version).await;
        let one = opened.names.iter().find(|one| one.digest == digest).unwrap();
        assert_eq!((one.name.as_str(), one.id.is_some()), (NAME, true));
        assert_eq!(one.key, format!("dk:acme/docs/{version}"));
    }
    let found: Vec<_> =
        opened.names.iter().filter(|one| deleted.details["name_digest"] == *one.digest).collect();
    assert_eq!((found.len(), &found[0].name, found[0].id), (1, &gone, None));

    let record = newest(&workspace, "audit.names").await;
    assert_eq!(record.outcome.as_str(), "ok");
    let counts = ["given", "existing", "data_keys"].map(|field| record.details[field].clone());
    assert_eq!(counts, [2, 1, 2].map(Value::from));
    assert!(!record.to_canonical().unwrap().contains("gone"));

    workspace.engine.suspend(&workspace.admin(), &acme, "test").await.unwrap();
    let refused = workspace.engine.open_names(&approver, &acme, &docs, &given).await;
    assert_eq!(refused.unwrap_err().code(), Code::TenantSuspended);
}
