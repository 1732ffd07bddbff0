"""Creates database files with many users and rooms, once: later runs use the same files."""

import hashlib
import json
import random
import shutil
import sqlite3
import string
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .build import REPOSITORY
from .numbering import digits, email

SPAN_SECONDS = 2 * 365 * 24 * 3600
"""The time span over which the rooms were created."""

LEVELS = ["Introductory", "Advanced", "Applied", "Evening", "Weekly", "İleri", "Temel", "Open"]
SUBJECTS = [
    "Physics", "Algebra", "History", "Chess", "Poetry", "Biology", "Geometry", "Kimya",
    "Economics", "Felsefe", "Statistics", "Müzik", "Robotics", "Law", "Nursing", "Design",
]  # fmt: skip
FORMS = [
    "Seminar",
    "Lab",
    "Lecture",
    "Workshop",
    "Çalışma Grubu",
    "Office Hours",
    "Tutorial",
    "Club",
]

INSERT_USER = """
    INSERT INTO users (user_guid, email, email_key, email_folded, username, username_key,
                       name, name_folded, surname, surname_folded, role, mobile, mobile_folded,
                       login_allowed, active, lang, timezone, created_at)
    VALUES (:guid, :email, :email, :email, :email, :email, 'Ada', 'ada', 'Lovelace', 'lovelace',
            'u', '', '', 1, 1, 'tr-TR', 'Europe/Istanbul', :created)"""
INSERT_ROOM = """
    INSERT INTO rooms (room_guid, creator_email, name, name_key, slug_token, numbered, lang,
                       allow_recording, inaccessible_replay, options, created_at)
    VALUES (?, ?, ?, ?, ?, 1, 'en-US', 1, 0, ?, ?)"""
"""The tokens are random, so that no link leads to a room. No link is measured."""


@dataclass(frozen=True)
class Seed:
    """A database file of `roomd`: the first `rooms` of its `users` have a room."""

    path: Path
    rooms: int
    users: int
    authorization: str

    def copy_to(self, path: Path) -> None:
        """Copies the file and syncs the copy, so that a measurement does not wait for the disk."""
        shutil.copyfile(self.path, path)
        subprocess.run(["sync", path], check=True)


def seed(roomd: Path, folder: Path, rooms: int, new_users: int) -> Seed:
    users = rooms + new_users
    name = f"rooms-{rooms}-users-{users}"
    path = folder / f"{name}-{version()}.db"
    key = path.with_suffix(".json")
    if not key.exists():
        for outdated in folder.glob(f"{name}-*"):
            outdated.unlink()
        making = path.with_suffix(".making")
        create = [roomd, "key", "create", "--json", "--database", making]
        created = subprocess.run(create, check=True, stdout=subprocess.PIPE).stdout
        fill(making, rooms, users)
        making.rename(path)
        key.write_bytes(created)
    authorization = json.loads(key.read_text())["authorization"]
    return Seed(path, rooms, users, authorization)


def version() -> str:
    """Returns a version that changes with the schema and with this file."""
    sources = [REPOSITORY / "schema.sql", Path(__file__)]
    contents = b"".join(source.read_bytes() for source in sources)
    return hashlib.sha256(contents).hexdigest()[:8]


def fill(path: Path, rooms: int, users: int) -> None:
    draw = random.Random(1)
    first = int(time.time()) - SPAN_SECONDS
    database = sqlite3.connect(path, isolation_level=None)
    # The file is deleted if this fails.
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-524288"):
        database.execute(f"PRAGMA {setting}").fetchall()
    database.execute("BEGIN")
    database.executemany(INSERT_USER, user_rows(draw, users, first))
    database.executemany(INSERT_ROOM, room_rows(draw, rooms, first))
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode=WAL").fetchall()
    database.close()


def user_rows(draw: random.Random, count: int, first: int) -> Iterator[dict]:
    for index in range(count):
        yield {"guid": guid(draw, first), "email": email(digits(index)), "created": first}


def room_rows(draw: random.Random, count: int, first: int) -> Iterator[tuple]:
    options = default_options()
    token = string.ascii_lowercase + string.digits
    for index in range(count):
        number = digits(index)
        title = f"{number} {draw.choice(LEVELS)} {draw.choice(SUBJECTS)} {draw.choice(FORMS)}"
        created = first + SPAN_SECONDS * index // count
        slug_token = "".join(draw.choices(token, k=10))
        yield guid(draw, created), email(number), title, title.lower(), slug_token, options, created


def guid(draw: random.Random, seconds: int) -> bytes:
    """A version 7 UUID."""
    bits = seconds * 1000 << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62
    return (bits | draw.getrandbits(62)).to_bytes(16, "big")


def default_options() -> str:
    answer = (REPOSITORY / "docs/examples/default-room.response.json").read_text()
    return json.dumps(json.loads(answer)["ui_options"], separators=(",", ":"))
