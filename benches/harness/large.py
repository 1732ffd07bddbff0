"""`roomd` with many rooms in its file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .extent import SMALL_ROOMS, STEADY_CONNECTIONS, STEADY_RATE, Extent
from .load import Kind, Load, Report, plan
from .seed import Seed
from .servers import Roomd


class LargeRoomd(Roomd):
    """All runs share one copy of a file that is too large to be copied for each. A user who gets a
    room in one run is not used in the next."""

    def __init__(self, program: Path, seed: Seed, folder: Path):
        super().__init__("roomd large", program, seed)
        self.folder = folder
        self.used = 0
        folder.mkdir()
        self.prepare(folder)

    @contextmanager
    def data(self, work: Path) -> Iterator[Path]:
        yield self.folder

    def hit(self, share: int = 1) -> Kind:
        """Look-ups of as many rooms as the small file has."""
        return replace(super().hit(share), count=SMALL_ROOMS)

    def create(self, share: int = 1) -> Kind:
        kind = super().create(share)
        return replace(kind, first=kind.first + self.used, count=kind.count - self.used)

    def count(self, report: Report) -> None:
        self.used += report.used

    @property
    def wal_bytes(self) -> int:
        wal = self.folder / "rooms.db-wal"
        return wal.stat().st_size if wal.exists() else 0


def measure_anywhere(extent: Extent, large: LargeRoomd, load: Load) -> Report:
    """Measures look-ups of all rooms, far more than a cache holds."""
    kinds = [replace(large.hit(), count=large.rooms)]
    with large.running(large.folder) as running:
        spread = plan(running, kinds, extent.large_connections[-1], extent.seconds, extent.warm_up)
        report = load.run(running, spread)
    print(f"hit, all rooms: {report.per_second:,.0f} per second", flush=True)
    return report


@dataclass(frozen=True)
class Steady:
    """Creates on a schedule, at a steady rate."""

    report: Report
    wal_mib: float
    """The largest size of the WAL."""


def measure_steady(extent: Extent, large: LargeRoomd, load: Load) -> Steady:
    with large.running(large.folder) as running, wal_watch(large) as largest:
        kinds = [large.create()]
        seconds = extent.steady_seconds
        schedule = plan(running, kinds, STEADY_CONNECTIONS, seconds, rate=STEADY_RATE)
        report = load.run(running, schedule)
    large.count(report)
    if report.unexpected:
        raise RuntimeError(f"steady creates: {report.unexpected}")
    steady = Steady(report, largest[0] / 2**20)
    print(
        f"steady creates: p50 {report.p50:.2f} ms, p99 {report.p99:.2f} ms, max {report.max:.2f} ms,"
        f" WAL at most {steady.wal_mib:.0f} MiB",
        flush=True,
    )
    return steady


@contextmanager
def wal_watch(large: LargeRoomd) -> Iterator[list[int]]:
    """Measures the largest size of the WAL while the block runs, in bytes."""
    largest, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            largest[0] = max(largest[0], large.wal_bytes)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield largest
    finally:
        over.set()
        watcher.join()
