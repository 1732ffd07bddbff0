"""Starting again after a crash that left a big WAL."""

import sys
import time
from dataclasses import dataclass

from .extent import Extent
from .footprint import first_response
from .large import LargeRoomd
from .load import Load, plan
from .processes import process

FLOOD_CONNECTIONS = 64
FLOOD_SECONDS = 60
BIG_WAL_BYTES = 48 * 2**20

HOLD_A_SNAPSHOT = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN")
database.execute("SELECT count(*) FROM api_keys").fetchall()
print("held", flush=True)
time.sleep(3600)
"""
"""Prevents WAL resets. A process of its own, because the server must end in a crash meanwhile."""


@dataclass(frozen=True)
class Crash:
    wal_mib: float
    """The size of the WAL that was left."""
    first_response_ms: float
    """The slowest of all starts."""


def measure_crash(extent: Extent, large: LargeRoomd, load: Load) -> Crash:
    wal_mib = crash_with_a_big_wal(large, load)
    # Each start is ended in another crash, so that the next finds the same WAL.
    starts = [first_response(large, large.folder, then_kill=True) for _ in range(extent.starts)]
    crash = Crash(wal_mib, max(starts))
    print(
        f"first response after a crash, with {crash.wal_mib:.0f} MiB of WAL:"
        f" {crash.first_response_ms:.0f} ms",
        flush=True,
    )
    return crash


def crash_with_a_big_wal(large: LargeRoomd, load: Load) -> float:
    """Kills the server once its WAL is big; returns the size of the WAL in MiB."""
    reader = [sys.executable, "-c", HOLD_A_SNAPSHOT, large.folder / "rooms.db"]
    with (
        large.running(large.folder) as running,
        process(reader, large.folder / "stderr.log") as holding,
    ):
        holding.stdout.readline()
        end = time.monotonic() + FLOOD_SECONDS
        while large.wal_bytes < BIG_WAL_BYTES and time.monotonic() < end:
            flood = plan(running, [large.create()], FLOOD_CONNECTIONS, seconds=0.2)
            large.count(load.run(running, flood))
        running.kill()
    return large.wal_bytes / 2**20
