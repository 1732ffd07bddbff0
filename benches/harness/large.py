"""`roomd` with very many rooms in its file."""

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator

from .extent import STEADY_CONNECTIONS, STEADY_RATE, Extent
from .load import Kind, Load, Report, plan
from .processes import Running, process
from .seed import Seed
from .servers import Roomd

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


class LargeRoomd(Roomd):
    """All runs share one copy of a file that is too large to be copied for each."""

    def __init__(self, program: Path, seed: Seed, folder: Path):
        super().__init__("roomd large", program, seed)
        self.folder = folder
        self.used = 0
        folder.mkdir()
        self.prepare(folder)

    @contextmanager
    def on_fresh_data(self, work: Path) -> Iterator[Running]:
        with self.running(self.folder) as running:
            yield running

    def create(self, share: int = 1) -> Kind:
        kind = super().create(share)
        return replace(kind, first=kind.first + self.used, count=kind.count - self.used)

    def count(self, report: Report) -> None:
        self.used += report.used

    @property
    def log_bytes(self) -> int:
        log = self.folder / "rooms.db-wal"
        return log.stat().st_size if log.exists() else 0


@dataclass(frozen=True)
class Steady:
    """Creates on a schedule."""

    report: Report
    log_mib: float
    """The largest size of the write-ahead log."""


def measure_steady(extent: Extent, large: LargeRoomd, load: Load) -> Steady:
    with large.running(large.folder) as running, log_watch(large) as largest:
        kinds = [large.create()]
        seconds = extent.steady_seconds
        steady = plan(running, kinds, STEADY_CONNECTIONS, seconds, rate=STEADY_RATE)
        report = load.run(running, steady)
    large.count(report)
    if report.unexpected:
        raise RuntimeError(f"steady creates: {report.unexpected}")
    return Steady(report, largest[0] / 2**20)


@contextmanager
def log_watch(large: LargeRoomd) -> Iterator[list[int]]:
    """The largest size of the write-ahead log while the block runs, in bytes."""
    largest, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            largest[0] = max(largest[0], large.log_bytes)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield largest
    finally:
        over.set()
        watcher.join()


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
