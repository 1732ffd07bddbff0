"""The figures that a run must reach."""

from dataclasses import dataclass

from .extent import Extent
from .measure import Results

ROOMD, LARGE = "roomd", "roomd large"
RATIO = ""
"""The unit of a ratio."""


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


def thresholds(extent: Extent, results: Results) -> list[Threshold]:
    ratio = results.rates.ratio

    def minimum(name: str, limit: float, figure: float | None) -> Threshold:
        return Threshold(name, limit, True, RATIO, figure)

    def maximum(name: str, limit: float, unit: str, figure: float) -> Threshold:
        return Threshold(name, limit, False, unit, figure)

    saturated = extent.large_connections[-1]
    large, steady = results.footprints[LARGE], results.steady
    return [
        minimum("hit, 16 connections: roomd / ceiling", 0.75, ratio("hit", 16, ROOMD, "ceiling")),
        minimum("create, 64 connections: roomd / obvious", 7, ratio("create", 64, ROOMD, "obvious")),
        Threshold("create, 64 connections: p99, roomd / obvious", 0.1, False, RATIO,
                  ratio("create", 64, ROOMD, "obvious", value="p99")),
        minimum("create, 64 connections: roomd / ceiling", 0.3, ratio("create", 64, ROOMD, "ceiling")),
        minimum("hit, 16 connections: roomd / PocketBase", 15, ratio("hit", 16, ROOMD, "pocketbase")),
        minimum("create, 64 connections: roomd / PocketBase", 10, ratio("create", 64, ROOMD, "pocketbase")),
        minimum("create, 1 connection: roomd / raw inserts", 0.6, to_raw(results)),
        *(
            minimum(f"{scenario}, {saturated} connections: large file / small file", 0.9,
                    ratio(scenario, saturated, LARGE, ROOMD))
            for scenario in ("hit", "create")
        ),
        maximum("steady creates, large file: p99", 10, "ms", steady.report.p99),
        maximum("steady creates, large file: slowest", 100, "ms", steady.report.max),
        maximum("steady creates, large file: WAL size", 64, "MiB", steady.wal_mib),
        maximum("memory after load, large file", 64, "MiB", large.loaded_mib),
        maximum("first response after a start, large file", 50, "ms", large.first_response_ms),
        maximum("first response after a crash, large file", 50, "ms", results.crash.first_response_ms),
        *(
            maximum(f"slowest search, {rooms:,} rooms", limit, "ms",
                    max(search.max for search in results.searches[rooms]))
            for rooms, limit in ((extent.medium_rooms, 25), (extent.large_rooms, 200))
        ),
        minimum("get-or-create: beside searches / alone", 0.8, results.interference.ratio),
    ]  # fmt: skip


def to_raw(results: Results) -> float | None:
    creates = results.rates.per_second("create", 1, ROOMD)
    return creates and creates / results.rates.median_raw
