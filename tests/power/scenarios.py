"""What is done to a database until the power is cut, and what must hold after the next start."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import database
from cut import Cut, FileSystem, Rest, left_by
from disk import Disk, Trace, syncs_of
from ledger import Ledger
from machine import Failed, Machine, Server, mounted

FIXTURES = Path(__file__).parent.parent / "fixtures" / "0.1.0"
DATABASE = "roomd.db"
ROOM = "/xapi/v2/room"
NO_KEYS = {"ROOMD_AUTH_REQUIRED": "false"}


class Scenario:
    """What is done on a disk, and what must hold afterwards."""

    name: str
    # Decides what a scenario leaves to chance.
    random = Random()
    # Whether each sync is to be cut, however many cuts there are.
    every_sync = False
    # Whether only file systems with a journal are in question.
    needs_journal = False

    def prepare(self, machine: Machine) -> None:
        """Makes the files that are on the disk before, all of them durable."""

    def act(self, machine: Machine, ledger: Ledger) -> None:
        """Changes files on the recorded disk."""
        raise NotImplementedError

    def delicate(self, trace: Trace) -> list[int]:
        """Returns the positions at which most cuts are to be; without any, they are before syncs."""
        return []

    @contextlib.contextmanager
    def placed(self, left: Disk, scratch: Path) -> Iterator[Path]:
        """Brings what a cut has left into a folder, in which the check works."""
        left.write_to(scratch / "left")
        yield scratch / "left"

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        """Starts roomd on what the cut has left; fails if a promise is broken."""
        raise NotImplementedError


def record(scenario: Scenario, roomd: Path, scratch: Path, under: list[str]) -> tuple[Trace, Ledger]:
    """Runs a scenario on a recording disk."""
    initial = scratch / "initial"
    initial.mkdir()
    scenario.prepare(Machine(initial, roomd))
    with mounted(initial, scratch) as (folder, trace):
        machine = Machine(folder, roomd, under)
        ledger = Ledger(machine.position)
        scenario.act(machine, ledger)
    return Trace.load(trace), ledger


def check_health(machine: Machine) -> None:
    checks = json.loads(machine.run("doctor", "--json", codes=(0, 1)))["checks"]
    # That there is no key yet is no damage.
    failed = [check for check in checks if check["status"] == "failed" and check["name"] != "keys"]
    if failed:
        raise Failed(f"roomd doctor: {failed}")
    database.check_whole(machine.folder / DATABASE)


def users_file(folder: Path, name: str, rows: list[tuple[str, str]]) -> None:
    lines = ["email,name", *(",".join(row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n")


def secret(machine: Machine) -> bytes:
    """Returns the secret of the host links."""
    return (machine.folder / f"{DATABASE}-host-secret").read_bytes()


def email(number: int) -> str:
    return f"user{number}@example.com"


def rooms(server: Server) -> dict[Hashable, Any]:
    """Returns all rooms, as the API returns them."""
    found: dict[Hashable, Any] = {}
    for page in range(1, 1000):
        answer = server.call("GET", f"{ROOM}/search?size=100&sort=created_date+asc&page={page}")
        if not answer["data"]:
            return found
        found |= {("room", room["creator_email"]): room for room in answer["data"]}
    raise Failed("the pages of a search do not end")


class Creates(Scenario):
    """A new database with a key and users, and a server that creates, renames and deletes rooms."""

    name = "creates"
    CALLERS = 4
    USERS = 24

    def prepare(self, machine: Machine) -> None:
        users_file(machine.folder, "users.csv", [(email(n), "Ada") for n in range(self.USERS)])

    def act(self, machine: Machine, ledger: Ledger) -> None:
        with ledger.change("key") as change:
            key = json.loads(machine.run("key", "create", "--name", "chat", "--json"))
            change.value = key["access_key"]
        with ledger.change("users", [(email(n), "Ada") for n in range(self.USERS)]):
            machine.run("user", "import", "users.csv")
        with machine.serve() as server, ThreadPoolExecutor(self.CALLERS) as callers:
            # A server makes it before it is ready, and may have given out links that it makes valid.
            with ledger.change("secret") as change:
                change.value = secret(machine)
            server.authorization = key["authorization"]
            calls = [callers.submit(self.call, server, ledger, n) for n in range(self.CALLERS)]
            for call in calls:
                call.result()

    def call(self, server: Server, ledger: Ledger, caller: int) -> None:
        for n in range(caller, self.USERS, self.CALLERS):
            room = self.create(server, ledger, n)
            if n % 3 == 0:
                with ledger.change(("room", email(n))) as change:
                    path = f"{ROOM}/{room['room_guid']}"
                    change.value = server.call("PUT", path, {"name": f"Renamed {n}"})
            if n % 6 == 0:
                with ledger.change(("room", email(n)), None):
                    server.call("DELETE", path, expected=(204,))
                self.create(server, ledger, n)

    def create(self, server: Server, ledger: Ledger, n: int) -> Any:
        with ledger.change(("room", email(n))) as change:
            body = {"creator_email": email(n), "name": f"Room {n}"}
            change.value = server.call("POST", ROOM, body, expected=(201,))
        return change.value

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        with machine.serve(variables=NO_KEYS) as server:
            found = rooms(server)
        file = machine.folder / DATABASE
        for (key,) in database.query(file, "SELECT access_key FROM api_keys"):
            found["key"] = key
        if ledger.allowed(cut.position).get("secret", [None]) != [None]:
            found["secret"] = secret(machine)
        users = database.query(file, "SELECT email, name FROM users ORDER BY user_id")
        found["users"] = users or None
        ledger.compare(cut.position, found)
        check_health(machine)


class Sync(Scenario):
    """A directory that is synced into a database: once alone, and once beside a server."""

    name = "sync"
    NEW = "new@example.com"

    def prepare(self, machine: Machine) -> None:
        copy_fixture(machine.folder)
        machine.run("user", "list")
        people = [(email(n), "Changed" if n % 2 else "Ada") for n in range(40)]
        users_file(machine.folder, "people.csv", people)
        later = [(email(n), "Later") for n in range(20, 40)]
        users_file(machine.folder, "later.csv", [*later, (self.NEW, "New")])

    def act(self, machine: Machine, ledger: Ledger) -> None:
        file = machine.folder / DATABASE
        ledger.start_with("users", database.directory(file)["users"])
        self.sync(machine, ledger, "people.csv")
        with machine.serve(variables=NO_KEYS) as server:
            self.sync(machine, ledger, "later.csv")
            with ledger.change(("room", self.NEW)) as change:
                body = {"creator_email": self.NEW, "name": "After the sync"}
                change.value = server.call("POST", ROOM, body, expected=(201,))

    def sync(self, machine: Machine, ledger: Ledger, name: str) -> None:
        with ledger.change("users") as change:
            machine.run("user", "sync", name, "--deactivate-missing", "--yes")
        # Nothing else changes users, so that it may be read later.
        change.value = database.directory(machine.folder / DATABASE)["users"]

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        with machine.serve(variables=NO_KEYS) as server:
            last = ("room", self.NEW)
            found = {last: rooms(server).get(last)}
        ledger.compare(cut.position, found | database.directory(machine.folder / DATABASE))
        check_health(machine)


class Migration(Scenario):
    """The first start of this version on the database of roomd 0.1.0, with changes in its WAL."""

    name = "migration"
    every_sync = True
    COPY = DATABASE + ".v1-backup"

    def prepare(self, machine: Machine) -> None:
        copy_fixture(machine.folder)

    def act(self, machine: Machine, ledger: Ledger) -> None:
        with ledger.change("schema", database.NEWEST), machine.serve(variables=NO_KEYS):
            pass
        file = machine.folder / DATABASE
        ledger.start_with("rooms", database.query(file, database.ROOMS))
        ledger.start_with("users", database.directory(file)["users"])
        ledger.start_with("copies", [self.COPY])

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        found = self.schema_before_start(machine)
        if found not in (values := ledger.allowed(cut.position)["schema"] + [1]):
            raise Failed(f"the cut left schema {found}, and not one of {values}")
        if found == database.NEWEST:
            # The database must not be the new one before the copy of the old one is durable.
            self.check_copy(machine)
        with machine.serve(variables=NO_KEYS):
            pass
        self.check_copy(machine)
        file = machine.folder / DATABASE
        state = {"schema": database.schema(file), "rooms": database.query(file, database.ROOMS)}
        names = sorted(path.name for path in machine.folder.iterdir())
        state["copies"] = [name for name in names if name.startswith(self.COPY) and not name.endswith(".json")]
        # By the next start all is done, wherever the cut was.
        ledger.compare(10**9, state | database.directory(file))
        check_health(machine)

    def schema_before_start(self, machine: Machine) -> int:
        """Reads the schema in a copy, because reading it changes files."""
        copy = machine.folder.with_name("copy")
        shutil.copytree(machine.folder, copy)
        try:
            database.check_whole(copy / DATABASE)
            return database.schema(copy / DATABASE)
        finally:
            shutil.rmtree(copy)

    def check_copy(self, machine: Machine) -> None:
        machine.run("backup", "verify", self.COPY)
        if database.schema(machine.folder / self.COPY) != 1:
            raise Failed("the copy is not of the old schema")


class MigrationAgain(Migration):
    """The start after a first start that was cut, which is cut too."""

    name = "migration again"

    def prepare(self, machine: Machine) -> None:
        with tempfile.TemporaryDirectory(dir=machine.folder.parent) as scratch:
            trace, _ = record(Migration(), machine.roomd, Path(scratch), [])
            # The first syncs are of the copy, and later ones of the new schema.
            position = self.random.choice(syncs_of(trace)[:-4])
            cut = Cut(position, self.random.choice(list(FileSystem)), Rest.SOME, self.random.getrandbits(32))
            machine.folder.rmdir()
            left_by(trace, cut).write_to(machine.folder)


class Backup(Scenario):
    """Backups into a folder that keeps two: one alone, and one beside a server with calls."""

    name = "backup"
    every_sync = True
    KEEP = 2
    COMMAND = ("backup", "--dir", "backups", "--keep", str(KEEP), "--json")

    def prepare(self, machine: Machine) -> None:
        copy_fixture(machine.folder)
        machine.run("user", "list")
        (machine.folder / "backups").mkdir()
        for _ in range(self.KEEP):
            machine.run(*self.COMMAND)

    def act(self, machine: Machine, ledger: Ledger) -> None:
        self.back_up(machine, ledger)
        with machine.serve(variables=NO_KEYS) as server, ThreadPoolExecutor(1) as callers:
            calls = callers.submit(self.call, server, ledger)
            self.back_up(machine, ledger)
            calls.result()

    def call(self, server: Server, ledger: Ledger) -> None:
        for n in range(20):
            with ledger.change(("user", f"new{n}@example.com"), "New"):
                user = {"email": f"new{n}@example.com", "username": f"new{n}", "name": "New", "surname": "User"}
                server.call("POST", "/xapi/v2/user", user)

    def back_up(self, machine: Machine, ledger: Ledger) -> None:
        with ledger.change("backup") as change:
            change.value = Path(json.loads(machine.run(*self.COMMAND))["file"]).name

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        whole = self.whole_backups(machine)
        if len(whole) < self.KEEP:
            raise Failed(f"only {whole} of the backups are whole")
        newest = ledger.allowed(cut.position)["backup"][0]
        if newest and newest not in whole:
            raise Failed(f"{newest} was acknowledged, and only {whole} are whole")
        with machine.serve(variables=NO_KEYS):
            pass
        sql = "SELECT email, name FROM users WHERE email LIKE 'new%@example.com'"
        found = {("user", email): name for email, name in database.query(machine.folder / DATABASE, sql)}
        ledger.compare(cut.position, found | {"backup": newest})
        machine.run(*self.COMMAND)
        if len(left := self.whole_backups(machine)) != self.KEEP:
            raise Failed(f"the next backup leaves {left}")
        check_health(machine)

    def whole_backups(self, machine: Machine) -> list[str]:
        """Returns the backups that have a manifest, of which each must be whole."""
        found = []
        for path in sorted((machine.folder / "backups").iterdir()):
            if re.fullmatch(r"roomd-\d{8}T\d{6}Z\.db", path.name) and Path(f"{path}.json").exists():
                machine.run("backup", "verify", str(path))
                found.append(path.name)
        return found


class Restore(Scenario):
    """A restore over a database that a killed server left, in which a key was revoked since the backup."""

    name = "restore"
    every_sync = True
    is_revoked = True

    def prepare(self, machine: Machine) -> None:
        users_file(machine.folder, "users.csv", [(email(n), "Ada") for n in range(40)])
        key = json.loads(machine.run("key", "create", "--name", "chat", "--json"))
        machine.run("user", "import", "users.csv")
        machine.run("backup", "old.db")
        if self.is_revoked:
            machine.run("key", "revoke", key["access_key"])
        with machine.serve(variables=NO_KEYS, killed=True) as server:
            for n in range(40):
                body = {"creator_email": email(n), "name": f"Room {n}"}
                server.call("POST", ROOM, body, expected=(201,))

    def act(self, machine: Machine, ledger: Ledger) -> None:
        before = machine.folder.with_name("before")
        shutil.copytree(machine.folder, before)
        ledger.start_with("state", self.state(before))
        shutil.rmtree(before)
        with ledger.change("state") as change:
            machine.run("restore", "old.db", "--force")
        change.value = self.state(machine.folder)
        with machine.serve(variables=NO_KEYS) as server, ledger.change("created") as change:
            body = {"creator_email": email(7), "name": "After the restore"}
            change.value = server.call("POST", ROOM, body, expected=(201,))["name"]

    def state(self, folder: Path) -> Any:
        file = folder / DATABASE
        sql = f"SELECT * FROM ({database.ROOMS}) WHERE name <> 'After the restore'"
        return [database.query(file, sql), database.directory(file), database.keys(file)]

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        with machine.serve(variables=NO_KEYS):
            pass
        file = machine.folder / DATABASE
        created = database.query(file, "SELECT name FROM rooms WHERE name = 'After the restore'")
        found = {"state": self.state(machine.folder), "created": created[0][0] if created else None}
        ledger.compare(cut.position, found)
        if any(database.keys(file).values()) == self.is_revoked:
            raise Failed("a key is not valid or revoked as before")
        machine.run("backup", "verify", "old.db")
        check_health(machine)


class PlainRestore(Restore):
    """The same where no key was revoked, so that the restore changes nothing in the copy."""

    name = "plain restore"
    is_revoked = False


def copy_fixture(folder: Path) -> None:
    """Copies the database of roomd 0.1.0, with the WAL that a killed server left."""
    for suffix in ("", "-wal"):
        shutil.copy(FIXTURES / f"killed.db{suffix}", folder / f"{DATABASE}{suffix}")


SCENARIOS: list[type[Scenario]] = [Creates, Sync, Migration, MigrationAgain, Backup, Restore, PlainRestore]
