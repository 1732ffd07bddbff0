"""Measures the scenarios in rounds in which the servers take turns."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .extent import WORKERS_CONNECTIONS, Extent
from .large import LargeRoomd
from .load import Load, Report, plan
from .processes import LOAD_CORE, SERVER_CORE, pinned
from .seed import Seed
from .servers import OurPeer, Server


@dataclass
class Rates:
    """The results of all rounds, by scenario, connections and server."""

    reports: dict[tuple[str, int, str], list[Report]] = field(default_factory=dict)
    raw: list[float] = field(default_factory=list)
    """Inserts per second, without a server."""

    def median(self, scenario: str, connections: int, server: str, value: str) -> float | None:
        """Returns the median of a value. None if it was not measured."""
        reports = self.reports.get((scenario, connections, server), [])
        return median(getattr(report, value) for report in reports) if reports else None

    def ratio(
        self, scenario: str, connections: int, server: str, to: str, value: str = "per_second"
    ) -> float | None:
        figure = self.median(scenario, connections, server, value)
        reference = self.median(scenario, connections, to, value)
        return None if figure is None or not reference else figure / reference

    def errors(self, scenario: str, connections: int, server: str) -> int:
        reports = self.reports.get((scenario, connections, server), [])
        return sum(sum(report.unexpected.values()) for report in reports)

    @property
    def median_raw(self) -> float:
        return median(self.raw)

    def per_second(self, scenario: str, connections: int, server: str) -> float | None:
        return self.median(scenario, connections, server, "per_second")


def measure_rates(
    extent: Extent,
    servers: dict[str, list[Server]],
    large: LargeRoomd,
    raw: Callable[[], float],
    load: Load,
    work: Path,
) -> Rates:
    """Measures all scenarios. `servers` are those of each scenario, besides the large one; `raw`
    measures raw inserts."""
    rates = Rates()
    for scenario, connections in turns(extent):
        if (scenario, connections) == ("create", 1):
            rates.raw.append(raw())
        taking_turns = servers[scenario]
        if connections in extent.large_connections.get(scenario, ()):
            taking_turns = [*taking_turns, large]
        for server in taking_turns:
            report = run(extent, scenario, connections, server, load, work)
            rates.reports.setdefault((scenario, connections, server.name), []).append(report)
    return rates


def turns(extent: Extent) -> Iterator[tuple[str, int]]:
    for number in range(extent.rounds):
        print(f"round {number + 1} of {extent.rounds}", flush=True)
        for scenario, all_connections in extent.connections.items():
            for connections in all_connections:
                yield scenario, connections


def measure_workers(
    extent: Extent, pairs: list[tuple[OurPeer, OurPeer]], load: Load, work: Path
) -> list[float]:
    """How many times as fast the second server of each pair is, with both cores open to all: the
    medians of all rounds."""
    gains = [[] for _ in pairs]
    for _ in range(extent.rounds):
        for (one, two), of_pair in zip(pairs, gains):
            of_one, of_two = (
                run(extent, "hit", WORKERS_CONNECTIONS, server, load, work, is_pinned=False)
                for server in (one, two)
            )
            of_pair.append(of_two.per_second / of_one.per_second)
    return [median(of_pair) for of_pair in gains]


def run(
    extent: Extent,
    scenario: str,
    connections: int,
    server: Server,
    load: Load,
    work: Path,
    is_pinned: bool = True,
) -> Report:
    server_core, load_core = (SERVER_CORE, LOAD_CORE) if is_pinned else (None, None)
    with server.data(work) as folder, server.running(folder, server_core) as running:
        kinds = server.kinds(scenario)
        intended = plan(running, kinds, connections, extent.seconds, extent.warm_up)
        report = load.run(running, intended, load_core)
    server.count(report)
    if report.unexpected and not server.may_fail:
        raise RuntimeError(f"{scenario}: {server.name} answered {report.unexpected}")
    print(
        f"  {scenario:7}{connections:3}  {server.name:17}{report.per_second:9,.0f}/s"
        f"  p99 {report.p99:8.2f} ms  max {report.max:8.2f} ms"
        f"  CPU: server {report.server_cpu:4.0%}, load {report.load_cpu:4.0%}",
        *([f" errors {report.unexpected}"] if report.unexpected else []),
        flush=True,
    )
    return report


def measure_raw(extent: Extent, peers: Path, seed: Seed, work: Path) -> float:
    """How many rooms per second are inserted and committed in a loop."""
    with tempfile.TemporaryDirectory(dir=work, prefix="run-") as folder:
        file = Path(folder) / "rooms.db"
        seed.copy_to(file)
        first, count = str(seed.rooms), str(seed.users - seed.rooms)
        command = [peers, "raw", file, first, count, str(extent.seconds)]
        per_second = json.loads(subprocess.check_output(pinned(SERVER_CORE, command)))["per_second"]
    print(f"  create   1  raw              {per_second:9,.0f}/s", flush=True)
    return per_second
