"""The extent of a measurement: how much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    name: str
    profile: str
    """The build profile."""
    rounds: int
    seconds: float
    """How long a run counts responses."""
    warm_up: float
    connections: dict[str, tuple[int, ...]]
    """The numbers of connections of each scenario."""
    large_connections: dict[str, tuple[int, ...]]
    """Those that `roomd` is run with on the large file, too."""
    new_users: int
    """Users without a room in the small file: more than the fastest server creates rooms in a run."""
    large_rooms: int
    large_new_users: int
    """Users without a room in the large file: enough for all runs together."""
    medium_rooms: int
    steady_seconds: float
    backup_runs: int
    """How many such runs are made beside a backup at most."""
    starts: int
    has_tables: bool
    """Whether everything is measured that has a table, also where no bar is about it."""

    @property
    def has_thresholds(self) -> bool:
        return self.profile == "release"


SMALL_ROOMS = 1000
STEADY_RATE = 2000
STEADY_CONNECTIONS = 16
WORKERS_CONNECTIONS = 64
"""How many connections the servers with one and with two workers are compared with."""

FULL = Extent(
    name="full",
    profile="release",
    rounds=3,
    seconds=3,
    warm_up=0.5,
    connections={
        "hit": (1, 16, 64),
        "create": (1, 16, 64),
        "mixed": (1, 16, 64),
        "spread": (1, 16, 64),
    },
    large_connections={"hit": (16, 64), "create": (16, 64)},
    new_users=200_000,
    large_rooms=1_000_000,
    large_new_users=1_000_000,
    medium_rooms=100_000,
    steady_seconds=20,
    backup_runs=4,
    starts=9,
    has_tables=True,
)

QUICK = Extent(
    name="quick",
    profile="release",
    rounds=3,
    seconds=1,
    warm_up=0.2,
    connections={"hit": (16,), "create": (1, 64), "mixed": (64,), "spread": (64,)},
    large_connections={"create": (64,)},
    new_users=200_000,
    large_rooms=1_000_000,
    large_new_users=1_000_000,
    medium_rooms=100_000,
    steady_seconds=5,
    backup_runs=6,
    starts=5,
    has_tables=False,
)

SMOKE = Extent(
    name="smoke",
    profile="dev",
    rounds=1,
    seconds=1,
    warm_up=0,
    connections={"hit": (16,), "create": (1, 64), "mixed": (64,), "spread": (64,)},
    large_connections={"hit": (16,), "create": (64,)},
    new_users=50_000,
    large_rooms=5_000,
    large_new_users=100_000,
    medium_rooms=2_000,
    steady_seconds=1,
    backup_runs=1,
    starts=1,
    has_tables=True,
)
