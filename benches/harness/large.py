"""Servers with many rooms in their file, and what only `roomd` is measured with there."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .extent import STEADY_CONNECTIONS, STEADY_RATE, Extent
from .load import Kind, Load, Report, plan
from .processes import Running, process
from .seed import Seed
from .servers import Obvious, OurPeer, Roomd

BLOCK_BYTES = 2**20


class LargeFile:
    """One copy of a file that is too large to be copied for each run. A user who gets a room in one
    run is not used in the next."""

    def __init__(self, seed: Seed, folder: Path):
        self.folder, self.used = folder, 0
        folder.mkdir()
        seed.copy_to(folder / "rooms.db")

    def read(self) -> None:
        """Reads all of the file, which is in the page cache then."""
        with (self.folder / "rooms.db").open("rb") as file:
            while file.read(BLOCK_BYTES):
                pass


class OnLargeFile(OurPeer):
    """A server whose data is a large file, which others use before and after it."""

    file: LargeFile

    @classmethod
    def on(cls, file: LargeFile, *arguments) -> "OnLargeFile":
        server = cls(*arguments)
        server.file = file
        return server

    @property
    def folder(self) -> Path:
        return self.file.folder

    @contextmanager
    def data(self, work: Path) -> Iterator[Path]:
        self.file.read()
        yield self.folder

    def create(self, share: int = 1) -> Kind:
        kind, used = super().create(share), self.file.used
        return replace(kind, first=kind.first + used, count=kind.count - used)

    def count(self, report: Report) -> None:
        self.file.used += report.used


class LargeRoomd(OnLargeFile, Roomd):
    @property
    def wal_bytes(self) -> int:
        wal = self.folder / "rooms.db-wal"
        return wal.stat().st_size if wal.exists() else 0


class LargeObvious(OnLargeFile, Obvious):
    """The obvious design on the large file."""


@dataclass(frozen=True)
class Steady:
    """Creates on a schedule, at a steady rate."""

    report: Report
    wal_mib: float
    """The largest size of the WAL."""


def measure_steady(extent: Extent, large: LargeRoomd, load: Load) -> Steady:
    with large.running(large.folder) as running:
        return steady_creates(extent.steady_seconds, large, running, load, "steady creates")


def measure_beside_backup(extent: Extent, large: LargeRoomd, load: Load) -> list[Steady]:
    """Measures the same beside a backup, again and again until that has ended, or often enough."""
    runs = []
    with tempfile.TemporaryDirectory(dir=large.folder) as folder:
        command = ["env", "-i", large.program, "backup", f"{folder}/backup.db"]
        command += ["--database", large.folder / "rooms.db"]
        with (
            large.running(large.folder) as running,
            process(command, large.folder / "stderr.log") as backup,
        ):
            while backup.poll() is None and len(runs) < extent.backup_runs:
                seconds = extent.steady_seconds
                runs.append(steady_creates(seconds, large, running, load, "beside a backup"))
            if backup.poll() not in (None, 0):
                raise RuntimeError("the backup failed")
    return runs


def steady_creates(
    seconds: float, large: LargeRoomd, running: Running, load: Load, what: str
) -> Steady:
    schedule = plan(running, [large.create()], STEADY_CONNECTIONS, seconds, rate=STEADY_RATE)
    with wal_watch(large) as largest:
        report = load.run(running, schedule)
    large.count(report)
    if report.unexpected:
        raise RuntimeError(f"{what}: {report.unexpected}")
    steady = Steady(report, largest[0] / 2**20)
    print(
        f"{what}: p50 {report.p50:.2f} ms, p99 {report.p99:.2f} ms, max {report.max:.2f} ms,"
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
