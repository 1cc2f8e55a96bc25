-- Datasets, their data keys and their objects.

CREATE TABLE datasets (
    tenant          TEXT    NOT NULL REFERENCES tenants (id),
    name            TEXT    NOT NULL,
    created_at      TEXT    NOT NULL,
    current_version INTEGER NOT NULL CHECK (current_version >= 1),
    regions         TEXT    NOT NULL,
    -- How the audit log holds the names of its objects.
    names           TEXT    NOT NULL CHECK (names IN ('plain', 'digest')),
    sidecar_stale   INTEGER NOT NULL DEFAULT 0 CHECK (sidecar_stale IN (0, 1)),
    -- Counts what made the sidecar stale: whoever writes it takes the mark away only where nothing has
    -- come since the rows in it were read.
    sidecar_changes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- Only the stale ones are in it, so that finding them costs nothing while there are none.
CREATE INDEX datasets_stale ON datasets (tenant, name) WHERE sidecar_stale = 1;

CREATE TABLE data_keys (
    id               INTEGER NOT NULL PRIMARY KEY,
    tenant           TEXT    NOT NULL,
    dataset          TEXT    NOT NULL,
    version          INTEGER NOT NULL CHECK (version >= 1),
    state            TEXT    NOT NULL CHECK (state IN
        ('pre-activation', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed')),
    root_key         INTEGER NOT NULL,
    root_key_version INTEGER NOT NULL,
    wrapped          BLOB    NOT NULL,
    created_at       TEXT    NOT NULL,
    deactivated_at   TEXT,
    UNIQUE (tenant, dataset, version),
    FOREIGN KEY (tenant, dataset) REFERENCES datasets (tenant, name)
) STRICT;

-- What is still wrapped under which root key version: a rewrap walks it, whatever is current is no
-- part of the walk, and so finding ten stale keys among ten million costs ten rows. The state is in it so
-- that counting reads the index alone: SQLite asks for it again, though the condition below has it.
CREATE INDEX data_keys_wrapped_by ON data_keys (tenant, root_key, root_key_version, id, state)
    WHERE state <> 'destroyed';

CREATE TABLE quarantine (
    tenant   TEXT    NOT NULL,
    dataset  TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    code     TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, dataset, version),
    FOREIGN KEY (tenant, dataset, version) REFERENCES data_keys (tenant, dataset, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
    tenant           TEXT    NOT NULL,
    dataset          TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    size             INTEGER NOT NULL CHECK (size >= 0),
    stored_size      INTEGER NOT NULL CHECK (stored_size >= 0),
    data_key_version INTEGER NOT NULL CHECK (data_key_version >= 1),
    detached         INTEGER NOT NULL DEFAULT 0 CHECK (detached IN (0, 1)),
    created_at       TEXT    NOT NULL,
    PRIMARY KEY (tenant, dataset, name),
    FOREIGN KEY (tenant, dataset) REFERENCES datasets (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX objects_data_key_version ON objects (tenant, dataset, data_key_version, name);

-- Counts are kept as rows change: counting ten million objects anew takes seconds.
CREATE TABLE object_totals (
    tenant      TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    objects     INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    stored_size INTEGER NOT NULL,
    PRIMARY KEY (tenant, dataset)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER objects_inserted AFTER INSERT ON objects
BEGIN
    INSERT INTO object_totals (tenant, dataset, objects, size, stored_size)
    VALUES (NEW.tenant, NEW.dataset, 1, NEW.size, NEW.stored_size)
    ON CONFLICT (tenant, dataset) DO UPDATE SET
        objects = objects + 1,
        size = size + excluded.size,
        stored_size = stored_size + excluded.stored_size;
END;

CREATE TRIGGER objects_resized AFTER UPDATE OF size, stored_size ON objects
BEGIN
    UPDATE object_totals SET
        size = size + NEW.size - OLD.size,
        stored_size = stored_size + NEW.stored_size - OLD.stored_size
    WHERE tenant = NEW.tenant AND dataset = NEW.dataset;
END;

CREATE TRIGGER objects_deleted AFTER DELETE ON objects
BEGIN
    UPDATE object_totals SET
        objects = objects - 1,
        size = size - OLD.size,
        stored_size = stored_size - OLD.stored_size
    WHERE tenant = OLD.tenant AND dataset = OLD.dataset;
END;

CREATE TABLE garbage (
    path  TEXT NOT NULL PRIMARY KEY,
    since TEXT NOT NULL
) STRICT, WITHOUT ROWID;
