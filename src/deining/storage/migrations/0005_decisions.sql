-- What people decided, and what was reported and found of it later. Rows are added and never changed: `book` is 'live', or
-- the name of a replay or an exercise. Numbers run from 1 in each book of each area.
CREATE TABLE decision (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    taken_us INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    role TEXT NOT NULL,
    reason TEXT NOT NULL,
    target TEXT,
    alert TEXT,
    rejected TEXT NOT NULL,
    entry INTEGER,
    PRIMARY KEY (area, book, number)
) STRICT, WITHOUT ROWID;

-- Its measures, as the library had them then; `places` is JSON.
CREATE TABLE decision_measure (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    measure TEXT NOT NULL,
    name TEXT NOT NULL,
    set_up_s REAL NOT NULL,
    lasts_s REAL,
    effect_after_s REAL NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY (area, book, number, measure)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision_progress (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    measure TEXT NOT NULL,
    state TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (area, book, number, measure, state)
) STRICT, WITHOUT ROWID;

-- Forecasts frozen with a decision: `body` holds mean and seven quantiles of each step as little-endian 64-bit floats.
CREATE TABLE decision_forecast (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    target TEXT NOT NULL,
    quantity TEXT NOT NULL,
    origin_us INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    step_s INTEGER NOT NULL,
    model TEXT NOT NULL,
    provenance TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (area, book, number, target, quantity, origin_us, first_us)
) STRICT, WITHOUT ROWID;

-- What a measure showed, as found at a time; the newest of one place stands.
CREATE TABLE decision_effect (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    number INTEGER NOT NULL,
    measure TEXT NOT NULL,
    target TEXT NOT NULL,
    found_us INTEGER NOT NULL,
    quantity TEXT NOT NULL,
    origin_us INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    measured REAL,
    expected REAL,
    difference REAL,
    low REAL,
    high REAL,
    share REAL NOT NULL,
    verdict TEXT NOT NULL,
    steps INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    together TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (area, book, number, measure, target, found_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_effect_by_measure ON decision_effect (area, book, measure);

CREATE TRIGGER decision_stays BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER decision_measure_stays BEFORE UPDATE ON decision_measure BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_measure_is_kept BEFORE DELETE ON decision_measure BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER decision_progress_stays BEFORE UPDATE ON decision_progress BEGIN SELECT RAISE(ABORT, 'progress is never changed'); END;
CREATE TRIGGER decision_progress_is_kept BEFORE DELETE ON decision_progress BEGIN SELECT RAISE(ABORT, 'progress is never deleted'); END;
CREATE TRIGGER decision_forecast_stays BEFORE UPDATE ON decision_forecast BEGIN SELECT RAISE(ABORT, 'a frozen forecast is never changed'); END;
CREATE TRIGGER decision_forecast_is_kept BEFORE DELETE ON decision_forecast BEGIN SELECT RAISE(ABORT, 'a frozen forecast is never deleted'); END;
CREATE TRIGGER decision_effect_stays BEFORE UPDATE ON decision_effect BEGIN SELECT RAISE(ABORT, 'an effect is never changed'); END;
CREATE TRIGGER decision_effect_is_kept BEFORE DELETE ON decision_effect BEGIN SELECT RAISE(ABORT, 'an effect is never deleted'); END;
