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

-- The texts that records have in common (actors, tenants, keys, actions, outcomes), once each, so that
-- rows and indexes hold small numbers. 0 stands for none.
CREATE TABLE audit_terms (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    term TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER audit_terms_never_change BEFORE UPDATE ON audit_terms
BEGIN
    SELECT RAISE(ABORT, 'audit terms never change');
END;

CREATE TRIGGER audit_terms_never_go BEFORE DELETE ON audit_terms
BEGIN
    SELECT RAISE(ABORT, 'audit terms never go');
END;

-- INSERT OR REPLACE would take a row away without asking the trigger above.
CREATE TRIGGER audit_terms_never_replaced BEFORE INSERT ON audit_terms
WHEN EXISTS (SELECT 1 FROM audit_terms WHERE id = NEW.id OR term = NEW.term)
BEGIN
    SELECT RAISE(ABORT, 'audit terms never change');
END;

-- The tree so far: its size, its right edge (the roots of its complete subtrees, largest first), the
-- newest record's time and the newest signed checkpoint.
CREATE TABLE audit_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size       INTEGER NOT NULL CHECK (size >= 0),
    time       INTEGER NOT NULL,
    frontier   BLOB    NOT NULL,
    checkpoint TEXT    NOT NULL
) STRICT;

INSERT INTO audit_head (id, size, time, frontier, checkpoint) VALUES (1, 0, 0, x'', '');

CREATE TRIGGER audit_head_never_goes_back BEFORE UPDATE ON audit_head
WHEN NEW.size < OLD.size OR NEW.time < OLD.time
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

-- The log's parts, each a UTC day that has records: from `first` up to the next day's. Sealing closes a
-- day and fixes how many records it has; the newest checkpoint then had size `checkpoint`. An archived
-- day's records lie in a file that `archive` describes; `here` tells whether their rows are here as well.
CREATE TABLE audit_days (
    day         TEXT    NOT NULL PRIMARY KEY CHECK (length(day) = 10),
    first       INTEGER NOT NULL UNIQUE CHECK (first >= 0),
    records     INTEGER CHECK (records > 0),
    sealed_at   TEXT,
    checkpoint  INTEGER,
    archived_at TEXT,
    archive     TEXT,
    here        INTEGER NOT NULL DEFAULT 1 CHECK (here IN (0, 1)),
    CHECK ((sealed_at IS NULL) = (records IS NULL)),
    CHECK ((sealed_at IS NULL) = (checkpoint IS NULL)),
    CHECK ((archived_at IS NULL) = (archive IS NULL)),
    CHECK (archived_at IS NULL OR sealed_at IS NOT NULL),
    CHECK (archived_at IS NOT NULL OR here = 1)
) STRICT;

CREATE TRIGGER audit_days_follow_each_other BEFORE INSERT ON audit_days
WHEN NEW.sealed_at IS NOT NULL
    OR NEW.first < (SELECT size FROM audit_head)
    OR EXISTS (SELECT 1 FROM audit_days WHERE day >= NEW.day OR first >= NEW.first)
BEGIN
    SELECT RAISE(ABORT, 'audit days follow each other');
END;

CREATE TRIGGER audit_days_close_once BEFORE UPDATE ON audit_days
WHEN NEW.day <> OLD.day
    OR NEW.first <> OLD.first
    OR OLD.sealed_at IS NOT NULL AND (NEW.sealed_at IS NOT OLD.sealed_at
        OR NEW.records IS NOT OLD.records OR NEW.checkpoint IS NOT OLD.checkpoint)
    OR OLD.archived_at IS NOT NULL AND (NEW.archived_at IS NOT OLD.archived_at
        OR NEW.archive IS NOT OLD.archive)
BEGIN
    SELECT RAISE(ABORT, 'audit days are sealed and archived once');
END;

-- A sealed day has as many records as there are up to the next day, or to the log's end.
CREATE TRIGGER audit_days_seal_whole BEFORE UPDATE ON audit_days
WHEN OLD.sealed_at IS NULL AND NEW.sealed_at IS NOT NULL
    AND NEW.first + NEW.records IS NOT COALESCE(
        (SELECT MIN(first) FROM audit_days WHERE first > NEW.first),
        (SELECT size FROM audit_head))
BEGIN
    SELECT RAISE(ABORT, 'audit days are sealed whole');
END;

CREATE TRIGGER audit_days_never_go BEFORE DELETE ON audit_days
BEGIN
    SELECT RAISE(ABORT, 'audit days never go');
END;

CREATE TRIGGER audit_head_passes_no_sealed_day BEFORE UPDATE ON audit_head
WHEN NEW.size > OLD.size
    AND (SELECT sealed_at FROM audit_days ORDER BY first DESC LIMIT 1) IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a sealed day takes no records');
END;

-- `seq` is the record's leaf index in the tree, from 0; its hash is in `audit_tiles`. `body` is the record
-- itself, canonical JSON. The columns between repeat what queries filter on, and verification compares
-- them with the body: `time` is in microseconds since 1970, the others are ids of `audit_terms`. They are
-- no foreign keys: checking five of them a row costs more than the row, and terms never go.
CREATE TABLE audit_records (
    seq     INTEGER NOT NULL PRIMARY KEY CHECK (seq >= 0),
    time    INTEGER NOT NULL,
    actor   INTEGER NOT NULL,
    tenant  INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    action  INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    body    TEXT    NOT NULL
) STRICT;

