-- An alert as it stands, with what people did with it. `book` is "live", or the name of the replay or exercise it belongs to.
CREATE TABLE alert_new (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
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
    priority TEXT NOT NULL,
    changed_us INTEGER,
    acknowledged_us INTEGER,
    acknowledged_by TEXT,
    shelved_us INTEGER,
    shelved_until_us INTEGER,
    shelved_by TEXT,
    shelved_why TEXT,
    decide_before_us INTEGER,
    decide_measure TEXT,
    told_in TEXT,
    joined TEXT NOT NULL,
    quiet INTEGER NOT NULL,
    PRIMARY KEY (area, book, id)
) STRICT, WITHOUT ROWID;

INSERT INTO alert_new
SELECT area, 'live', id, zone, target, kind, level, rule, raised_us, cleared_us, because, expected_us, chance,
    CASE WHEN kind = 'crowd' AND level = 'red' AND expected_us IS NULL THEN 'high'
         WHEN kind = 'crowd' AND (level = 'red' OR level = 'orange' AND expected_us IS NULL) THEN 'medium'
         ELSE 'low' END,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', 0
FROM alert;
DROP TABLE alert;
ALTER TABLE alert_new RENAME TO alert;
CREATE INDEX alert_by_time ON alert (area, book, raised_us);

-- The course of each alert: every state, level and priority that it had, once, in the order in which it had them.
CREATE TABLE alert_course (
    number INTEGER PRIMARY KEY,
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    id TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    priority TEXT NOT NULL,
    rule TEXT NOT NULL,
    because TEXT NOT NULL,
    expected_us INTEGER,
    chance REAL,
    who TEXT,
    why TEXT,
    UNIQUE (area, book, id, time_us, state, level, priority, rule)
) STRICT;
