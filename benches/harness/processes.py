"""Server processes: the core they run on, their CPU use and memory."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 15
TICKS = os.sysconf("SC_CLK_TCK")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


def pinned(core: int | None, command: list[str | Path]) -> list[str | Path]:
    """Returns the command, pinned to a core unless that is None."""
    return command if core is None else ["taskset", "-c", str(core), *command]


@dataclass(frozen=True)
class Running:
    """A running server."""

    process: subprocess.Popen
    address: str

    @property
    def cpu_seconds(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    @property
    def memory(self) -> float:
        """The resident memory, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def process(command: list[str | Path], log: Path) -> Iterator[subprocess.Popen]:
    """Runs a process while the block does, and stops it in any case; its stderr goes to the log."""
    with log.open("ab") as errors:
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        started.stdout.close()


@dataclass
class CpuUse:
    """The shares of one core that the server and the load generator used."""

    server: float = 0
    load: float = 0


@contextmanager
def cpu_use(server: Running) -> Iterator[CpuUse]:
    """Measures while the block runs, in which the load generator must start and exit."""
    use = CpuUse()
    started, server_before, load_before = time.monotonic(), server.cpu_seconds, children_seconds()
    yield use
    elapsed = time.monotonic() - started
    use.server = (server.cpu_seconds - server_before) / elapsed
    use.load = (children_seconds() - load_before) / elapsed


def children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system
