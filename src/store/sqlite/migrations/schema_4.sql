-- What schema 4 added to schema 3.

CREATE INDEX users_by_typed_email ON users (email_key, email) WHERE email <> email_key;
