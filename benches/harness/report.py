"""Writes the page and the chart of the results."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from string import Template

from . import footprint, searches
from .extent import SMALL_ROOMS, STEADY_CONNECTIONS, STEADY_RATE, WORKERS_CONNECTIONS, Extent
from .measure import Results
from .plot import SCENARIOS, SERVERS, plot
from .rounds import Rates
from .servers import CREATES, HITS
from .thresholds import Threshold

TEMPLATE = Path(__file__).with_name("performance.md.in")

UNMEASURED = [("spread", "pocketbase")]
"""Scenarios that a server is not measured in."""


def write_report(
    folder: Path,
    extent: Extent,
    machine: list[tuple[str, str]],
    results: Results,
    thresholds: list[Threshold],
) -> None:
    page = Template(TEMPLATE.read_text()).substitute(
        thresholds=table(
            ["threshold", "required", "measured", "verdict", "reason"],
            (
                (each.name, each.required, each.measured, each.verdict, each.reason)
                for each in thresholds
            ),
        ),
        machine=table(["", ""], machine),
        rates="\n\n".join(
            rate_table(extent, results.rates, scenario) for scenario in SCENARIOS
        ),
        spread=rate_table(extent, results.rates, "spread"),
        raw=f"{results.rates.median_raw:,.0f}",
        cpu=cpu_table(extent, results.rates),
        large=large_table(extent, results.rates),
        steady=steady_table(results),
        roomd_gain=f"{results.gains.roomd:.2f}",
        ceiling_gain=f"{results.gains.ceiling:.2f}",
        workers_connections=WORKERS_CONNECTIONS,
        footprints=footprint_table(results),
        searches=search_table(results),
        hits=HITS,
        creates=CREATES,
        rounds=extent.rounds,
        seconds=extent.seconds,
        small_rooms=f"{SMALL_ROOMS:,}",
        large_rooms=f"{extent.large_rooms:,}",
        steady_rate=f"{STEADY_RATE:,}",
        steady_connections=STEADY_CONNECTIONS,
        steady_seconds=extent.steady_seconds,
        load_connections=footprint.LOAD_CONNECTIONS,
        wal_left=f"{results.crash.wal_mib:.0f}",
        first_response_after_crash=f"{results.crash.first_response_ms:.0f}",
        page=searches.PAGE,
        interference_connections=searches.CONNECTIONS,
        alone=f"{median(results.interference.alone):,.0f}",
        beside=f"{median(results.interference.beside_searches):,.0f}",
    )
    (folder / "performance.md").write_text(page)
    (folder / "performance.svg").write_text(plot(extent, results.rates))


def table(heads: list[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def rate_table(extent: Extent, rates: Rates, scenario: str) -> str:
    servers = [server for server in SERVERS if (scenario, server) not in UNMEASURED]
    peers = [server for server in servers if server != "roomd"]
    rows = (
        [
            connections,
            *(rate(rates, scenario, connections, server) for server in servers),
            *(ratio(rates, scenario, connections, "roomd", peer) for peer in peers),
        ]
        for connections in extent.connections[scenario]
    )
    heads = [f"{scenario}, connections", *servers, *(f"roomd / {peer}" for peer in peers)]
    return table(heads, rows)


def rate(rates: Rates, scenario: str, connections: int, server: str) -> str:
    per_second = rates.per_second(scenario, connections, server)
    if per_second is None:
        return "missing"
    p99 = rates.median(scenario, connections, server, "p99")
    errors = rates.errors(scenario, connections, server)
    return f"{per_second:,.0f} ({p99:.2f})" + (f", {errors} errors" if errors else "")


def ratio(rates: Rates, scenario: str, connections: int, server: str, to: str) -> str:
    figure = rates.ratio(scenario, connections, server, to)
    return "-" if figure is None else f"{figure:.2f}"


def cpu_table(extent: Extent, rates: Rates) -> str:
    rows = (
        [
            scenario,
            connections,
            *(cpu(rates, scenario, connections, side) for side in ("server", "load")),
        ]
        for scenario in ("hit", "create")
        for connections in extent.connections[scenario]
    )
    return table(["scenario", "connections", "ceiling", "load generator"], rows)


def cpu(rates: Rates, scenario: str, connections: int, side: str) -> str:
    return f"{rates.median(scenario, connections, 'ceiling', f'{side}_cpu'):.0%}"


def large_table(extent: Extent, rates: Rates) -> str:
    rows = (
        [
            f"{scenario}, {connections} connections",
            *(rate(rates, scenario, connections, server) for server in ("roomd", "roomd large")),
            ratio(rates, scenario, connections, "roomd large", "roomd"),
        ]
        for scenario, all_connections in extent.large_connections.items()
        for connections in all_connections
    )
    return table(["", f"{SMALL_ROOMS:,} rooms", f"{extent.large_rooms:,} rooms", "ratio"], rows)


def steady_table(results: Results) -> str:
    runs = [("alone", results.steady)]
    runs += [("beside a backup", steady) for steady in results.beside_backup]
    rows = (
        [
            what,
            f"{steady.report.p50:.2f}",
            f"{steady.report.p99:.2f}",
            f"{steady.report.max:.2f}",
            f"{steady.wal_mib:.0f}",
        ]
        for what, steady in runs
    )
    return table(["", "median, ms", "p99, ms", "slowest, ms", "largest WAL, MiB"], rows)


def footprint_table(results: Results) -> str:
    rows = (
        [server, *(f"{figure:.1f}" for figure in vars(footprint).values())]
        for server, footprint in results.footprints.items()
    )
    heads = ["server", "executable, MiB", "first response, ms", "idle, MiB", "after load, MiB"]
    return table(heads, rows)


def search_table(results: Results) -> str:
    rows = (
        [f"{rooms:,}", search.what, f"{search.matches:,}", f"{search.p50:.1f}", f"{search.max:.1f}"]
        for rooms, found in results.searches.items()
        for search in found
    )
    return table(["rooms", "search", "matches", "median, ms", "slowest, ms"], rows)
