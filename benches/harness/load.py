"""Runs the load generator."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import LOAD_CORE, Running, cpu_use, pinned

GRACE_SECONDS = 60
"""How much longer than planned a run may take before it is killed."""


@dataclass(frozen=True)
class Kind:
    """Requests that differ only by their number. `load/plan.rs` describes the fields."""

    text: str
    first: int
    count: int
    once: bool
    status: int
    share: int = 1


@dataclass(frozen=True)
class Report:
    """Throughput and latency of a run. Times are in milliseconds; the CPU use is in cores."""

    per_second: float
    p50: float
    p99: float
    max: float
    unexpected: dict[str, int]
    """How many responses had an unexpected status, by status."""
    used: int
    """How many requests were sent of those that are sent once."""
    server_cpu: float
    load_cpu: float


@dataclass(frozen=True)
class Load:
    program: Path

    def start(self, plan: dict, core: int | None = LOAD_CORE) -> subprocess.Popen:
        command = pinned(core, [self.program])
        pipe = subprocess.PIPE
        started = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        started.stdin.write(json.dumps(plan))
        started.stdin.close()
        started.stdin = None
        return started

    def run(self, server: Running, plan: dict, core: int | None = LOAD_CORE) -> Report:
        with cpu_use(server) as use:
            report = finish(self.start(plan, core), plan)
        sent = zip(report.pop("sent"), plan["requests"])
        used = sum(count for count, kind in sent if kind["once"])
        return Report(**report, used=used, server_cpu=use.server, load_cpu=use.load)


def plan(
    server: Running,
    kinds: list[Kind],
    connections: int,
    seconds: float,
    warm_up: float = 0,
    rate: float | None = None,
) -> dict:
    return {
        "address": server.address,
        "connections": connections,
        "seconds": seconds,
        "warm_up": warm_up,
        "rate": rate,
        "requests": [vars(kind) for kind in kinds],
    }


def finish(started: subprocess.Popen, plan: dict) -> dict:
    try:
        output, _ = started.communicate(timeout=plan["seconds"] + GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()
        raise
    if started.returncode != 0:
        raise RuntimeError("the load generator failed")
    return json.loads(output)
