//! What an action is in the words of OCSF: the one table that decides it.
//!
//! Changes of tenants, keys, datasets, challenges and approvers are changes of *managed entities* (Entity
//! Management, 3004). Everything that uses data or the log is a *call* (API Activity, 6003). CEF takes
//! its category and its severity from here too.

use keyward_ledger::{Action, Outcome};

/// An event class of OCSF 1.5.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Entity Management: something that Keyward keeps was made, changed or ended.
    Entity(EntityActivity, Entity),
    /// API Activity: data or the log was used.
    Api(ApiActivity),
}

/// The `activity_id` of Entity Management, as far as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the schema's own words")]
pub enum EntityActivity {
    Create = 1,
    Update = 3,
    Enroll = 6,
    Unenroll = 7,
    Disable = 9,
    Activate = 10,
    Suspend = 12,
    Resume = 13,
}

/// The `activity_id` of API Activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the schema's own words")]
pub enum ApiActivity {
    Create = 1,
    Read = 2,
    Update = 3,
    Delete = 4,
    Other = 99,
}

/// What an Entity Management event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// The workspace itself.
    Workspace,
    /// A tenant: an organization.
    Tenant,
    /// A root key, as the record's `key`.
    RootKey,
    /// A dataset, as the details' `dataset`.
    Dataset,
    /// A data key, as the record's `key`.
    DataKey,
    /// A challenge, as the details' `challenge`.
    Challenge,
    /// An approver's signing key, as the details' `fingerprint`.
    Approver,
}

/// How grave an event is: OCSF's `severity_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Informational = 1,
    /// Somebody decides whether there is something to do.
    Low = 2,
    /// Something to look into.
    Medium = 3,
    /// Something to do at once.
    High = 4,
}

/// The class of an action. Exhaustive: a new action doesn't build before it has its line here.
#[must_use]
pub fn class(action: Action) -> Class {
    use {ApiActivity as Api, EntityActivity as Change};
    match action {
        Action::WorkspaceCreate => Class::Entity(Change::Create, Entity::Workspace),

        Action::TenantRegister => Class::Entity(Change::Create, Entity::Tenant),
        Action::TenantSuspend => Class::Entity(Change::Suspend, Entity::Tenant),
        Action::TenantRestore => Class::Entity(Change::Resume, Entity::Tenant),
        // Lasting, unlike a suspension, and still reversible, unlike a deletion.
        Action::TenantRevoke => Class::Entity(Change::Disable, Entity::Tenant),
        // The tenant leaves; its records stay, so this is no deletion.
        Action::TenantOffboard => Class::Entity(Change::Unenroll, Entity::Tenant),
        Action::TenantRotationPeriod | Action::TenantServing => {
            Class::Entity(Change::Update, Entity::Tenant)
        }
        // Nothing of the tenant named changes: its settings are measured on another one.
        Action::TenantDrill => Class::Api(Api::Read),

        Action::RootKeyRegister => Class::Entity(Change::Create, Entity::RootKey),
        Action::RootKeyActivate => Class::Entity(Change::Activate, Entity::RootKey),
        Action::RootKeyRotate | Action::RootKeyReplace | Action::RootKeyState => {
            Class::Entity(Change::Update, Entity::RootKey)
        }

        Action::ChallengeStart => Class::Entity(Change::Create, Entity::Challenge),
        Action::ChallengeAnswer => Class::Entity(Change::Update, Entity::Challenge),

        Action::DatasetCreate => Class::Entity(Change::Create, Entity::Dataset),
        Action::DatasetNames => Class::Entity(Change::Update, Entity::Dataset),

        Action::DataKeyCreate => Class::Entity(Change::Create, Entity::DataKey),
        Action::DataKeyRotate | Action::DataKeyRewrap => {
            Class::Entity(Change::Update, Entity::DataKey)
        }
        // Nothing about the key changes: it is used.
        Action::DataKeyUnwrap | Action::DataKeyGrantUse => Class::Api(Api::Read),

        Action::ApproverEnroll => Class::Entity(Change::Enroll, Entity::Approver),

        Action::ObjectWrite => Class::Api(Api::Create),
        Action::ObjectRead | Action::ObjectList => Class::Api(Api::Read),
        Action::ObjectDelete => Class::Api(Api::Delete),
        Action::ObjectRekey => Class::Api(Api::Update),

        Action::AuditQuery
        | Action::AuditVerify
        | Action::AuditExport
        | Action::AuditForward
        | Action::AuditNames => Class::Api(Api::Read),
        // The log goes on from an older state: nothing in it changes, but what counts as its end.
        Action::AuditAccept => Class::Api(Api::Update),
        Action::WitnessAdd => Class::Api(Api::Create),
        Action::WitnessRemove => Class::Api(Api::Delete),
        Action::WitnessCosign => Class::Api(Api::Update),
        Action::CredentialSet => Class::Api(Api::Update),
        Action::CredentialRemove => Class::Api(Api::Delete),
        // A copy of what the log holds already comes back.
        Action::AuditFetch => Class::Api(Api::Read),
        // Where the log's bodies lie and how long they stay; what they say never changes.
        Action::AuditSeal
        | Action::AuditArchive
        | Action::AuditRelease
        | Action::AuditRetention => Class::Api(Api::Update),
        // What it writes is outside; what it does to the workspace is to read keys and names.
        Action::ExitKitWrite => Class::Api(Api::Read),
        Action::IntentSettle => Class::Api(Api::Other),
        Action::StorageSweep => Class::Api(Api::Delete),
    }
}