CREATE TRIGGER audit_records_never_change BEFORE UPDATE ON audit_records
BEGIN
    SELECT RAISE(ABORT, 'audit records never change');
END;

-- The rows of an archived day may go, and come back.
CREATE TRIGGER audit_records_never_go BEFORE DELETE ON audit_records
WHEN NOT EXISTS (SELECT 1 FROM audit_days WHERE archived_at IS NOT NULL AND here = 0
    AND first = (SELECT MAX(first) FROM audit_days WHERE first <= OLD.seq))
BEGIN
    SELECT RAISE(ABORT, 'audit records never go');
END;

-- Before the head's size are the records that are there for good. (This asks again what a plain
-- INSERT's primary key says: INSERT OR REPLACE would take a row away without asking the trigger above.)
CREATE TRIGGER audit_records_only_added BEFORE INSERT ON audit_records
WHEN NEW.seq < (SELECT size FROM audit_head)
    AND (EXISTS (SELECT 1 FROM audit_records WHERE seq = NEW.seq)
        OR NOT EXISTS (SELECT 1 FROM audit_days WHERE archived_at IS NOT NULL AND here = 1
            AND first = (SELECT MAX(first) FROM audit_days WHERE first <= NEW.seq)))
BEGIN
    SELECT RAISE(ABORT, 'audit records never change');
END;

-- The tree's hashes as C2SP tlog-tiles: 256 hashes of 32 bytes in a full tile. The last tile of each
-- level grows until it is full.
CREATE TABLE audit_tiles (
    level  INTEGER NOT NULL CHECK (level BETWEEN 0 AND 63),
    tile   INTEGER NOT NULL CHECK (tile >= 0),
    hashes BLOB    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, tile)
) STRICT;

CREATE TRIGGER audit_tiles_only_grow BEFORE UPDATE ON audit_tiles
WHEN NEW.level <> OLD.level OR NEW.tile <> OLD.tile
    OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN
    SELECT RAISE(ABORT, 'audit tiles only grow');
END;

-- A tile that grows is inserted again and updates itself, so that being there can't be refused here.
CREATE TRIGGER audit_tiles_only_grow_when_replaced BEFORE INSERT ON audit_tiles
WHEN EXISTS (SELECT 1 FROM audit_tiles WHERE level = NEW.level AND tile = NEW.tile
    AND substr(NEW.hashes, 1, length(hashes)) <> hashes)
BEGIN
    SELECT RAISE(ABORT, 'audit tiles only grow');
END;

CREATE TRIGGER audit_tiles_never_go BEFORE DELETE ON audit_tiles
BEGIN
    SELECT RAISE(ABORT, 'audit tiles never go');
END;

-- How many records an hour (since 1970) has of each kind: tenant, action and outcome are ids of
-- `audit_terms`; tenant 0 is none, and tenant -1 the sum over all, so that counting everything reads no
-- row for each tenant. Verification counts again.
CREATE TABLE audit_counts (
    tenant  INTEGER NOT NULL CHECK (tenant >= -1),
    hour    INTEGER NOT NULL,
    action  INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    records INTEGER NOT NULL CHECK (records > 0),
    PRIMARY KEY (tenant, hour, action, outcome)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_counts_only_grow BEFORE UPDATE ON audit_counts
WHEN NEW.records < OLD.records OR NEW.tenant <> OLD.tenant OR NEW.hour <> OLD.hour
    OR NEW.action <> OLD.action OR NEW.outcome <> OLD.outcome
BEGIN
    SELECT RAISE(ABORT, 'audit counts only grow');
END;

CREATE TRIGGER audit_counts_never_go BEFORE DELETE ON audit_counts
BEGIN
    SELECT RAISE(ABORT, 'audit counts never go');
END;

-- Which words are in which record, and nothing else: no text, no places. Words come in parted by spaces
-- and in lower case; the tokenizer only takes them apart again. It is the log's only index: what queries
-- filter on is in it too, as a mark for each column's value. An index of its own for each column would be
-- written to all over with each transaction, at the end of every value's records; this one is written in
-- runs, which are merged later, so that appending costs the same in a long log.
CREATE VIRTUAL TABLE audit_text USING fts5 (
    words,
    content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- Checkpoints worth keeping, as signed notes. One may gain signature lines.
CREATE TABLE audit_checkpoints (
    size INTEGER NOT NULL PRIMARY KEY CHECK (size >= 0),
    note TEXT    NOT NULL
) STRICT;

CREATE TRIGGER audit_checkpoints_only_gain BEFORE UPDATE ON audit_checkpoints
WHEN NEW.size <> OLD.size OR substr(NEW.note, 1, length(OLD.note)) <> OLD.note
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints only gain signatures');
END;

CREATE TRIGGER audit_checkpoints_only_gain_when_replaced BEFORE INSERT ON audit_checkpoints
WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE size = NEW.size
    AND substr(NEW.note, 1, length(note)) <> note)
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints only gain signatures');
END;

CREATE TRIGGER audit_checkpoints_never_go BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints never go');
END;

-- How far each receiver outside has got: all records before `seq` have been delivered to it.
CREATE TABLE audit_cursors (
    name TEXT    NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;
