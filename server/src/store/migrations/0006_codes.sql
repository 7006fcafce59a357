-- Access codes; who has the database cannot enter with them. Times are seconds since 1970-01-01.
CREATE TABLE codes (
    code       INTEGER PRIMARY KEY AUTOINCREMENT,
    room       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,        -- SHA-256 of the code's symbols
    video      TEXT    NOT NULL,               -- the one video that its guests see; empty: all
    uses       INTEGER NOT NULL,               -- how often somebody may enter with it
    used       INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

-- By which code the guest of a seat entered.
CREATE TABLE guest_seats (
    person INTEGER PRIMARY KEY,
    code   INTEGER NOT NULL
);
