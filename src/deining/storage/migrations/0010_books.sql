-- What people do goes into a book: one for the live area, and a new one each time that a replay or exercise begins again.
CREATE TABLE book (
    area TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    began_us INTEGER NOT NULL,
    PRIMARY KEY (area, number),
    UNIQUE (area, name)
) STRICT, WITHOUT ROWID;
