-- Room chat. Numbers rise in each room; the oldest messages go when there are too many.
CREATE TABLE talk (
    room      TEXT    NOT NULL,
    id        INTEGER NOT NULL,
    person    INTEGER NOT NULL,
    name      TEXT    NOT NULL,           -- as the room showed it
    role      TEXT    NOT NULL,
    nonce     TEXT    NOT NULL,           -- 32 hexadecimal digits by the client: what comes again is not kept again
    at_ms     INTEGER NOT NULL,           -- since 1970-01-01
    text      TEXT    NOT NULL,           -- empty where it was taken away
    folded    TEXT    NOT NULL,           -- in lower case, for searches
    mentions  TEXT    NOT NULL,           -- person:start:end, with spaces between
    reply_to  INTEGER,
    revision  INTEGER NOT NULL,
    taken     TEXT,                       -- by whom: author, moderator
    PRIMARY KEY (room, id)
);
CREATE UNIQUE INDEX talk_once ON talk (room, person, nonce);

CREATE TABLE talk_reactions (
    room     TEXT   NOT NULL,
    message  INTEGER NOT NULL,
    person   INTEGER NOT NULL,
    reaction TEXT   NOT NULL,
    PRIMARY KEY (room, message, person, reaction)
);
