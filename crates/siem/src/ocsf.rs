//! A record as an event of the Open Cybersecurity Schema Framework, version 1.5.0.
//!
//! An event is valid under the published schema: a test hands every action with every outcome to a
//! validator of others. `metadata.uid` names the record, `raw_data` is the record's canonical JSON, byte
//! for byte, and `unmapped.leaf_hash` its leaf: who has the log's checkpoint proves the line with them.

use keyward_core::Role;
use keyward_ledger::{Action, FORMAT_VERSION, KeyId, Outcome, RecordView};
use serde_json::{Map, Value, json};

use crate::{
    LoggedRecord, PRODUCT, Source, VERSION,
    mapping::{self, Class, Entity},
};

/// The schema's version that events keep to.
pub const SCHEMA_VERSION: &str = "1.5.0";

/// The event that stands for a record. Its text is one line.
#[must_use]
pub fn event(logged: &LoggedRecord<'_>, source: &Source) -> Value {
    let record = &logged.record;
    let class = mapping::class(record.action);
    let details = details(record);
    let mut event = base(logged, source, class);
    match class {
        Class::Entity(_, entity) => {
            event.insert("entity".into(), self::entity(entity, record, &details, source));
        }
        Class::Api(_) => {
            event.insert("api".into(), api(record));
            // The schema wants an endpoint. A record names none: the caller is a process beside the
            // engine, whose account `actor` names.
            event.insert("src_endpoint".into(), json!({"svc_name": PRODUCT}));
            event.insert("resources".into(), resources(record, &details, source));
        }
    }
    if let Some(provider) = &source.cloud_provider {
        let cloud = json!({"provider": provider, "region": record.region.as_str()});
        event.insert("cloud".into(), cloud);
        // Entity Management has `api` with the profile `cloud` alone.
        event.entry("api").or_insert_with(|| api(record));
    }
    event.insert("unmapped".into(), unmapped(logged, source, details));
    Value::Object(event)
}

/// What every event has, whatever its class.
fn base(logged: &LoggedRecord<'_>, source: &Source, class: Class) -> Map<String, Value> {
    let record = &logged.record;
    let (activity, activity_name) = class.activity();
    let (category, category_name) = class.category();
    let severity = mapping::severity(record.action, record.outcome);
    let (status, status_name) = status(record.outcome);
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("activity_id", activity.into());
    put("activity_name", activity_name.into());
    put("actor", json!({"user": user(record)}));
    put("category_name", category_name.into());
    put("category_uid", category.into());
    put("class_name", class.name().into());
    put("class_uid", class.uid().into());
    put("message", message(record).into());
    put("metadata", metadata(record, source));
    put("raw_data", logged.body.into());
    put("raw_data_size", logged.body.len().into());
    put("severity", severity.caption().into());
    put("severity_id", (severity as u32).into());
    put("status", status_name.into());
    if let Some(code) = &record.code {
        put("status_code", code.as_ref().into());
    }
    put("status_detail", record.outcome.as_str().into());
    put("status_id", status.into());
    put("time", record.time.timestamp_millis().into());
    put("timezone_offset", 0.into());
    put("type_name", format!("{}: {activity_name}", class.name()).into());
    put("type_uid", (class.uid() * 100 + activity).into());
    event
}

/// `status_id` and its caption. An intent is neither success nor failure: a later record says which.
fn status(outcome: Outcome) -> (u32, &'static str) {
    match outcome {
        Outcome::Ok => (1, "Success"),
        Outcome::Denied | Outcome::Failed => (2, "Failure"),
        Outcome::Intent => (99, "Intent"),
    }
}

fn user(record: &RecordView<'_>) -> Value {
    // `type_id`: 1 is a user, 2 an administrator, 99 what `type` says.
    let (kind, kind_name) = match record.role {
        Role::Administrator => (2, "Admin"),
        Role::SecurityOfficer | Role::TenantApprover(_) => (1, "User"),
        Role::Application => (99, "Application"),
    };
    let mut user = json!({
        "name": record.actor,
        "type": kind_name,
        "type_id": kind,
        "groups": [{"name": record.role.to_string(), "type": "role"}],
    });
    if let Role::TenantApprover(tenant) = &record.role {
        user["org"] = json!({"uid": tenant.as_str()});
    }
    user
}

