"""What a power cut leaves of a disk.

The model. A sync of a file makes durable what was written to it before, its length, mode and owner. Of all
else that was written, anything may be left, whatever its order: each write whole, or some of its sectors, or
nothing. Two kinds of file systems differ in what makes names durable:

- JOURNAL, as ext4, XFS and Btrfs do it: names, modes and owners change in their order, so that a cut leaves those
  changes up to some moment. The sync of a file or a folder makes its own names durable, and with them all earlier
  changes.
- LOOSE, all that POSIX promises: only the sync of a folder makes the names in it durable. Of other changes any
  may be left, but none without an earlier one of the same name. A rename is one change.

In both, a file that was not synced may be empty or torn under its durable name. Sectors are written whole: no
disk that SQLite supports damages the bytes beside those that it writes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from disk import Attributes, Disk, Names, Operation, Sync, SyncFolder, Trace, Truncate, Write

SECTOR = 512
PAGE = 4096


class FileSystem(enum.Enum):
    JOURNAL = "journal"
    LOOSE = "loose"


class Rest(enum.Enum):
    """What is left of operations that no sync has made durable."""

    NOTHING = "nothing"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True)
class Cut:
    """A power cut before the operation with the number `position`."""

    position: int
    file_system: FileSystem
    rest: Rest
    seed: int

    def __str__(self) -> str:
        kinds = f"{self.file_system.value}, {self.rest.value} of what was not synced"
        return f"cut at {self.position} ({kinds}, seed {self.seed})"


def left_by(trace: Trace, cut: Cut) -> Disk:
    """Returns what is on the disk after the cut."""
    random = Random(cut.seed)
    done = trace.operations[: cut.position]
    names = names_left(done, cut, random)
    is_ordered = cut.file_system is FileSystem.JOURNAL
    synced = last_syncs(done)
    chance = random.choice([0.1, 0.5, 0.9])
    disk = trace.initial.copy()
    for number, operation in enumerate(done):
        match operation:
            case Names(changes, new):
                if number in names:
                    disk.apply(operation)
                elif new is not None:
                    # It may get another name that is durable.
                    disk.add(changes[0][2], new)
            case Attributes() if is_ordered:
                if number in names:
                    disk.apply(operation)
            case Write(ino) | Truncate(ino) | Attributes(ino):
                if number < synced.get(ino, -1):
                    disk.apply(operation)
                else:
                    for part in parts_left(operation, cut.rest, chance, random):
                        disk.apply(part)
    return disk


def last_syncs(done: list[Operation]) -> dict[int, int]:
    """Returns when each file or folder was last synced."""
    return {op.ino: number for number, op in enumerate(done) if isinstance(op, Sync | SyncFolder)}


def parts_left(operation: Operation, rest: Rest, chance: float, random: Random) -> list[Operation]:
    """Returns what is left of an operation on the contents of a file that was not synced."""
    if rest is not Rest.SOME:
        return [operation] if rest is Rest.ALL else []
    if isinstance(operation, Write) and random.random() < 0.3:
        return torn(operation, random)
    return [operation] if random.random() < chance else []


def torn(write: Write, random: Random) -> list[Operation]:
    """Returns the writes of some of the sectors, or pages of the cache, of a write."""
    unit = random.choice([SECTOR, PAGE])
    end, start, parts = write.offset + len(write.data), write.offset, []
    while start < end:
        stop = min(end, start - start % unit + unit)
        if random.random() < 0.5:
            parts.append(Write(write.ino, start, write.data[start - write.offset : stop - write.offset]))
        start = stop
    return parts


def names_left(done: list[Operation], cut: Cut, random: Random) -> set[int]:
    """Returns the numbers of the changes of names that are left; in a journal, of modes and owners too."""
    is_ordered = cut.file_system is FileSystem.JOURNAL
    kinds = Names | Attributes if is_ordered else Names
    changes = {number: op for number, op in enumerate(done) if isinstance(op, kinds)}
    if cut.rest is Rest.ALL:
        return set(changes)
    if is_ordered:
        first_lost = journal_end(done)
        if cut.rest is Rest.SOME:
            first_lost = random.randint(first_lost, len(done))
        return {number for number in changes if number < first_lost}
    return loose_names(done, changes, keeper(cut.rest, changes, random))


def journal_end(done: list[Operation]) -> int:
    """Returns the number from which on changes are not durable in a journal."""
    last_change: dict[int, int] = {}
    end = 0
    for number, operation in enumerate(done):
        match operation:
            case Names(changes):
                for folder, _, ino in changes:
                    last_change[folder] = number
                    if ino is not None:
                        last_change[ino] = number
            case Attributes(ino):
                last_change[ino] = number
            case Sync(ino) | SyncFolder(ino):
                end = max(end, last_change.get(ino, -1) + 1)
    return end


def keeper(rest: Rest, changes: dict[int, Names], random: Random) -> Callable[[int], bool]:
    """Returns what decides whether a change that is not durable is left."""
    if rest is Rest.NOTHING or not changes:
        return lambda _: False
    if random.random() < 0.5:
        # What is late is left, and what was before it is not: the order that programs are least prepared for.
        latest = list(changes)[-8:]
        first = random.choice(latest)
        return lambda number: number >= first
    chance = random.choice([0.1, 0.5, 0.9])
    return lambda _: random.random() < chance


def loose_names(done: list[Operation], changes: dict[int, Names], is_kept: Callable[[int], bool]) -> set[int]:
    synced = {op.ino: number for number, op in enumerate(done) if isinstance(op, SyncFolder)}
    left: set[int] = set()
    lost: set[tuple[int, str]] = set()
    for number, operation in changes.items():
        places = {(folder, name) for folder, name, _ in operation.changes}
        is_durable = any(number < synced.get(folder, -1) for folder, _ in places)
        if is_durable or (not places & lost and is_kept(number)):
            left.add(number)
        else:
            lost |= places
    return left
