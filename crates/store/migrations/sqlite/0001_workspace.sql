-- The workspace, its tenants and their root keys. STRICT tables: SQLite refuses a value of another type.
-- Times are RFC 3339 in UTC with six decimals, so that they sort as text.

CREATE TABLE workspace (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
    id           TEXT    NOT NULL PRIMARY KEY,
    display_name TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'active', 'suspended', 'revoked', 'offboarded')),
    state_code   TEXT,
    state_since  TEXT    NOT NULL,
    epoch        INTEGER NOT NULL DEFAULT 1 CHECK (epoch >= 1),
    created_at   TEXT    NOT NULL,
    -- For how many days a root key version may stay current; NULL: as long as the workspace says.
    rotation_days INTEGER CHECK (rotation_days BETWEEN 1 AND 3650),
    -- How its unwrapped keys serve; NULL: as the engine is set.
    cache_seconds    INTEGER CHECK (cache_seconds BETWEEN 0 AND 86400),
    grant_seconds    INTEGER CHECK (grant_seconds BETWEEN 0 AND 86400),
    -- Whether a key's other regions may serve while its own is out.
    other_regions    INTEGER NOT NULL DEFAULT 0 CHECK (other_regions IN (0, 1)),
    -- How many calls to its provider it may cause in a second; NULL: as many as there are.
    calls_per_second INTEGER CHECK (calls_per_second BETWEEN 1 AND 100000)
) STRICT, WITHOUT ROWID;

-- A tenant's epoch only grows: caches key on it, and one that went back would revive what was evicted.
CREATE TRIGGER tenants_epoch_grows BEFORE UPDATE OF epoch ON tenants
WHEN NEW.epoch < OLD.epoch
BEGIN
    SELECT RAISE(ABORT, 'tenants.epoch never shrinks');
END;

-- How often any tenant's epoch has changed: one row that every process looks at several times a second
-- while it holds keys, whatever the number of tenants.
CREATE TABLE tenant_changes (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epochs INTEGER NOT NULL
) STRICT;
INSERT INTO tenant_changes (id, epochs) VALUES (1, 0);

CREATE TRIGGER tenants_epoch_changes AFTER UPDATE OF epoch ON tenants
BEGIN
    UPDATE tenant_changes SET epochs = epochs + 1;
END;

CREATE TABLE root_keys (
    tenant        TEXT    NOT NULL REFERENCES tenants (id),
    number        INTEGER NOT NULL CHECK (number >= 1),
    identity      TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    custody       TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN
        ('pre-activation', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed')),
    version       INTEGER NOT NULL CHECK (version >= 1),
    version_since TEXT    NOT NULL,
    registered_at TEXT    NOT NULL,
    activated_at  TEXT,
    PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;

-- A key that has been proven is one tenant's alone. Many may claim it before that: a claim proves nothing.
CREATE UNIQUE INDEX root_keys_identity ON root_keys (identity)
    WHERE state IN ('active', 'suspended', 'deactivated', 'compromised');
CREATE INDEX root_keys_claims ON root_keys (identity, tenant, number);

CREATE TABLE root_key_references (
    tenant    TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    region    TEXT    NOT NULL,
    reference TEXT    NOT NULL,
    -- Since when it was seen to answer although the key was denied elsewhere; NULL: it wasn't.
    open_since TEXT,
    PRIMARY KEY (tenant, number, region),
    FOREIGN KEY (tenant, number) REFERENCES root_keys (tenant, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_transitions (
    id         INTEGER NOT NULL PRIMARY KEY,
    key        TEXT    NOT NULL,
    from_state TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    at         TEXT    NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;

CREATE INDEX key_transitions_key ON key_transitions (key, id);

CREATE TABLE challenges (
    id          TEXT    NOT NULL PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('decrypt', 'tag', 'attest')),
    secret_hash BLOB    NOT NULL,
    statement   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'passed', 'failed', 'expired')),
    created_at  TEXT    NOT NULL,
    expires_at  TEXT    NOT NULL,
    answered_at TEXT,
    FOREIGN KEY (tenant, number) REFERENCES root_keys (tenant, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_key ON challenges (tenant, number, created_at);
-- Which keys are proven, and which challenges wait, of all tenants at once.
CREATE INDEX challenges_state ON challenges (state, tenant, number);

CREATE TABLE approver_keys (
    tenant      TEXT NOT NULL REFERENCES tenants (id),
    fingerprint TEXT NOT NULL,
    public_key  TEXT NOT NULL,
    comment     TEXT NOT NULL,
    enrolled_at TEXT NOT NULL,
    PRIMARY KEY (tenant, fingerprint)
) STRICT, WITHOUT ROWID;
