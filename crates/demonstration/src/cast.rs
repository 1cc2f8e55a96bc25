//! Who appears: invented tenants with their datasets, and the people and programs that act.

/// A tenant as it comes on stage.
#[derive(Debug)]
pub struct Part {
    /// Its id.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// How many days ago it came.
    pub came: i64,
    /// Its datasets.
    pub datasets: &'static [Set],
}

/// A dataset, and what lies in it.
#[derive(Debug)]
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// The application that reads and writes it.
    pub application: &'static str,
    /// What its objects are called: `#` is a number, `@` the day.
    pub pattern: &'static str,
    /// How many there are at first.
    pub objects: u32,
    /// Bytes of each, about.
    pub bytes: u64,
}

/// The administrators.
pub const ADMINISTRATORS: &[&str] = &["dana.admin", "milo.admin"];
/// The security officer.
pub const OFFICER: &str = "ruth.officer";

const DOCUMENTS: Set = Set {
    name: "documents",
    application: "document-api",
    pattern: "contracts/@/contract-#.pdf",
    objects: 14,
    bytes: 9_000,
};
const MAIL: Set = Set {
    name: "mail",
    application: "mail-gateway",
    pattern: "inbox/@/message-#.eml",
    objects: 18,
    bytes: 3_000,
};
const BILLING: Set = Set {
    name: "billing",
    application: "billing-worker",
    pattern: "invoices/@/invoice-#.json",
    objects: 12,
    bytes: 1_200,
};
const BACKUPS: Set = Set {
    name: "backups",
    application: "backup-agent",
    pattern: "nightly/@/part-#.tar.zst",
    objects: 4,
    bytes: 180_000,
};
const VOLUMES: Set = Set {
    name: "volumes",
    application: "volume-snapshots",
    pattern: "vm-#/@.img",
    objects: 5,
    bytes: 240_000,
};

/// All tenants, in the order in which they come.
pub const TENANTS: &[Part] = &[
    Part { id: OPERATIONS, name: "Operations (this workspace's own)", came: 99, datasets: &[] },
    Part {
        id: "acme",
        name: "Acme GmbH",
        came: 99,
        datasets: &[DOCUMENTS, MAIL, BILLING, BACKUPS],
    },
    Part { id: "initech", name: "Initech Ltd", came: 97, datasets: &[DOCUMENTS, BILLING] },
    Part { id: "globex", name: "Globex Corporation", came: 93, datasets: &[DOCUMENTS, MAIL] },
    Part { id: "vandelay", name: "Vandelay Industries", came: 85, datasets: &[VOLUMES, BACKUPS] },
    Part { id: "umbra", name: "Umbra Insurance AG", came: 82, datasets: &[DOCUMENTS, BILLING] },
    Part { id: "sirius", name: "Sirius Cybernetics", came: 74, datasets: &[DOCUMENTS, MAIL] },
    Part { id: "soylent", name: "Soylent Foods", came: 71, datasets: &[BILLING] },
    Part { id: "wernham", name: "Wernham Paper", came: 30, datasets: &[DOCUMENTS, BILLING] },
];

/// The tenant that stands for who runs the workspace.
pub const OPERATIONS: &str = "operations";
/// Its dataset for archived days of the log.
pub const LOG_ARCHIVE: &str = "log-archive";
/// The tenant with many data keys, whose rewrap was stopped part-way.
pub const HALF_REWRAPPED: &str = "initech";
/// How many datasets it has besides, one a team.
pub const TEAMS: u32 = 60;
/// How many data keys each of them gets.
pub const TEAM_DATA_KEYS: u32 = 25;
