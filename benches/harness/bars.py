"""The performance bars: each is a limit for one figure of a run."""

from dataclasses import dataclass

from .extent import Extent
from .measure import Results

ROOMD, LARGE = "roomd", "roomd large"


@dataclass(frozen=True)
class Bar:
    what: str
    limit: float
    at_least: bool
    unit: str
    figure: float | None
    """None if it could not be measured."""

    @property
    def is_missed(self) -> bool:
        if self.figure is None:
            return False
        return self.figure < self.limit if self.at_least else self.figure > self.limit

    @property
    def verdict(self) -> str:
        if self.figure is None:
            return "not measured"
        return "missed" if self.is_missed else "met"

    @property
    def required(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {show(self.limit, self.unit)}"

    @property
    def measured(self) -> str:
        return "-" if self.figure is None else show(self.figure, self.unit)

    def __str__(self) -> str:
        return f"{self.verdict:>12}  {self.what}: {self.measured} ({self.required})"


def show(figure: float, unit: str) -> str:
    if unit == "times":
        return f"{figure:.2f}"
    return f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:.1f} {unit}"


def bars(extent: Extent, results: Results) -> list[Bar]:
    ratio = results.rates.ratio

    def times(what: str, limit: float, figure: float | None) -> Bar:
        return Bar(what, limit, True, "times", figure)

    def most(what: str, limit: float, unit: str, figure: float) -> Bar:
        return Bar(what, limit, False, unit, figure)

    saturated = extent.large_connections[-1]
    large, steady = results.footprints[LARGE], results.steady
    return [
        times("hit, 16 connections, to the ceiling", 0.75, ratio("hit", 16, ROOMD, "ceiling")),
        times("create, 64 connections, to the obvious design", 7, ratio("create", 64, ROOMD, "obvious")),
        Bar("create, 64 connections, p99 to the obvious design", 0.1, False, "times",
            ratio("create", 64, ROOMD, "obvious", value="p99")),
        times("create, 64 connections, to the ceiling", 0.3, ratio("create", 64, ROOMD, "ceiling")),
        times("hit, 16 connections, to PocketBase", 15, ratio("hit", 16, ROOMD, "pocketbase")),
        times("create, 64 connections, to PocketBase", 10, ratio("create", 64, ROOMD, "pocketbase")),
        times("create, 1 connection, to raw inserts", 0.6, to_raw(results)),
        *(
            times(f"{scenario}, {saturated} connections, large file to small file", 0.9,
                  ratio(scenario, saturated, LARGE, ROOMD))
            for scenario in ("hit", "create")
        ),
        most("steady creates, large file, p99", 10, "ms", steady.report.p99),
        most("steady creates, large file, slowest", 100, "ms", steady.report.max),
        most("steady creates, WAL", 64, "MiB", steady.wal_mib),
        most("memory after load, large file", 64, "MiB", large.loaded_mib),
        most("first answer after a start, large file", 50, "ms", large.first_answer_ms),
        most("first answer after a crash, large file", 50, "ms", results.crash.first_answer_ms),
        *(
            most(f"slowest search, {rooms:,} rooms", limit, "ms",
                 max(search.max for search in results.searches[rooms]))
            for rooms, limit in ((extent.medium_rooms, 25), (extent.large_rooms, 200))
        ),
        times("get-or-create beside searches, to alone", 0.8, results.interference.ratio),
    ]  # fmt: skip


def to_raw(results: Results) -> float | None:
    creates = results.rates.per_second("create", 1, ROOMD)
    return creates and creates / results.rates.median_raw
