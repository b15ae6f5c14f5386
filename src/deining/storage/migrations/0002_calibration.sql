-- What was learned about an area's sensors until its last opening, as JSON.
CREATE TABLE calibration (
    area TEXT PRIMARY KEY,
    time_us INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
