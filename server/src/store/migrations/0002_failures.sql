-- Contents that could not be prepared, so that a start does not try ten thousand of them again.
CREATE TABLE failures (
    sha256 BLOB PRIMARY KEY,
    maker  TEXT NOT NULL,                -- what failed on it: another worker, or one with other limits, may not
    reason TEXT NOT NULL                 -- a sentence for people
) WITHOUT ROWID;
