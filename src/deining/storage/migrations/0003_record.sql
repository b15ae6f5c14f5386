-- Where forecasts come from: one row for each distinct provenance, with the last origin at which it stood.
CREATE TABLE provenance (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    digest TEXT NOT NULL,
    last_us INTEGER NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    data_version TEXT NOT NULL,
    learned_until_us INTEGER,
    drivers TEXT NOT NULL,
    absent TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (area, digest)
) STRICT;

-- Forecasts as they were issued, some steps in a row: `body` holds mean and seven quantiles of each step as little-endian
-- 32-bit floats. The table `forecast` holds those of earlier versions, a row a step, and no new ones.
CREATE TABLE issue (
    area TEXT NOT NULL,
    origin_us INTEGER NOT NULL,
    target TEXT NOT NULL,
    quantity TEXT NOT NULL,
    first_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    step_s INTEGER NOT NULL,
    provenance INTEGER NOT NULL,
    scored INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL,
    PRIMARY KEY (area, origin_us, target, quantity, first_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX issue_unscored ON issue (area, end_us) WHERE scored = 0;
CREATE INDEX forecast_by_origin ON forecast (area, origin_us);

-- The record: sums over scored steps, by the UTC day in which their row of `issue` ends; lead_s is the end of the band.
CREATE TABLE score (
    area TEXT NOT NULL,
    day INTEGER NOT NULL,
    target TEXT NOT NULL,
    quantity TEXT NOT NULL,
    lead_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    model TEXT NOT NULL,
    first_s INTEGER NOT NULL,
    end_s INTEGER NOT NULL,
    n REAL NOT NULL DEFAULT 0,
    missing REAL NOT NULL DEFAULT 0,
    error REAL NOT NULL DEFAULT 0,
    truth REAL NOT NULL DEFAULT 0,
    n_last_week REAL NOT NULL DEFAULT 0,
    error_last_week REAL NOT NULL DEFAULT 0,
    last_week REAL NOT NULL DEFAULT 0,
    n_ordinary_weeks REAL NOT NULL DEFAULT 0,
    error_ordinary_weeks REAL NOT NULL DEFAULT 0,
    ordinary_weeks REAL NOT NULL DEFAULT 0,
    loss_0 REAL NOT NULL DEFAULT 0,
    loss_1 REAL NOT NULL DEFAULT 0,
    loss_2 REAL NOT NULL DEFAULT 0,
    loss_3 REAL NOT NULL DEFAULT 0,
    loss_4 REAL NOT NULL DEFAULT 0,
    loss_5 REAL NOT NULL DEFAULT 0,
    loss_6 REAL NOT NULL DEFAULT 0,
    inside80 REAL NOT NULL DEFAULT 0,
    inside95 REAL NOT NULL DEFAULT 0,
    yellow_hits REAL NOT NULL DEFAULT 0,
    yellow_misses REAL NOT NULL DEFAULT 0,
    yellow_false_alarms REAL NOT NULL DEFAULT 0,
    yellow_correct_negatives REAL NOT NULL DEFAULT 0,
    orange_hits REAL NOT NULL DEFAULT 0,
    orange_misses REAL NOT NULL DEFAULT 0,
    orange_false_alarms REAL NOT NULL DEFAULT 0,
    orange_correct_negatives REAL NOT NULL DEFAULT 0,
    red_hits REAL NOT NULL DEFAULT 0,
    red_misses REAL NOT NULL DEFAULT 0,
    red_false_alarms REAL NOT NULL DEFAULT 0,
    red_correct_negatives REAL NOT NULL DEFAULT 0,
    yellow_chance_hits REAL NOT NULL DEFAULT 0,
    yellow_chance_misses REAL NOT NULL DEFAULT 0,
    yellow_chance_false_alarms REAL NOT NULL DEFAULT 0,
    yellow_chance_correct_negatives REAL NOT NULL DEFAULT 0,
    orange_chance_hits REAL NOT NULL DEFAULT 0,
    orange_chance_misses REAL NOT NULL DEFAULT 0,
    orange_chance_false_alarms REAL NOT NULL DEFAULT 0,
    orange_chance_correct_negatives REAL NOT NULL DEFAULT 0,
    red_chance_hits REAL NOT NULL DEFAULT 0,
    red_chance_misses REAL NOT NULL DEFAULT 0,
    red_chance_false_alarms REAL NOT NULL DEFAULT 0,
    red_chance_correct_negatives REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (area, day, target, quantity, lead_s, kind, model)
) STRICT, WITHOUT ROWID;

-- Models that were trained: those adopted, and those that were not better. What an adopted one learned stands in a file.
CREATE TABLE model (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    code_version TEXT NOT NULL,
    data_version TEXT NOT NULL,
    seed INTEGER,
    learned_until_us INTEGER NOT NULL,
    tried_us INTEGER NOT NULL,
    adopted_us INTEGER,
    refused TEXT NOT NULL,
    holdout_steps INTEGER NOT NULL,
    score REAL,
    champion_score REAL,
    digest TEXT NOT NULL
) STRICT;
CREATE INDEX model_by_area ON model (area, tried_us);
