-- What people said of barriers and of factors, one row each time; the last one holds. Nothing is changed or erased.
CREATE TABLE barrier_status (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    bowtie TEXT NOT NULL,
    barrier TEXT NOT NULL,
    status TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    role TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX barrier_status_by_book ON barrier_status (area, book, bowtie, barrier, time_us);

CREATE TABLE factor_presence (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    factor TEXT NOT NULL,
    present INTEGER,
    time_us INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    role TEXT NOT NULL
) STRICT;
CREATE INDEX factor_presence_by_book ON factor_presence (area, book, factor, time_us);
