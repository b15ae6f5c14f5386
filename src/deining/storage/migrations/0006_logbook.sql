-- The logbook: rows are added and never changed. Triggers guard against accidents, the chain of hashes against intent.
CREATE TABLE logbook (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    occurred_us INTEGER NOT NULL,
    entered_us INTEGER NOT NULL,
    author TEXT NOT NULL,
    role TEXT NOT NULL,
    place TEXT,
    category TEXT NOT NULL,
    priority TEXT NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    rejected TEXT NOT NULL,
    action TEXT,
    action_owner TEXT,
    action_due_us INTEGER,
    corrects INTEGER CHECK (corrects < number),
    completes INTEGER CHECK (completes < number),
    incident TEXT,
    incident_step TEXT,
    incident_category TEXT,
    alert TEXT,
    decision INTEGER,
    frozen_sha256 TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    frozen BLOB, -- what the screen showed, JSON packed by zlib; last, so that a list of entries does not read it
    PRIMARY KEY (area, book, number)
) STRICT;
CREATE INDEX logbook_marks ON logbook (area, book, number) WHERE corrects IS NOT NULL OR completes IS NOT NULL;
CREATE INDEX logbook_actions ON logbook (area, book, number) WHERE action IS NOT NULL;
CREATE INDEX logbook_incidents ON logbook (area, book, number) WHERE incident IS NOT NULL;

-- Where each logbook ends, apart from its rows, so that a cut at the end shows.
CREATE TABLE logbook_head (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (area, book)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER logbook_no_update BEFORE UPDATE ON logbook
BEGIN SELECT RAISE(ABORT, 'a logbook entry is never changed; correct it with a new entry'); END;
CREATE TRIGGER logbook_no_delete BEFORE DELETE ON logbook
BEGIN SELECT RAISE(ABORT, 'a logbook entry is never deleted; correct it with a new entry'); END;
CREATE TRIGGER logbook_next_number BEFORE INSERT ON logbook
WHEN NEW.number != 1 + coalesce((SELECT number FROM logbook_head WHERE area = NEW.area AND book = NEW.book), 0)
BEGIN SELECT RAISE(ABORT, 'a logbook entry takes the next number'); END;
CREATE TRIGGER logbook_head_first BEFORE INSERT ON logbook_head
WHEN NEW.number != 1 OR EXISTS (SELECT 1 FROM logbook_head WHERE area = NEW.area AND book = NEW.book)
BEGIN SELECT RAISE(ABORT, 'a logbook begins with entry 1'); END;
CREATE TRIGGER logbook_head_grows BEFORE UPDATE ON logbook_head
WHEN NEW.number != OLD.number + 1 OR NEW.area != OLD.area OR NEW.book != OLD.book
BEGIN SELECT RAISE(ABORT, 'a logbook grows by one entry at a time'); END;
CREATE TRIGGER logbook_head_no_delete BEFORE DELETE ON logbook_head
BEGIN SELECT RAISE(ABORT, 'the end of a logbook is never deleted'); END;
