"""The figures that a run must reach."""

from dataclasses import dataclass

from .measure import Results

ROOMD, LARGE = "roomd", "roomd large"
NAMES = {"pocketbase": "PocketBase"}
"""The names of peers where they are not those of their figures."""
RATIO = ""
"""The unit of a ratio."""

CREATE_1 = "the request alone takes a seventh of the time, the answer changes threads twice, and checkpoints delay some commits"
CREATE_64 = "three fifths of the one core go to requests (checks, look-up, answer), and more than a third to the writer"
HIT = "a fifth of the time is what the ceiling has not: ids, limits, metrics, hosts, and the generation of the database"
SPREAD = "a third of the time is the look-up, a quarter is to send the answer and wake the client, a tenth the checks"

REASONS: dict[str, str] = {
    "mixed, 64 connections: roomd / ceiling": CREATE_64,
    "mixed, 64 connections: roomd / obvious": CREATE_64,
    "spread, 64 connections: roomd / ceiling": SPREAD,
    "spread, 64 connections: roomd / obvious": SPREAD,
    "hit, 16 connections: roomd / ceiling": HIT,
    "hit, 16 connections: roomd / PocketBase": HIT,
    "create, 1 connection: roomd / obvious": CREATE_1,
    "create, 1 connection: roomd / raw inserts": CREATE_1,
    "create, 64 connections: roomd / obvious": CREATE_64,
    "create, 64 connections: p99, roomd / obvious": (
        "every 4,000 pages of the log, commits wait 5 to 10 ms for the disk that the checkpoint writes to"
    ),
    "create, 64 connections: roomd / PocketBase": CREATE_64,
    "create, 64 connections: roomd / ceiling": CREATE_64,
    "create, 64 connections: large file / small file": (
        "in a large file no two rooms share a leaf of an index, so that a room writes two pages more"
    ),
    "mixed, 16 connections: beside searches / alone": (
        "a search has a tenth of the core, and each switch to it costs the worker what the processor had cached"
    ),
    "steady creates, large file: slowest beside a backup, over that alone": (
        "while the backup takes its snapshot, the log grows and the disk is busy: the sync of a commit waits for it"
    ),
}
"""Why thresholds are missed, by name, in one line each, which the page shows beside them."""


@dataclass(frozen=True)
class Threshold:
    name: str
    limit: float
    is_minimum: bool
    unit: str
    figure: float | None
    """None if it could not be measured."""

    @property
    def is_missed(self) -> bool:
        if self.figure is None:
            return False
        return self.figure < self.limit if self.is_minimum else self.figure > self.limit

    @property
    def verdict(self) -> str:
        if self.figure is None:
            return "not measured"
        return "missed" if self.is_missed else "met"

    @property
    def reason(self) -> str:
        return REASONS.get(self.name, "") if self.is_missed else ""

    @property
    def required(self) -> str:
        bound = "at least" if self.is_minimum else "at most"
        return f"{bound} {format_figure(self.limit, self.unit)}"

    @property
    def measured(self) -> str:
        return "-" if self.figure is None else format_figure(self.figure, self.unit)

    def __str__(self) -> str:
        return f"{self.verdict:>12}  {self.name}: {self.measured} ({self.required})"


def format_figure(figure: float, unit: str) -> str:
    if unit == RATIO:
        return f"{figure:.2f}"
    return f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:.1f} {unit}"


def thresholds(results: Results) -> list[Threshold]:
    ratio = results.rates.ratio

    def minimum(name: str, limit: float, figure: float | None) -> Threshold:
        return Threshold(name, limit, True, RATIO, figure)

    def maximum(name: str, limit: float, unit: str, figure: float | None) -> Threshold:
        return Threshold(name, limit, False, unit, figure)

    def against(peer: str, limit: float, scenario: str, connections: int) -> Threshold:
        name = f"{scenario}, {several(connections)}: roomd / {NAMES.get(peer, peer)}"
        return minimum(name, limit, ratio(scenario, connections, ROOMD, peer))

    large, steady, gains = results.footprints[LARGE], results.steady.report, results.gains
    slowest_beside_backup = max(run.report.max for run in results.beside_backup)
    return [
        against("ceiling", 0.55, "mixed", 64),
        against("obvious", 3.5, "mixed", 64),
        against("ceiling", 0.3, "spread", 64),
        against("obvious", 1.8, "spread", 64),
        against("ceiling", 0.85, "hit", 16),
        against("pocketbase", 14, "hit", 16),
        against("obvious", 1.1, "create", 1),
        minimum("create, 1 connection: roomd / raw inserts", 0.65, to_raw(results)),
        against("obvious", 5, "create", 64),
        maximum("create, 64 connections: p99, roomd / obvious", 0.2, RATIO,
                ratio("create", 64, ROOMD, "obvious", value="p99")),
        against("pocketbase", 7, "create", 64),
        against("ceiling", 0.2, "create", 64),
        minimum("create, 64 connections: large file / small file", 0.6,
                ratio("create", 64, LARGE, ROOMD)),
        minimum("mixed, 16 connections: beside searches / alone", 0.8, results.interference.ratio),
        minimum("hit, 64 connections: two workers / one, roomd / ceiling", 1,
                gains.roomd / gains.ceiling),
        maximum("steady creates, large file: p99", 10, "ms", steady.p99),
        maximum("steady creates, large file: slowest", 60, "ms", steady.max),
        maximum("steady creates, large file: WAL size", 64, "MiB", results.steady.wal_mib),
        maximum("steady creates, large file: slowest beside a backup, over that alone", 50, "ms",
                slowest_beside_backup - steady.max),
        maximum("memory after load, large file", 48, "MiB", large.loaded_mib),
        maximum("first response after a start, large file", 50, "ms", large.first_response_ms),
        maximum("first response after a crash, large file", 50, "ms", results.crash.first_response_ms),
    ]  # fmt: skip


def several(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections} connections"


def to_raw(results: Results) -> float | None:
    creates = results.rates.per_second("create", 1, ROOMD)
    return creates and creates / results.rates.median_raw
