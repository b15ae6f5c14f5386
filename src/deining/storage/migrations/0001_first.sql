-- Times are microseconds since 1970 UTC. A sensor's number is its own for ever, so a series survives a new name.
CREATE TABLE sensor (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    sensor TEXT NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0,
    duplicate INTEGER NOT NULL DEFAULT 0,
    conflicting INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    UNIQUE (area, sensor)
) STRICT;

CREATE TABLE observation (
    sensor INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    value REAL NOT NULL,
    received_us INTEGER NOT NULL,
    quality TEXT,
    PRIMARY KEY (sensor, quantity, start_us, end_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE latest (
    sensor INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    value REAL NOT NULL,
    received_us INTEGER NOT NULL,
    PRIMARY KEY (sensor, quantity)
) STRICT, WITHOUT ROWID;

CREATE TABLE conflict (
    sensor INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    refused REAL NOT NULL,
    kept REAL NOT NULL,
    received_us INTEGER NOT NULL,
    PRIMARY KEY (sensor, quantity, start_us, end_us, refused)
) STRICT, WITHOUT ROWID;

CREATE TABLE zone_state (
    area TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    zone TEXT NOT NULL,
    occupancy REAL,
    occupancy_p05 REAL,
    occupancy_p95 REAL,
    data_age_s REAL,
    quality TEXT NOT NULL,
    PRIMARY KEY (area, zone, time_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE flow_state (
    area TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    target TEXT NOT NULL,
    forward_per_min REAL,
    backward_per_min REAL,
    flow_per_min REAL,
    p05 REAL,
    p95 REAL,
    ratio_to_normal REAL,
    data_age_s REAL,
    quality TEXT NOT NULL,
    PRIMARY KEY (area, target, time_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    area TEXT NOT NULL,
    target TEXT NOT NULL,
    quantity TEXT NOT NULL,
    step_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (area, target, quantity, step_s, start_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE forecast (
    area TEXT NOT NULL,
    target TEXT NOT NULL,
    quantity TEXT NOT NULL,
    origin_us INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    mean REAL NOT NULL,
    p2_5 REAL NOT NULL,
    p10 REAL NOT NULL,
    p25 REAL NOT NULL,
    p50 REAL NOT NULL,
    p75 REAL NOT NULL,
    p90 REAL NOT NULL,
    p97_5 REAL NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (area, target, quantity, origin_us, time_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    area TEXT NOT NULL,
    id TEXT NOT NULL,
    zone TEXT,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    rule TEXT NOT NULL,
    raised_us INTEGER NOT NULL,
    cleared_us INTEGER,
    because TEXT NOT NULL,
    expected_us INTEGER,
    chance REAL,
    PRIMARY KEY (area, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE fault (
    area TEXT NOT NULL,
    sensor TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    fault TEXT NOT NULL,
    PRIMARY KEY (area, sensor, start_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash BLOB PRIMARY KEY,
    area TEXT NOT NULL,
    sensor TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    revoked_us INTEGER
) STRICT, WITHOUT ROWID;
