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
    large_connections: tuple[int, ...]
    """How many connections `hit` and `create` are run with on the large file."""
    new_users: int
    """Users without a room in the small file: more than the fastest server creates rooms in a run."""
    large_rooms: int
    large_new_users: int
    """Users without a room in the large file: enough for all runs together."""
    medium_rooms: int
    steady_seconds: float
    starts: int

    @property
    def has_thresholds(self) -> bool:
        return self.profile == "release"


SMALL_ROOMS = 1000
STEADY_RATE = 2000
STEADY_CONNECTIONS = 16

FULL = Extent(
    name="full",
    profile="release",
    rounds=3,
    seconds=3,
    warm_up=0.5,
    connections={scenario: (1, 16, 64) for scenario in ("hit", "create", "mixed")},
    large_connections=(16, 64),
    new_users=200_000,
    large_rooms=1_000_000,
    large_new_users=1_000_000,
    medium_rooms=100_000,
    steady_seconds=20,
    starts=9,
)

QUICK = Extent(
    name="quick",
    profile="release",
    rounds=3,
    seconds=1,
    warm_up=0.2,
    connections={"hit": (16, 64), "create": (1, 64), "mixed": (16,)},
    large_connections=(64,),
    new_users=200_000,
    large_rooms=1_000_000,
    large_new_users=1_000_000,
    medium_rooms=100_000,
    steady_seconds=5,
    starts=5,
)

SMOKE = Extent(
    name="smoke",
    profile="dev",
    rounds=1,
    seconds=1,
    warm_up=0,
    connections={"hit": (16, 64), "create": (1, 64), "mixed": (16,)},
    large_connections=(64,),
    new_users=50_000,
    large_rooms=5_000,
    large_new_users=100_000,
    medium_rooms=2_000,
    steady_seconds=1,
    starts=1,
)
