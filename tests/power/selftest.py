"""Programs that are known to lose data, and one that is known not to: the cuts must tell them apart."""

from __future__ import annotations

import subprocess
import sys

import database
from cut import Cut
from ledger import Ledger
from machine import TIMEOUT, Failed, Machine
from scenarios import DATABASE, Scenario

# Lets a program believe that its files were synced.
WITHOUT_SYNCS = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:retval=0"]

INSERTS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
connection.execute(f"PRAGMA synchronous = {sys.argv[3]}")
connection.execute("CREATE TABLE rows (number)")
for number in range(20):
    connection.execute("INSERT INTO rows VALUES (?)", [number])
    print(number, flush=True)
    sys.stdin.readline()
"""


class Inserts(Scenario):
    """A program that inserts rows with SQLite, and says so after each."""

    def __init__(self, journal_mode: str, synchronous: str):
        self.pragmas = [journal_mode, synchronous]
        self.name = f"inserts ({journal_mode}, synchronous={synchronous})"

    def act(self, machine: Machine, ledger: Ledger) -> None:
        command = [sys.executable, "-c", INSERTS, DATABASE, *self.pragmas]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=machine.folder, **pipes) as process:
            for number in range(20):
                with ledger.change(number, True):
                    process.stdout.readline()
                process.stdin.write("\n")
                process.stdin.flush()
            process.wait(TIMEOUT)

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        file = machine.folder / DATABASE
        database.check_whole(file)
        has_table = database.query(file, "SELECT 1 FROM sqlite_schema WHERE name = 'rows'")
        rows = database.query(file, "SELECT number FROM rows") if has_table else []
        ledger.compare(cut.position, {number: True for (number,) in rows})


REPLACES = """
import os, sys
for number in range(10):
    with open("new", "w") as file:
        file.write(str(number) * 5000)
        if "file" in sys.argv:
            file.flush()
            os.fsync(file.fileno())
    os.rename("new", "old")
    if "folder" in sys.argv:
        folder = os.open(".", os.O_RDONLY)
        os.fsync(folder)
    print(number, flush=True)
    sys.stdin.readline()
"""


class Replaces(Scenario):
    """A program that replaces a file by a rename, and syncs the given of both."""

    def __init__(self, *synced: str):
        self.synced = synced
        self.name = f"replaces (syncs {' and '.join(synced) or 'nothing'})"

    def prepare(self, machine: Machine) -> None:
        (machine.folder / "old").write_text("-" * 5000)

    def act(self, machine: Machine, ledger: Ledger) -> None:
        ledger.start_with("old", "-" * 5000)
        command = [sys.executable, "-c", REPLACES, *self.synced]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=machine.folder, **pipes) as process:
            for number in range(10):
                with ledger.change("old", str(number) * 5000):
                    process.stdout.readline()
                process.stdin.write("\n")
                process.stdin.flush()
            process.wait(TIMEOUT)
        if not (machine.folder / "old").read_text() == "9" * 5000:
            raise Failed("the recording disk does not have what was written")

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        ledger.compare(cut.position, {"old": (machine.folder / "old").read_text()})


SAFE = [Inserts("WAL", "FULL"), Inserts("DELETE", "EXTRA"), Replaces("file", "folder")]
UNSAFE = [
    Inserts("WAL", "OFF"),
    Inserts("WAL", "NORMAL"),
    Inserts("DELETE", "FULL"),
    Replaces(),
    Replaces("file"),
    Replaces("folder"),
]
