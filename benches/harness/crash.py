"""The start after a crash that left a large WAL."""

import sys
import time
from dataclasses import dataclass

from .extent import Extent
from .footprint import first_answer
from .large import LargeRoomd
from .load import Load, plan
from .processes import process

FLOOD_CONNECTIONS = 64
FLOOD_SECONDS = 60
LARGE_WAL_BYTES = 48 * 2**20

HOLD_A_SNAPSHOT = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN")
database.execute("SELECT count(*) FROM api_keys").fetchall()
print("held", flush=True)
time.sleep(3600)
"""
"""Prevents the WAL from being reset. A process of its own, so that it can be killed."""


@dataclass(frozen=True)
class Crash:
    wal_mib: float
    """The size of the WAL after the crash."""
    first_answer_ms: float
    """The slowest of all starts."""


def measure_crash(extent: Extent, large: LargeRoomd, load: Load) -> Crash:
    wal_mib = crash_with_a_large_wal(large, load)
    # Each start ends in another crash, so that the next finds the same WAL.
    starts = [first_answer(large, large.folder, then_kill=True) for _ in range(extent.starts)]
    crash = Crash(wal_mib, max(starts))
    print(
        f"first answer after a crash, with a WAL of {crash.wal_mib:.0f} MiB:"
        f" {crash.first_answer_ms:.0f} ms",
        flush=True,
    )
    return crash


def crash_with_a_large_wal(large: LargeRoomd, load: Load) -> float:
    """Kills the server when its WAL is large; returns the size in MiB."""
    reader = [sys.executable, "-c", HOLD_A_SNAPSHOT, large.folder / "rooms.db"]
    with (
        large.running(large.folder) as running,
        process(reader, large.folder / "stderr.log") as holding,
    ):
        holding.stdout.readline()
        end = time.monotonic() + FLOOD_SECONDS
        while large.wal_bytes < LARGE_WAL_BYTES and time.monotonic() < end:
            flood = plan(running, [large.create()], FLOOD_CONNECTIONS, seconds=0.2)
            large.count(load.run(running, flood))
        running.kill()
    return large.wal_bytes / 2**20
