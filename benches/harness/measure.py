"""Runs all measurements."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .build import Programs, target_folder
from .crash import Crash, measure_crash
from .extent import SMALL_ROOMS, Extent
from .footprint import Footprint, measure_footprint
from .large import LargeRoomd, Steady, measure_anywhere, measure_steady
from .load import Load, Report
from .pocketbase import PocketBase
from .rounds import Rates, measure_rates, measure_raw
from .searches import Interference, Search, measure_interference, measure_searches
from .seed import Seed, seed
from .servers import Roomd, our_servers


@dataclass(frozen=True)
class Results:
    rates: Rates
    searches: dict[int, list[Search]]
    """By the number of rooms in the file."""
    interference: Interference
    footprints: dict[str, Footprint]
    anywhere: Report
    steady: Steady
    crash: Crash


def measure(extent: Extent, programs: Programs) -> Results:
    stored = target_folder() / "bench"
    stored.mkdir(exist_ok=True)
    load = Load(programs.load)
    seeds = Seeds.make(extent, programs, stored)
    pocketbase = []
    if programs.pocketbase:
        users = SMALL_ROOMS + extent.new_users
        pocketbase = [PocketBase(programs.pocketbase, stored, load, SMALL_ROOMS, users)]
    # Look-ups need no users without rooms.
    finding = [*our_servers(programs, seeds.small), *pocketbase]
    making = [*our_servers(programs, seeds.small_with_new_users), *pocketbase]
    with tempfile.TemporaryDirectory(dir=stored, prefix="work-") as folder:
        work = Path(folder)
        large = LargeRoomd(programs.roomd, seeds.large, work / "large")
        rates = measure_rates(
            extent,
            lambda scenario: finding if scenario == "hit" else making,
            large,
            lambda: measure_raw(extent, programs.peers, seeds.small_with_new_users, work),
            load,
            work,
        )
        medium = Roomd("roomd", programs.roomd, seeds.medium)
        searches = {
            server.rooms: measure_searches(extent, server, load, work) for server in (medium, large)
        }
        interference = measure_interference(extent, large, load)
        footprints = {
            server.name: measure_footprint(extent, server, load, work)
            for server in (*making, large)
        }
        anywhere = measure_anywhere(extent, large, load)
        steady = measure_steady(extent, large, load)
        crash = measure_crash(extent, large, load)
    return Results(rates, searches, interference, footprints, anywhere, steady, crash)


@dataclass(frozen=True)
class Seeds:
    small: Seed
    small_with_new_users: Seed
    medium: Seed
    large: Seed

    @classmethod
    def make(cls, extent: Extent, programs: Programs, folder: Path) -> "Seeds":
        return cls(
            *(
                seed(programs.roomd, folder, rooms, new_users)
                for rooms, new_users in (
                    (SMALL_ROOMS, 0),
                    (SMALL_ROOMS, extent.new_users),
                    (extent.medium_rooms, 0),
                    (extent.large_rooms, extent.large_new_users),
                )
            )
        )
