-- The newest complete schema. A new database is made from this file; an older one reaches the
-- same state by the numbered steps in src/store/schema.rs.

PRAGMA application_id = 0x726F6F6D; -- "room": what tells our file from another program's
PRAGMA user_version = 1;            -- the number of this schema

-- People who may own a room. The *_key columns hold the folded form (NFC, lower case, IDNA) that
-- src/model makes; SQLite's own folding knows ASCII only.
CREATE TABLE users (
    user_id       INTEGER PRIMARY KEY,
    user_guid     BLOB    NOT NULL UNIQUE CHECK (length(user_guid) = 16),
    email         TEXT    NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    email_key     TEXT    NOT NULL UNIQUE, -- one user an address
    username      TEXT    NOT NULL CHECK (length(username) BETWEEN 1 AND 254),
    username_key  TEXT    NOT NULL UNIQUE, -- one user a username
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    surname       TEXT    NOT NULL CHECK (length(surname) BETWEEN 1 AND 100),
    role          TEXT    NOT NULL CHECK (role IN ('u', 'e', 'a')),
    mobile        TEXT    NOT NULL CHECK (length(mobile) <= 32),
    login_allowed INTEGER NOT NULL CHECK (login_allowed IN (0, 1)),
    active        INTEGER NOT NULL CHECK (active IN (0, 1)),
    lang          TEXT    NOT NULL,
    timezone      TEXT    NOT NULL,
    expires_at    INTEGER, -- dates are seconds since 1970-01-01T00:00:00Z; null: never
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER  -- null until the first change
) STRICT;

-- Default rooms. The creator is named by e-mail key: a changed address takes the room along, a
-- removed user takes it away.
CREATE TABLE rooms (
    room_id             INTEGER PRIMARY KEY,
    room_guid           BLOB    NOT NULL UNIQUE CHECK (length(room_guid) = 16),
    creator_email       TEXT    NOT NULL UNIQUE -- one default room a user, ever
                        REFERENCES users (email_key) ON UPDATE CASCADE ON DELETE CASCADE,
    name                TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    name_key            TEXT    NOT NULL UNIQUE, -- a name belongs to one room
    slug_token          TEXT    NOT NULL UNIQUE CHECK (length(slug_token) = 10),
    lang                TEXT    NOT NULL,
    tags                TEXT    CHECK (length(tags) <= 1000),
    allow_recording     INTEGER NOT NULL CHECK (allow_recording IN (0, 1)),
    inaccessible_replay INTEGER NOT NULL CHECK (inaccessible_replay IN (0, 1)),
    options             TEXT    NOT NULL CHECK (json_valid(options) AND length(options) <= 20480),
    created_at          INTEGER NOT NULL
) STRICT;

-- A search by date, which may look at names too, reads this index and nothing else.
CREATE INDEX rooms_by_date ON rooms (created_at, room_id, name_key);

-- Keys of callers. The digest cannot sign a request: it is the SHA-256 of what a request shows.
CREATE TABLE api_keys (
    key_id     INTEGER PRIMARY KEY,
    access_key TEXT    NOT NULL UNIQUE,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    name       TEXT    NOT NULL CHECK (length(name) <= 100),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER -- null: in force
) STRICT;
