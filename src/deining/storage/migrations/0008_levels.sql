-- Versions of an area's level scales: who changed them and why. `body` is JSON; `digest` is that of the area folder's own
-- scales, so that a changed file is noticed; it is empty for a version that was set on the screen.
CREATE TABLE level_version (
    area TEXT NOT NULL,
    book TEXT NOT NULL,
    version INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    role TEXT NOT NULL,
    why TEXT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (area, book, version)
) STRICT, WITHOUT ROWID;
