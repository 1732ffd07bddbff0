"""What a server needs: space on the disk, time to start, memory."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .extent import Extent
from .load import Load, plan
from .numbering import MARK, digits
from .servers import Server, exchange

LOAD_CONNECTIONS = 64


@dataclass(frozen=True)
class Footprint:
    executable_mib: float
    first_response_ms: float
    """From the start of the process to the response to a look-up."""
    idle_mib: float
    loaded_mib: float
    """After look-ups and creates on 64 connections."""


def measure_footprint(extent: Extent, server: Server, load: Load, work: Path) -> Footprint:
    with server.data(work) as folder:
        starts = [first_response(server, folder) for _ in range(extent.starts)]
        with server.running(folder) as running:
            exchange(running.address, a_hit(server))
            idle = running.memory
            for scenario in ("hit", "create"):
                kinds = server.kinds(scenario)
                report = load.run(running, plan(running, kinds, LOAD_CONNECTIONS, extent.seconds))
                server.count(report)
            loaded = running.memory
    size = server.program.stat().st_size / 2**20
    footprint = Footprint(size, median(starts), idle, loaded)
    print(
        f"{server.name:12} executable {size:5.1f} MiB, first response {footprint.first_response_ms:5.1f} ms,"
        f" memory {idle:5.1f} MiB, after load {loaded:5.1f} MiB",
        flush=True,
    )
    return footprint


def first_response(server: Server, folder: Path, then_kill: bool = False) -> float:
    """The time from the start of a server to its first response, in milliseconds."""
    request = a_hit(server)
    with ExitStack() as stack:
        started = time.perf_counter()
        running = stack.enter_context(server.running(folder))
        answer = exchange(running.address, request)
        elapsed = time.perf_counter() - started
        if then_kill:
            running.kill()
    if f" {server.hit_status} ".encode() not in answer.partition(b"\r\n")[0]:
        raise RuntimeError(f"{server.name}: {answer.decode()}")
    return elapsed * 1e3


def a_hit(server: Server) -> str:
    return server.text("hit").replace(MARK, digits(0))
