-- Under which key of its sender an entry was written: sent again, it is the same entry and not another.
CREATE TABLE logbook_key (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (area, book, key)
) STRICT, WITHOUT ROWID;
