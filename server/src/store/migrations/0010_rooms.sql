-- Rooms that instructors opened beside the first, which the configuration names.
CREATE TABLE rooms (
    room      TEXT    PRIMARY KEY,
    salt      BLOB    NOT NULL,
    hash      BLOB    NOT NULL,        -- Argon2id of the password
    opened_at INTEGER NOT NULL         -- seconds since 1970-01-01
);