/// How grave it is that an action ended so.
#[must_use]
pub fn severity(action: Action, outcome: Outcome) -> Severity {
    match (action, outcome) {
        // A log that doesn't verify is the gravest thing that a log can say.
        (Action::AuditVerify, Outcome::Failed) => Severity::High,
        // And next to it, that it goes on from an older state than was seen of it.
        (Action::AuditAccept, Outcome::Ok) => Severity::High,
        (_, Outcome::Denied) => Severity::Medium,
        // Data becomes unreadable to somebody: whoever watches wants to know that it was meant.
        (
            Action::TenantSuspend | Action::TenantRevoke | Action::TenantOffboard,
            Outcome::Ok | Outcome::Intent,
        ) => Severity::Medium,
        (_, Outcome::Failed) => Severity::Low,
        (_, Outcome::Ok | Outcome::Intent) => Severity::Informational,
    }
}

impl Class {
    /// The schema's `class_uid`.
    #[must_use]
    pub fn uid(self) -> u32 {
        match self {
            Self::Entity(..) => 3004,
            Self::Api(_) => 6003,
        }
    }

    /// The schema's `class_name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity(..) => "Entity Management",
            Self::Api(_) => "API Activity",
        }
    }

    /// The schema's `category_uid` and `category_name`.
    #[must_use]
    pub fn category(self) -> (u32, &'static str) {
        match self {
            Self::Entity(..) => (3, "Identity & Access Management"),
            Self::Api(_) => (6, "Application Activity"),
        }
    }

    /// The schema's `activity_id` and its caption. `Other` has what the product calls it in its place.
    #[must_use]
    pub fn activity(self) -> (u32, &'static str) {
        match self {
            Self::Entity(activity, _) => (activity as u32, activity.caption()),
            Self::Api(activity) => (activity as u32, activity.caption()),
        }
    }
}

impl EntityActivity {
    fn caption(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Enroll => "Enroll",
            Self::Unenroll => "Unenroll",
            Self::Disable => "Disable",
            Self::Activate => "Activate",
            Self::Suspend => "Suspend",
            Self::Resume => "Resume",
        }
    }
}

impl ApiActivity {
    fn caption(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Read => "Read",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Other => "Settle",
        }
    }
}

impl Severity {
    /// The schema's caption.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    /// CEF's severity, 0 to 10.
    #[must_use]
    pub fn cef(self) -> u8 {
        match self {
            Self::Informational => 1,
            Self::Low => 3,
            Self::Medium => 5,
            Self::High => 8,
        }
    }

    /// Syslog's severity (RFC 5424, 6.2.1, table 2): informational, notice, warning, alert.
    #[must_use]
    pub fn syslog(self) -> u8 {
        match self {
            Self::Informational => 6,
            Self::Low => 5,
            Self::Medium => 4,
            Self::High => 1,
        }
    }
}
