-- The newest complete schema. A new database is created from this file; an older one reaches the
-- same state by the migrations in src/store/sqlite/migrations/.

PRAGMA application_id = 0x726F6F6D; -- "room": tells this file from one of another program
PRAGMA user_version = 4;            -- the number of this schema

-- Users who may own a room. The *_key columns hold the folded form by which two values are the same,
-- the *_folded columns the form that searches look into; src/model/text.rs makes both, because
-- SQLite's own folding knows ASCII only. A key that ends in U+001F and a number belongs to a row
-- whose own key an older row has: see the migration to schema 2.
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

CREATE UNIQUE INDEX users_by_guid ON users (user_guid);
CREATE UNIQUE INDEX users_by_email ON users (email_key);       -- one user per e-mail address
CREATE UNIQUE INDEX users_by_username ON users (username_key); -- one user per username
-- The addresses that differ from their keys: all that a look-up of a room needs of its creator.
CREATE INDEX users_by_typed_email ON users (email_key, email) WHERE email <> email_key;

-- Default rooms. The creator is named by e-mail key: a changed address takes the room along, a
-- deleted user takes it away.
--
-- A new room touches four B-trees, of which two grow at their ends: the table and rooms_by_date.
-- The GUID of a room leads to it through rooms_by_date, because its first 48 bits are the moment of
-- created_at; the token of its link leads to it through room_id, which is encrypted in the token.
-- Neither is true of a room that was created under schema 1, and the first is not where the clock was
-- set back (numbered = 0): such rooms have two indexes of their own, which no other room touches.
--
-- Numbers are in the order of dates, so a search by date needs no sorting, except where the clock was
-- set back: a room whose date is before that of an earlier number is marked (is_backdated = 1).
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
    is_backdated        INTEGER NOT NULL DEFAULT 0 CHECK (is_backdated IN (0, 1)),
    host_epoch          INTEGER NOT NULL DEFAULT 0, -- raised: every host link made before is void
    host_link_given     INTEGER NOT NULL DEFAULT 0 CHECK (host_link_given IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX rooms_by_creator ON rooms (creator_email); -- one default room per user, ever
CREATE UNIQUE INDEX rooms_by_name ON rooms (name_key);         -- a name belongs to one room
CREATE UNIQUE INDEX rooms_by_date ON rooms (created_at, room_guid);
CREATE INDEX backdated_rooms ON rooms (room_id) WHERE is_backdated = 1;
CREATE UNIQUE INDEX unnumbered_rooms_by_guid ON rooms (room_guid) WHERE numbered = 0;
CREATE UNIQUE INDEX unnumbered_rooms_by_token ON rooms (slug_token) WHERE numbered = 0;

-- How often people gave a room each number of stars. A room that nobody rated has no row.
CREATE TABLE ratings (
    room_id INTEGER PRIMARY KEY REFERENCES rooms (room_id) ON DELETE CASCADE,
    stars_1 INTEGER NOT NULL DEFAULT 0,
    stars_2 INTEGER NOT NULL DEFAULT 0,
    stars_3 INTEGER NOT NULL DEFAULT 0,
    stars_4 INTEGER NOT NULL DEFAULT 0,
    stars_5 INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The key that encrypts room_id in the tokens of links: one row.
CREATE TABLE link_key (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;

-- Keys of callers. The digest cannot sign a request: it is the SHA-256 of what a request sends.
CREATE TABLE api_keys (
    key_id      INTEGER PRIMARY KEY,
    access_key  TEXT    NOT NULL UNIQUE,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    name        TEXT    NOT NULL CHECK (length(name) <= 100),
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER, -- null: the key is valid
    guests_only INTEGER NOT NULL DEFAULT 0 CHECK (guests_only IN (0, 1)) -- 1: gets no host links
) STRICT;
