-- Who comes in how: the door of each room that is not as it was at first, and who is kept out.
CREATE TABLE doors (
    room         TEXT    PRIMARY KEY,
    locked       INTEGER NOT NULL,         -- 0 or 1, as the others
    waiting_room INTEGER NOT NULL,
    guests_wait  INTEGER NOT NULL
);

CREATE TABLE bans (
    ban    INTEGER PRIMARY KEY AUTOINCREMENT,
    room   TEXT    NOT NULL,
    name   TEXT    NOT NULL,               -- without the number that tells two of one name apart
    origin TEXT    NOT NULL,               -- the address that it came from; of IPv6 the network
    person INTEGER                         -- who has an account
);
CREATE INDEX bans_room ON bans (room);