fn metadata(record: &RecordView<'_>, source: &Source) -> Value {
    let profiles: &[&str] = if source.cloud_provider.is_some() { &["cloud"] } else { &[] };
    let mut metadata = json!({
        "correlation_uid": record.request.to_string(),
        "event_code": record.action.as_str(),
        "log_name": source.origin.as_str(),
        "log_provider": PRODUCT,
        "log_version": FORMAT_VERSION.to_string(),
        "original_time": crate::logged::time_of(record),
        "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": VERSION},
        "profiles": profiles,
        "sequence": record.seq,
        "uid": format!("{}#{}", source.origin, record.seq),
        "version": SCHEMA_VERSION,
    });
    if let Some(tenant) = &record.tenant {
        metadata["tenant_uid"] = tenant.as_str().into();
    }
    metadata
}

fn api(record: &RecordView<'_>) -> Value {
    let mut response = json!({"message": record.outcome.as_str()});
    if let Some(code) = &record.code {
        response["error"] = code.as_ref().into();
    }
    json!({
        "operation": record.action.as_str(),
        "request": {"uid": record.request.to_string()},
        "response": response,
        "service": {"name": PRODUCT, "version": VERSION},
    })
}

/// The managed entity. A record that was written before its operation knew the entity (an intent, a
/// refusal) names the nearest thing above it, so that the event stays valid.
fn entity(
    kind: Entity,
    record: &RecordView<'_>,
    details: &Map<String, Value>,
    source: &Source,
) -> Value {
    let own = match kind {
        Entity::Workspace | Entity::Tenant => None,
        Entity::RootKey | Entity::DataKey => record.key.as_ref().map(|key| {
            let mut entity = other(kind_of(key), &key.to_string());
            if let Some(version) = record.key_version {
                entity["version"] = version.to_string().into();
            }
            entity
        }),
        Entity::Dataset => dataset(record, details).map(|name| other("dataset", &name)),
        Entity::Challenge => text(details, "challenge").map(|id| other("challenge", id)),
        Entity::Approver => text(details, "fingerprint").map(|key| other("approver-key", key)),
    };
    own.or_else(|| {
        // 4 is an organization, whose own `uid` the entity's repeats.
        record.tenant.as_ref().filter(|_| kind != Entity::Workspace).map(|tenant| {
            let tenant = tenant.as_str();
            json!({"org": {"uid": tenant}, "type": "Organization", "type_id": 4, "uid": tenant})
        })
    })
    .unwrap_or_else(|| other("workspace", source.origin.as_str()))
}

fn other(kind: &str, uid: &str) -> Value {
    json!({"type": kind, "type_id": 99, "uid": uid})
}

/// What a call was about, from the widest to the narrowest.
fn resources(record: &RecordView<'_>, details: &Map<String, Value>, source: &Source) -> Value {
    let mut resources = Vec::new();
    let mut put = |kind: &str, uid: &str| resources.push(json!({"type": kind, "uid": uid}));
    if let Some(tenant) = &record.tenant {
        put("tenant", tenant.as_str());
    }
    if let Some(dataset) = dataset(record, details) {
        put("dataset", &dataset);
    }
    if ["audit.", "witness."].iter().any(|about| record.action.as_str().starts_with(about)) {
        put("audit-log", source.origin.as_str());
    }
    if let Some(key) = &record.key {
        let mut resource = json!({"type": kind_of(key), "uid": key.to_string()});
        if let Some(version) = record.key_version {
            resource["version"] = version.to_string().into();
        }
        resources.push(resource);
    }
    // A dataset that keeps its names closed has a digest in the name's place, or neither.
    let name = text(details, "name").or_else(|| text(details, "name_digest"));
    let object =
        [("name", name), ("uid", text(details, "id"))].map(|(field, value)| Some((field, value?)));
    let object: Map<_, _> =
        object.into_iter().flatten().map(|(field, value)| (field.into(), value.into())).collect();
    if about_one_object(record.action) && !object.is_empty() {
        let mut resource = Value::Object(object);
        resource["type"] = "object".into();
        resources.push(resource);
    }
    resources.into()
}

fn about_one_object(action: Action) -> bool {
    matches!(action, Action::ObjectWrite | Action::ObjectRead | Action::ObjectDelete)
}

fn kind_of(key: &KeyId) -> &'static str {
    match key {
        KeyId::Data(_) => "data-key",
        KeyId::Root(_) => "root-key",
    }
}

/// `TENANT/DATASET`: a dataset's name alone says nothing.
fn dataset(record: &RecordView<'_>, details: &Map<String, Value>) -> Option<String> {
    let tenant = record.tenant.as_ref()?;
    text(details, "dataset").map(|name| format!("{tenant}/{name}"))
}

fn text<'a>(details: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    details.get(name)?.as_str()
}

/// What the schema has no place for.
fn unmapped(logged: &LoggedRecord<'_>, source: &Source, details: Map<String, Value>) -> Value {
    let mut unmapped = json!({"details": details, "leaf_hash": logged.leaf.to_string()});
    if source.cloud_provider.is_none() {
        unmapped["region"] = logged.record.region.as_str().into();
    }
    unmapped
}

