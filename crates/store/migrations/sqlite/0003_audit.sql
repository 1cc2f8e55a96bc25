-- Intents and the audit log.

CREATE TABLE intents (
    id         TEXT NOT NULL PRIMARY KEY,
    operation  TEXT NOT NULL,
    tenant     TEXT NOT NULL REFERENCES tenants (id),
    detail     TEXT NOT NULL,
    opened_at  TEXT NOT NULL,
    settled_at TEXT,
    outcome    TEXT,
    CHECK ((settled_at IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX intents_open ON intents (opened_at, id) WHERE settled_at IS NULL;

-- `seq` is the record's leaf index in the tree, from 0. `body` is the record itself, canonical JSON;
-- the columns after it repeat what queries filter on, and verification compares them with the body.
CREATE TABLE audit_records (
    seq     INTEGER NOT NULL PRIMARY KEY CHECK (seq >= 0),
    body    TEXT    NOT NULL,
    leaf    BLOB    NOT NULL CHECK (length(leaf) = 32),
    time    TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    tenant  TEXT,
    key     TEXT,
    action  TEXT    NOT NULL,
    outcome TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_records_tenant ON audit_records (tenant, seq) WHERE tenant IS NOT NULL;
CREATE INDEX audit_records_key ON audit_records (key, seq) WHERE key IS NOT NULL;
CREATE INDEX audit_records_action ON audit_records (action, seq);
CREATE INDEX audit_records_outcome ON audit_records (outcome, seq);

CREATE TRIGGER audit_records_never_change BEFORE UPDATE ON audit_records
BEGIN
    SELECT RAISE(ABORT, 'audit records never change');
END;

CREATE TRIGGER audit_records_never_go BEFORE DELETE ON audit_records
BEGIN
    SELECT RAISE(ABORT, 'audit records never go');
END;

-- INSERT OR REPLACE would take a row away without asking the trigger above.
CREATE TRIGGER audit_records_never_replaced BEFORE INSERT ON audit_records
WHEN EXISTS (SELECT 1 FROM audit_records WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'audit records never change');
END;

-- The tree so far: its size, its right edge (the roots of its complete subtrees, largest first), and
-- the newest signed checkpoint.
CREATE TABLE audit_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size       INTEGER NOT NULL CHECK (size >= 0),
    frontier   BLOB    NOT NULL,
    checkpoint TEXT    NOT NULL
) STRICT;

INSERT INTO audit_head (id, size, frontier, checkpoint) VALUES (1, 0, x'', '');

CREATE TRIGGER audit_head_never_shrinks BEFORE UPDATE ON audit_head
WHEN NEW.size < OLD.size
BEGIN
    SELECT RAISE(ABORT, 'the audit head never shrinks');
END;

CREATE TRIGGER audit_head_never_goes BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'the audit head never goes');
END;

CREATE TRIGGER audit_head_never_replaced BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head)
BEGIN
    SELECT RAISE(ABORT, 'the audit head never goes');
END;
