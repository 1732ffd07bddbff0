"""Starting again after a crash that left a big write-ahead log."""

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
BIG_LOG_BYTES = 48 * 2**20

HOLD_A_SNAPSHOT = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN")
database.execute("SELECT count(*) FROM api_keys").fetchall()
print("held", flush=True)
time.sleep(3600)
"""
"""Keeps the write-ahead log from being started over. A process, because it must end as a crash."""


@dataclass(frozen=True)
class Crash:
    log_mib: float
    """The size of the log that was left."""
    first_answer_ms: float
    """The slowest of all starts."""


def measure_crash(extent: Extent, large: LargeRoomd, load: Load) -> Crash:
    log_mib = crash_with_a_big_log(large, load)
    # Each start is ended in another crash, so that the next finds the same log.
    starts = [first_answer(large, large.folder, then_kill=True) for _ in range(extent.starts)]
    crash = Crash(log_mib, max(starts))
    print(
        f"first answer after a crash, with {crash.log_mib:.0f} MiB of log:"
        f" {crash.first_answer_ms:.0f} ms",
        flush=True,
    )
    return crash


def crash_with_a_big_log(large: LargeRoomd, load: Load) -> float:
    """Kills the server when its write-ahead log is big; returns the log's size in MiB."""
    reader = [sys.executable, "-c", HOLD_A_SNAPSHOT, large.folder / "rooms.db"]
    with (
        large.running(large.folder) as running,
        process(reader, large.folder / "stderr.log") as holding,
    ):
        holding.stdout.readline()
        end = time.monotonic() + FLOOD_SECONDS
        while large.log_bytes < BIG_LOG_BYTES and time.monotonic() < end:
            flood = plan(running, [large.create()], FLOOD_CONNECTIONS, seconds=0.2)
            large.count(load.run(running, flood))
        running.kill()
    return large.log_bytes / 2**20
