"""Draws throughput and p99 latency, as SVG."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .extent import Extent
from .rounds import Rates

SERVERS = {
    "ceiling": ("ceiling", "#b8bcc4"),
    "roomd": ("roomd", "#0b6e4f"),
    "obvious": ("obvious design", "#e09f3e"),
    "pocketbase": ("PocketBase", "#7d5ba6"),
}
SCENARIOS = ("hit", "create", "mixed")
"""Those of the small file, with all servers."""

LEFT, TOP = 24, 64
PANEL_WIDTH, PANEL_HEIGHT = 320, 170
GAP_X, GAP_Y = 24, 66
BAR, GROUP_GAP = 22, 18


@dataclass(frozen=True)
class Row:
    """A row of panels, one for each scenario."""

    title: str
    value: str
    height_of: Callable[[float, float], float]
    """Returns the height of a bar, as a part of a panel, for a figure and the largest in the row."""
    label: Callable[[float], str]


def of_largest(figure: float, largest: float) -> float:
    return figure / largest


def by_magnitude(figure: float, largest: float, smallest: float = 0.01) -> float:
    return math.log(max(figure, smallest) / smallest) / math.log(largest / smallest)


def rate(figure: float) -> str:
    return (
        f"{figure / 1000:.{0 if figure >= 10_000 else 1}f}k" if figure >= 1000 else f"{figure:.0f}"
    )


def milliseconds(figure: float) -> str:
    if figure >= 1000:
        return f"{figure / 1000:.1f} s"
    return f"{figure:.2g}" if figure < 10 else f"{figure:.0f}"


ROWS = [
    Row("requests per second", "per_second", of_largest, rate),
    Row("p99 latency in ms (logarithmic)", "p99", by_magnitude, milliseconds),
]


def plot(extent: Extent, rates: Rates) -> str:
    width = LEFT * 2 + len(SCENARIOS) * PANEL_WIDTH + (len(SCENARIOS) - 1) * GAP_X
    height = TOP + len(ROWS) * (PANEL_HEIGHT + GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="system-ui, sans-serif" font-size="11" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *legend(),
    ]
    for line, row in enumerate(ROWS):
        top = TOP + line * (PANEL_HEIGHT + GAP_Y)
        parts.append(text(LEFT, top - 12, row.title, "start", 'font-weight="600"'))
        for column, scenario in enumerate(SCENARIOS):
            left = LEFT + column * (PANEL_WIDTH + GAP_X)
            parts += panel(extent, rates, row, scenario, left, top)
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend() -> Iterator[str]:
    x = LEFT
    for label, color in SERVERS.values():
        yield rectangle(x, 12, 12, 12, color)
        yield text(x + 18, 22, label, "start")
        x += 34 + 7 * len(label)


def panel(
    extent: Extent, rates: Rates, row: Row, scenario: str, left: float, top: float
) -> Iterator[str]:
    bottom = top + PANEL_HEIGHT
    largest = max(
        rates.median(*key, row.value) or 0
        for key in rates.reports
        if key[0] in SCENARIOS and key[2] in SERVERS
    )
    x = left
    for connections in extent.connections[scenario]:
        group = x
        for server, (_, color) in SERVERS.items():
            figure = rates.median(scenario, connections, server, row.value)
            if figure:
                # The rest of the height is for the label of the highest bar.
                height = max(1, row.height_of(figure, largest) * (PANEL_HEIGHT - 16))
                yield rectangle(x, bottom - height, BAR - 2, height, color)
                yield text(
                    x + BAR / 2 - 1,
                    bottom - height - 4,
                    row.label(figure),
                    "middle",
                    'font-size="9"',
                )
            x += BAR
        yield text((group + x) / 2, bottom + 14, str(connections))
        x += GROUP_GAP
    yield f'<path d="M{left} {bottom}H{left + PANEL_WIDTH}" stroke="#888"/>'
    middle = left + (x - GROUP_GAP - left) / 2
    yield text(middle, bottom + 30, f"{scenario}, by connections", "middle", 'font-weight="600"')


def rectangle(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:g}" y="{y:.1f}" width="{width:g}" height="{height:.1f}" fill="{color}"/>'


def text(x: float, y: float, content: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:.1f}" text-anchor="{anchor}" {more}>{content}</text>'
