-- What is told to people, once, and what became of it on each channel.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    kind TEXT NOT NULL,
    thread TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_area ON notice (area, book, created_us);

CREATE TABLE delivery (
    number INTEGER PRIMARY KEY,
    notice TEXT NOT NULL,
    thread TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_us INTEGER,
    expires_us INTEGER,
    ended_us INTEGER,
    why TEXT NOT NULL DEFAULT '',
    retried_us INTEGER,
    retried_by TEXT NOT NULL DEFAULT '',
    retried_role TEXT NOT NULL DEFAULT '',
    UNIQUE (notice, channel)
) STRICT;
CREATE INDEX delivery_waiting ON delivery (channel, thread, number) WHERE state = 'waiting';
