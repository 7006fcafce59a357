-- Private chat with people who are away. Who has an account can publish keys to be written to; what is written waits as ciphertext.
CREATE TABLE mailboxes (
    account  INTEGER PRIMARY KEY REFERENCES accounts (account) ON DELETE CASCADE,
    identity BLOB    NOT NULL,             -- SHA-256 of the identity's public key
    bundle   BLOB    NOT NULL,             -- public keys, as others get them
    made_at  INTEGER NOT NULL              -- seconds since 1970-01-01
);

-- In which rooms an account can be written to.
CREATE TABLE mailbox_rooms (
    account INTEGER NOT NULL REFERENCES accounts (account) ON DELETE CASCADE,
    room    TEXT    NOT NULL,
    PRIMARY KEY (account, room)
);

CREATE TABLE parcels (
    parcel     INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient  INTEGER NOT NULL REFERENCES accounts (account) ON DELETE CASCADE,
    sender     INTEGER NOT NULL REFERENCES accounts (account) ON DELETE CASCADE,
    bundle     BLOB    NOT NULL,           -- the sender's, at that time
    bytes      BLOB    NOT NULL,           -- the parcel as it came
    at_ms      INTEGER NOT NULL,           -- of the server's stamp, since 1970-01-01
    mac        BLOB    NOT NULL,
    expires_at INTEGER NOT NULL            -- seconds since 1970-01-01
);
CREATE INDEX parcels_recipient ON parcels (recipient, parcel);
CREATE INDEX parcels_sender ON parcels (sender);
