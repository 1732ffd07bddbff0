"""Runs all measurements."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .build import Programs, target_folder
from .crash import Crash, measure_crash
from .extent import SMALL_ROOMS, Extent
from .footprint import Footprint, measure_footprint
from .large import (
    LargeFile,
    LargeObvious,
    LargeRoomd,
    Steady,
    measure_beside_backup,
    measure_steady,
)
from .load import Load
from .pocketbase import PocketBase
from .rounds import Rates, measure_rates, measure_raw, measure_workers
from .searches import Interference, Search, measure_interference, measure_searches
from .seed import Seed, seed
from .servers import Ceiling, OurPeer, Roomd, our_servers


@dataclass(frozen=True)
class Gains:
    """How many times as many look-ups two workers answer as one does."""

    roomd: float
    ceiling: float


@dataclass(frozen=True)
class Results:
    rates: Rates
    gains: Gains
    searches: dict[int, list[Search]]
    """By the number of rooms in the file."""
    interference: Interference
    footprints: dict[str, Footprint]
    steady: Steady
    beside_backup: list[Steady]
    """One after another, while a backup was made."""
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
        file = LargeFile(seeds.large, work / "large")
        large = LargeRoomd.on(file, "roomd large", programs.roomd, seeds.large)
        # The large file is what makes the scenario, so that its servers have their plain names.
        spreading = [
            Ceiling("ceiling", programs.peers, seeds.large),
            LargeRoomd.on(file, "roomd", programs.roomd, seeds.large),
            LargeObvious.on(file, "obvious", programs.peers, seeds.large),
        ]
        servers = {"hit": finding, "create": making, "mixed": making, "spread": spreading}
        rates = measure_rates(
            extent,
            servers,
            large,
            lambda: measure_raw(extent, programs.peers, seeds.small_with_new_users, work),
            load,
            work,
        )
        gains = Gains(*measure_workers(extent, worker_pairs(programs, seeds.small), load, work))
        medium = Roomd("roomd", programs.roomd, seeds.medium)
        searches = {
            server.rooms: measure_searches(extent, server, load, work)
            for server in (medium, large)
            if extent.has_tables
        }
        interference = measure_interference(extent, large, load)
        footprints = {
            server.name: measure_footprint(extent, server, load, work)
            for server in (*(making if extent.has_tables else ()), large)
        }
        steady = measure_steady(extent, large, load)
        beside_backup = measure_beside_backup(extent, large, load)
        crash = measure_crash(extent, large, load)
    return Results(
        rates, gains, searches, interference, footprints, steady, beside_backup, crash
    )


def worker_pairs(programs: Programs, seed: Seed) -> list[tuple[OurPeer, OurPeer]]:
    kinds = [(Roomd, "roomd", programs.roomd), (Ceiling, "ceiling", programs.peers)]
    return [
        (kind(f"{name} 1 worker", program, seed), kind(f"{name} 2 workers", program, seed, 2))
        for kind, name, program in kinds
    ]


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
