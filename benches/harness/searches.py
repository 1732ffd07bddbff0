"""Measures searches for part of a name, alone and beside get-or-creates."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .extent import Extent
from .large import LargeRoomd
from .load import Kind, Load, finish, plan
from .numbering import digits
from .processes import Running
from .servers import Roomd, exchange

PAGE = 20
CONNECTIONS = 16
MARGIN_SECONDS = 0.3
"""How much earlier searches start, and how much later they end, than the load beside them."""


@dataclass(frozen=True)
class Search:
    what: str
    matches: int
    p50: float
    max: float


@dataclass(frozen=True)
class Interference:
    """Get-or-creates per second, in each round."""

    alone: list[float]
    beside_searches: list[float]

    @property
    def ratio(self) -> float:
        return median(self.beside_searches) / median(self.alone)


def queries(server: Roomd, running: Running) -> dict[str, str]:
    def last_page(query: str) -> str:
        return f"{query}&page={-(-matches(server, running, query) // PAGE)}"

    physics, most = "query=physics", "query=a"
    return {
        "one match": f"query={digits(server.rooms // 2)}",
        "1 in 16 match, first page": physics,
        "1 in 16 match, last page": last_page(physics),
        "1 in 16 match, last page by name": last_page(f"{physics}&sort=name%20asc"),
        "most match, first page": most,
        "most match, last page": last_page(most),
    }


def matches(server: Roomd, running: Running, query: str) -> int:
    answer = exchange(running.address, server.search_text(query))
    body = answer.partition(b"\r\n\r\n")[2]
    return json.loads(body)["pagination"]["totalCount"]


def kind(server: Roomd, query: str) -> Kind:
    return Kind(server.search_text(query), 0, 1, False, 200)


def measure_searches(extent: Extent, server: Roomd, load: Load, work: Path) -> list[Search]:
    print(f"searches, {server.rooms:,} rooms", flush=True)
    with server.on_fresh_data(work) as running:
        return [
            measure_search(extent, server, running, load, what, query)
            for what, query in queries(server, running).items()
        ]


def measure_search(
    extent: Extent, server: Roomd, running: Running, load: Load, what: str, query: str
) -> Search:
    searching = plan(running, [kind(server, query)], connections=1, seconds=extent.seconds)
    report = load.run(running, searching)
    if report.unexpected:
        raise RuntimeError(f"{what}: {report.unexpected}")
    search = Search(what, matches(server, running, query), report.p50, report.max)
    print(
        f"  {what:33}{search.matches:9,} matches  p50 {search.p50:7.2f} ms  max {search.max:7.2f} ms",
        flush=True,
    )
    return search


def measure_interference(extent: Extent, large: LargeRoomd, load: Load) -> Interference:
    """Measures get-or-creates alone and beside searches, in turns, on all cores."""
    alone, beside = [], []
    with large.running(large.folder, core=None) as running:
        searches = [kind(large, query) for query in queries(large, running).values()]
        for _ in range(extent.rounds):
            alone.append(mixed_per_second(extent, large, running, load))
            seconds = extent.seconds + extent.warm_up + 2 * MARGIN_SECONDS
            searching = plan(running, searches, connections=1, seconds=seconds)
            beside_it = load.start(searching, core=None)
            beside.append(mixed_per_second(extent, large, running, load))
            finish(beside_it, searching)
            print(f"  get-or-create alone {alone[-1]:9,.0f}/s, beside searches {beside[-1]:9,.0f}/s",
                  flush=True)  # fmt: skip
    return Interference(alone, beside)


def mixed_per_second(extent: Extent, large: LargeRoomd, running: Running, load: Load) -> float:
    mixed = plan(running, large.kinds("mixed"), CONNECTIONS, extent.seconds, extent.warm_up)
    report = load.run(running, mixed, core=None)
    large.count(report)
    return report.per_second
