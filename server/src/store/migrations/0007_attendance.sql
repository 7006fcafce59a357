-- Who was there from when to when, written when it ended. Times are seconds since 1970-01-01.
CREATE TABLE attendance (
    stay    INTEGER PRIMARY KEY AUTOINCREMENT,
    room    TEXT    NOT NULL,
    person  INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    from_s  INTEGER NOT NULL,
    until_s INTEGER NOT NULL
);
CREATE INDEX attendance_name ON attendance (name);
