"""What is in a database file, read without roomd."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from machine import Failed

SCHEMA = (Path(__file__).parent.parent.parent / "schema.sql").read_text()
NEWEST = int(re.findall(r"PRAGMA user_version = (\d+)", SCHEMA)[0])
"""The number of the newest schema."""

USERS = "SELECT email, name, surname, username, active FROM users ORDER BY email, user_id"
ROOMS = "SELECT hex(room_guid), creator_email, name FROM rooms ORDER BY room_id"


def query(database: Path, sql: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def check_whole(database: Path) -> None:
    """Fails unless SQLite finds the file whole."""
    for sql, expected in (("PRAGMA integrity_check", [("ok",)]), ("PRAGMA foreign_key_check", [])):
        found = query(database, sql)
        if found != expected:
            raise Failed(f"{database.name}, {sql}: {found!r:.500}")


def schema(database: Path) -> int:
    return query(database, "PRAGMA user_version")[0][0]


def keys(database: Path) -> dict[Hashable, Any]:
    """Returns whether each API key is valid."""
    rows = query(database, "SELECT access_key, revoked_at IS NULL FROM api_keys")
    return {("key", access_key): bool(is_valid) for access_key, is_valid in rows}


def directory(database: Path) -> dict[Hashable, Any]:
    """Returns all users as one thing, of which a part is wrong."""
    return {"users": query(database, USERS)}
