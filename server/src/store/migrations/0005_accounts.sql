-- Accounts: a name that nobody else's looks like, a role, and what proves the password.
CREATE TABLE accounts (
    account          INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT    NOT NULL,
    skeleton         TEXT    NOT NULL UNIQUE,  -- what the name looks like (UTS 39), for look-alikes and for finding it
    role             TEXT    NOT NULL,
    salt             BLOB    NOT NULL,
    secret_hash      BLOB    NOT NULL,         -- SHA-256 of the log-in secret; password and secret are the client's alone
    made_at          INTEGER NOT NULL,         -- seconds since 1970-01-01, as every time here
    identity         BLOB,                     -- wrapped by the client under a key that the server never sees
    identity_version INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE account_sessions (
    token_hash BLOB    PRIMARY KEY,            -- SHA-256 of the token
    account    INTEGER NOT NULL REFERENCES accounts (account) ON DELETE CASCADE,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX account_sessions_account ON account_sessions (account);

-- Seats of people with accounts; they have one number in every room for good.
CREATE TABLE account_seats (
    token_hash BLOB    PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES accounts (account) ON DELETE CASCADE,
    room       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX account_seats_account ON account_seats (account);
