-- The indexes of schema 2 over tables that are filled already, which is faster than to fill tables
-- that have them.

CREATE UNIQUE INDEX users_by_guid ON users (user_guid);
CREATE UNIQUE INDEX users_by_email ON users (email_key);       -- one user per e-mail address
CREATE UNIQUE INDEX users_by_username ON users (username_key); -- one user per username

CREATE UNIQUE INDEX rooms_by_creator ON rooms (creator_email); -- one default room per user, ever
CREATE UNIQUE INDEX rooms_by_name ON rooms (name_key);         -- a name belongs to one room
CREATE UNIQUE INDEX rooms_by_date ON rooms (created_at, room_guid);
CREATE INDEX backdated_rooms ON rooms (room_id) WHERE is_backdated = 1;
CREATE UNIQUE INDEX unnumbered_rooms_by_guid ON rooms (room_guid) WHERE numbered = 0;
CREATE UNIQUE INDEX unnumbered_rooms_by_token ON rooms (slug_token) WHERE numbered = 0;
