-- Seats outlive a restart. A person's number is never used again (AUTOINCREMENT).
CREATE TABLE seats (
    person     INTEGER PRIMARY KEY AUTOINCREMENT,
    room       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    token_hash BLOB    NOT NULL UNIQUE,  -- SHA-256 of the token; the token itself is the client's alone
    expires_at INTEGER NOT NULL          -- seconds since 1970-01-01
);

-- The content of files that were hashed once, so that a start does not read every video again.
CREATE TABLE file_contents (
    path     BLOB    PRIMARY KEY,
    size     INTEGER NOT NULL,
    modified INTEGER NOT NULL,           -- nanoseconds since 1970-01-01
    sha256   BLOB    NOT NULL
) WITHOUT ROWID;
