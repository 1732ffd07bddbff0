"""Cuts the power while roomd works, and checks what is left.

Each scenario runs once on a disk that records every operation. Then the disk is brought into the states that
power cuts at different moments may leave, and roomd is started on each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from cut import Cut, FileSystem, Rest, left_by
from disk import SyncFolder, Trace, syncs_of
from ledger import Ledger
from machine import Failed, Machine, mounted
from package import Install, Upgrade
from scenarios import SCENARIOS, MigrationAgain, Scenario, record
from selftest import SAFE, UNSAFE, WITHOUT_SYNCS

# How many cuts of a database there are, of all scenarios together, unless ROOMD_POWER_CUTS is set.
CUTS = 280
# The cuts of a program that tests this one, and of roomd without its syncs: so many that a lucky run is out of
# the question.
SELF_TEST_CUTS = 120
CARELESS_CUTS = 24
# Where files cost no disk.
MEMORY = "/dev/shm"


def main() -> int:
    chosen = parse_arguments()
    if not can_mount():
        print("no file system can be mounted here: the tests of power cuts are skipped", file=sys.stderr)
        return int("ROOMD_MOUNT" in os.environ)
    seed = int(os.environ.get("ROOMD_SEED") or Random().getrandbits(32))
    cuts = int(os.environ.get("ROOMD_POWER_CUTS") or CUTS)
    roomd = chosen.roomd.resolve()
    wrong = [] if chosen.scenario else self_test(roomd, seed, chosen.strace)
    numbers = {kind(): cuts // len(SCENARIOS) for kind in SCENARIOS}
    if chosen.debian:
        # Each takes as long as some dozen of the others.
        numbers |= {kind(*chosen.debian): cuts // 70 for kind in (Install, Upgrade)}
    for scenario, number in numbers.items():
        if not chosen.scenario or scenario.name in chosen.scenario:
            wrong += run(scenario, roomd, number, seed)
    for failure in wrong[:10]:
        print(failure, file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} failures; ROOMD_SEED={seed} repeats the choice of cuts", file=sys.stderr)
    return int(bool(wrong))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roomd", type=Path, help="the executable")
    parser.add_argument("scenario", nargs="*", help="those to run; without, all and the self-test")
    parser.add_argument("--strace", action="store_true", help="also run roomd without its syncs, which must fail")
    parser.add_argument("--debian", nargs=2, type=Path, metavar=("TAR", "DEB"), help="a Debian, and the package")
    return parser.parse_args()


def can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        initial = Path(folder) / "initial"
        initial.mkdir()
        try:
            with mounted(initial, Path(folder)):
                return True
        except Failed:
            return False


def self_test(roomd: Path, seed: int, has_strace: bool) -> list[str]:
    """Returns which programs that lose data were not caught, and what was wrongly caught."""
    wrong = []
    for scenario in SAFE:
        wrong += run(scenario, roomd, SELF_TEST_CUTS, seed)
    careless = [(scenario, []) for scenario in UNSAFE]
    if has_strace:
        # After a first start that was cut late, the next one has nothing to lose.
        careless += [(kind(), WITHOUT_SYNCS) for kind in SCENARIOS if kind is not MigrationAgain]
    for scenario, under in careless:
        # It must fail, so that it is no news.
        if not run(scenario, roomd, CARELESS_CUTS if under else SELF_TEST_CUTS, seed, under):
            wrong.append(f"{scenario.name}{' without syncs' if under else ''}: no cut has found that it loses data")
    return wrong


def run(scenario: Scenario, roomd: Path, wanted: int, seed: int, under: list[str] | None = None) -> list[str]:
    """Runs a scenario and cuts it. Returns the failures."""
    started = time.monotonic()
    scenario.random = random = Random(f"{seed} {scenario.name}")
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        scratch = Path(folder)
        trace, ledger = record(scenario, roomd, scratch, under or [])
        cuts = choose(scenario, trace, wanted, bool(under), random)
        with ThreadPoolExecutor(2) as threads:
            found = threads.map(lambda cut: failure_of(scenario, roomd, trace, ledger, cut, scratch), cuts)
            failures = [failure for failure in found if failure]
    name = scenario.name + (" without syncs" if under else "")
    seconds = time.monotonic() - started
    print(f"{name}: {len(trace.operations)} operations, {len(syncs_of(trace))} of them syncs; {len(cuts)} cuts in "
          f"{seconds:.0f} s, {len(failures)} failed", flush=True)  # fmt: skip
    return failures


def choose(scenario: Scenario, trace: Trace, wanted: int, is_careless: bool, random: Random) -> list[Cut]:
    """Chooses cuts, most of them around syncs."""
    syncs = syncs_of(trace)
    chosen = syncs
    if is_careless or not scenario.every_sync:
        chosen = random.sample(syncs, min(len(syncs), wanted // 4))
    # Before a sync the most is in doubt; after it, what it has made durable must do.
    places = [(n, Rest.SOME) for n in chosen] + [(n + 1, Rest.NOTHING) for n in chosen]
    delicate = scenario.delicate(trace) or syncs
    while len(places) < wanted:
        rest = random.choices(list(Rest), weights=[2, 7, 1])[0]
        is_delicate = delicate and random.random() < 0.7
        places.append((random.choice(delicate) if is_delicate else random.randint(0, len(trace.operations)), rest))
    kinds = [FileSystem.JOURNAL] if scenario.needs_journal else list(FileSystem)
    cuts = [Cut(n, random.choice(kinds), rest, random.getrandbits(32)) for n, rest in places]
    if scenario.every_sync and not is_careless:
        # Before the sync of a folder, names are in doubt, of which there are many states.
        folders = [n for n in syncs if isinstance(trace.operations[n], SyncFolder)]
        cuts += [Cut(n, FileSystem.LOOSE, Rest.SOME, random.getrandbits(32)) for n in folders * 3]
    return cuts


def failure_of(scenario: Scenario, roomd: Path, trace: Trace, ledger: Ledger, cut: Cut, scratch: Path) -> str | None:
    """Makes what a cut leaves, and checks it. Returns what is wrong."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        try:
            with scenario.placed(left_by(trace, cut), Path(folder)) as left:
                scenario.check(Machine(left, roomd), ledger, cut)
        except Exception as error:  # Whatever it is, it is told with the cut.
            return f"{scenario.name}, {cut}: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