fn details(record: &RecordView<'_>) -> Map<String, Value> {
    // INVARIANT: a record's details are an object's canonical JSON, or it hadn't parsed.
    serde_json::from_str(record.details).unwrap_or_default()
}

/// One sentence for whoever reads along: `object.read by alice (application) on dk:acme/a/1: ok`.
fn message(record: &RecordView<'_>) -> String {
    let on = record
        .key
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| record.tenant.as_ref().map(ToString::to_string))
        .map_or_else(String::new, |on| format!(" on {on}"));
    let code = record.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    format!("{} by {} ({}){on}: {}{code}", record.action, record.actor, record.role, record.outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logged::tests::{body, source};

    #[test]
    fn a_call_says_what_was_used() {
        let body = body(Action::ObjectRead, Outcome::Ok);
        let logged = LoggedRecord::parse(&body).unwrap();
        let event = event(&logged, &source());
        assert_eq!(event["type_uid"], 600_302);
        assert_eq!(event["time"], 1_795_515_781_123_u64);
        assert_eq!(event["status_id"], 1);
        assert_eq!(event["raw_data"], body.as_str());
        assert_eq!(event["unmapped"]["leaf_hash"], logged.leaf.to_string());
        assert_eq!(event["unmapped"]["region"], "eu-central-1");
        assert_eq!(event["metadata"]["uid"], "keyward.example/log#7");
        assert_eq!(event["metadata"]["original_time"], "2026-11-24T10:23:01.123456Z");
        let resources = event["resources"].as_array().unwrap();
        let kinds: Vec<_> = resources.iter().map(|one| one["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["tenant", "dataset", "data-key", "object"]);
        assert_eq!(resources[1]["uid"], "acme/invoices");
        assert_eq!(resources[3], json!({"name": "2026/a=b|c.pdf", "type": "object"}));
    }

    #[test]
    fn an_object_whose_name_is_closed_goes_by_its_digest_or_its_id() {
        let plain = body(Action::ObjectRead, Outcome::Ok);
        let closed = |details: &str| {
            let body = plain.replace("\"name\":\"2026/a=b|c.pdf\"", details);
            event(&LoggedRecord::parse(&body).unwrap(), &source())["resources"][3].clone()
        };
        assert_eq!(
            closed("\"id\":\"ab\",\"name_digest\":\"cd\",\"name_key\":\"dk:acme/invoices/3\""),
            json!({"name": "cd", "type": "object", "uid": "ab"})
        );
        let withheld = closed("\"id\":\"ab\",\"name_withheld\":true");
        assert_eq!(withheld, json!({"type": "object", "uid": "ab"}));
        assert_eq!(closed("\"name_withheld\":true"), Value::Null);
    }

    #[test]
    fn a_change_says_what_was_changed() {
        let body = body(Action::TenantSuspend, Outcome::Denied);
        let logged = LoggedRecord::parse(&body).unwrap();
        let aws = Source { cloud_provider: Some("AWS".into()), ..source() };
        let event = event(&logged, &aws);
        assert_eq!(event["type_uid"], 300_412);
        assert_eq!(event["severity_id"], 3);
        assert_eq!(event["status_id"], 2);
        assert_eq!(event["entity"]["org"]["uid"], "acme");
        assert_eq!(event["cloud"], json!({"provider": "AWS", "region": "eu-central-1"}));
        assert_eq!(event["api"]["operation"], "tenant.suspend");
        assert_eq!(event["metadata"]["profiles"], json!(["cloud"]));
        assert!(event["unmapped"].get("region").is_none());
    }

    #[test]
    fn a_change_of_something_not_known_yet_names_what_is_above_it() {
        let bare = body(Action::ChallengeStart, Outcome::Intent);
        let logged = LoggedRecord::parse(&bare).unwrap();
        assert_eq!(event(&logged, &source())["entity"]["uid"], "acme");
        let workspace = body(Action::WorkspaceCreate, Outcome::Ok);
        let logged = LoggedRecord::parse(&workspace).unwrap();
        assert_eq!(event(&logged, &source())["entity"]["uid"], "keyward.example/log");
    }

    #[test]
    fn every_event_is_one_line() {
        for action in Action::ALL {
            for outcome in Outcome::ALL {
                let body = body(*action, *outcome);
                let line = event(&LoggedRecord::parse(&body).unwrap(), &source()).to_string();
                assert!(!line.contains(['\n', '\r']), "{line}");
            }
        }
    }
}
