"""All measurements, one after the other."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .build import Programs, target_folder
from .extent import SMALL_ROOMS, Extent
from .footprint import Footprint, first_answer, measure_footprint
from .large import LargeRoomd, Steady, crash_with_a_big_log, measure_steady
from .load import Load
from .pocketbase import PocketBase
from .rounds import Rates, measure_rates, measure_raw
from .searches import Interference, Search, measure_interference, measure_searches
from .seed import seed
from .servers import Roomd, Server, our_servers


@dataclass(frozen=True)
class Results:
    rates: Rates
    footprints: dict[str, Footprint]
    steady: Steady
    log_left_mib: float
    """The write-ahead log that a crash left."""
    first_answer_after_crash_ms: float
    searches: dict[int, list[Search]]
    """By the number of rooms in the file."""
    interference: Interference


def measure(extent: Extent, programs: Programs) -> Results:
    kept = target_folder() / "bench"
    small = seed(programs.roomd, kept, SMALL_ROOMS, extent.new_users)
    medium = seed(programs.roomd, kept, extent.medium_rooms, 0)
    many = seed(programs.roomd, kept, extent.large_rooms, extent.large_new_users)
    load = Load(programs.load)
    servers: list[Server] = [*our_servers(programs, small)]
    if programs.pocketbase:
        users = small.rooms + extent.new_users
        servers.append(PocketBase(programs.pocketbase, kept, load, SMALL_ROOMS, users))
    with tempfile.TemporaryDirectory(dir=kept, prefix="work-") as folder:
        work = Path(folder)
        large = LargeRoomd(programs.roomd, many, work / "large")
        rates = measure_rates(extent, servers, large, load, work)
        rates.raw.extend(measure_raw(extent, programs.peers, small, work) for _ in range(extent.rounds))
        searches = {}
        for server in (Roomd("roomd", programs.roomd, medium), large):
            print(f"searches, {server.rooms:,} rooms", flush=True)
            with server.on_fresh_data(work) as running:
                searches[server.rooms] = measure_searches(extent, server, running, load)
        interference = measure_interference(extent, large, load)
        print("footprints", flush=True)
        footprints = {}
        for server in servers:
            with tempfile.TemporaryDirectory(dir=work, prefix="run-") as folder:
                server.prepare(Path(folder))
                footprints[server.name] = measure_footprint(extent, server, load, Path(folder))
        footprints[large.name] = measure_footprint(extent, large, load, large.folder)
        print("steady creates", flush=True)
        steady = measure_steady(extent, large, load)
        log_left = crash_with_a_big_log(large, load)
        after_crash = [first_answer(large, large.folder, then_kill=True) for _ in range(extent.starts)]
    return Results(rates, footprints, steady, log_left, max(after_crash), searches, interference)
