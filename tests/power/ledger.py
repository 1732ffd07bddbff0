"""What callers know of changes, and when they learned it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from machine import Failed


@dataclass
class Change:
    """A change of one thing, with the positions of the disk at its request and after its acknowledgement."""

    thing: Hashable
    requested: int
    acknowledged: int | None = None
    # None means that the thing does not exist.
    value: Any = None


@dataclass
class Ledger:
    position: Callable[[], int]
    changes: list[Change] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start_with(self, thing: Hashable, value: Any) -> None:
        """Notes what is on the disk from the start."""
        self.changes.append(Change(thing, 0, 0, value))

    @contextlib.contextmanager
    def change(self, thing: Hashable, value: Any = None) -> Iterator[Change]:
        """Notes a change whose acknowledgement comes before the end of the block. The block may set the value."""
        change = Change(thing, self.position(), value=value)
        with self.lock:
            self.changes.append(change)
        yield change
        change.acknowledged = self.position()

    def allowed(self, position: int) -> dict[Hashable, list[Any]]:
        """Returns the values that each thing may have after a cut at a position: the one that was last
        acknowledged, and those that were requested later. A thing has one caller."""
        allowed: dict[Hashable, list[Any]] = {}
        for change in self.changes:
            values = allowed.setdefault(change.thing, [None])
            if change.acknowledged is not None and change.acknowledged <= position:
                values[:] = [change.value]
            elif change.requested <= position:
                values.append(change.value)
        return allowed

    def compare(self, position: int, found: dict[Hashable, Any]) -> None:
        """Fails if a thing has a value that it cannot have."""
        allowed = self.allowed(position)
        for thing in allowed.keys() | found.keys():
            values = allowed.get(thing, [None])
            if found.get(thing) not in values:
                raise Failed(f"{thing}: found {found.get(thing)!r:.500}, and not one of {values!r:.1000}")
