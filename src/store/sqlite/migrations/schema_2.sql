-- What schema 2 has and schema 1 had not, as it was when schema 2 was new: never changed again.

CREATE TABLE users (
    user_id        INTEGER PRIMARY KEY,
    user_guid      BLOB    NOT NULL CHECK (length(user_guid) = 16),
    email          TEXT    NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    email_key      TEXT    NOT NULL,
    email_folded   TEXT    NOT NULL,
    username       TEXT    NOT NULL CHECK (length(username) BETWEEN 1 AND 254),
    username_key   TEXT    NOT NULL,
    name           TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    name_folded    TEXT    NOT NULL,
    surname        TEXT    NOT NULL CHECK (length(surname) <= 100),
    surname_folded TEXT    NOT NULL,
    role           TEXT    NOT NULL CHECK (role IN ('u', 'e', 'a')),
    mobile         TEXT    NOT NULL CHECK (length(mobile) <= 32),
    mobile_folded  TEXT    NOT NULL,
    login_allowed  INTEGER NOT NULL CHECK (login_allowed IN (0, 1)),
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    lang           TEXT    NOT NULL,
    timezone       TEXT    NOT NULL,
    expires_at     INTEGER, -- dates are seconds since 1970-01-01T00:00:00Z; null: never
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER  -- null until the first change
) STRICT;

CREATE TABLE rooms (
    room_id             INTEGER PRIMARY KEY,
    room_guid           BLOB    NOT NULL CHECK (length(room_guid) = 16),
    creator_email       TEXT    NOT NULL
                        REFERENCES users (email_key) ON UPDATE CASCADE ON DELETE CASCADE,
    name                TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    name_key            TEXT    NOT NULL,
    slug_token          TEXT    NOT NULL CHECK (length(slug_token) = 10),
    numbered            INTEGER NOT NULL CHECK (numbered IN (0, 1)),
    lang                TEXT    NOT NULL,
    tags                TEXT    CHECK (length(tags) <= 1000),
    allow_recording     INTEGER NOT NULL CHECK (allow_recording IN (0, 1)),
    inaccessible_replay INTEGER NOT NULL CHECK (inaccessible_replay IN (0, 1)),
    options             TEXT    NOT NULL CHECK (json_valid(options) AND length(options) <= 20480),
    created_at          INTEGER NOT NULL,
    is_backdated        INTEGER NOT NULL DEFAULT 0 CHECK (is_backdated IN (0, 1))
) STRICT;

CREATE TABLE link_key (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;
