"""The servers that are measured, behind one interface."""

import json
import re
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from .build import REPOSITORY, Programs
from .extent import SMALL_ROOMS
from .load import Kind, Report
from .numbering import MARK, email, name
from .processes import SERVER_CORE, Running, pinned, process
from .seed import Seed

START_SECONDS = 30

HITS, CREATES = 95, 5
"""The parts of `mixed`."""


def http(method: str, target: str, headers: dict[str, str], body: str = "") -> str:
    if body:
        headers = headers | {
            "Content-Type": "application/json",
            "Content-Length": str(len(body.encode())),
        }
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n" + body


class Server(ABC):
    """A server to measure. Its numbered users from `rooms` on have no room at first."""

    name: str
    program: Path
    rooms: int
    users: int
    hit_status = 200
    create_status = 201
    may_fail = False
    """Whether it is known to fail under load."""

    @abstractmethod
    def prepare(self, folder: Path) -> None:
        """Writes fresh data into an empty folder."""

    @abstractmethod
    def running(
        self, folder: Path, core: int | None = SERVER_CORE
    ) -> AbstractContextManager[Running]:
        """Runs the server on the data in the folder while the block runs."""

    @abstractmethod
    def text(self, scenario: str) -> str:
        """Returns the request of a `hit` or a `create`."""

    @contextmanager
    def data(self, work: Path) -> Iterator[Path]:
        """Creates a folder with fresh data for the time of the block."""
        with tempfile.TemporaryDirectory(dir=work, prefix="run-") as folder:
            self.prepare(Path(folder))
            yield Path(folder)

    @contextmanager
    def on_fresh_data(self, work: Path) -> Iterator[Running]:
        with self.data(work) as folder, self.running(folder) as running:
            yield running

    def hit(self, share: int = 1) -> Kind:
        """Look-ups of a few rooms, which a cache holds."""
        return Kind(self.text("hit"), 0, SMALL_ROOMS, False, self.hit_status, share)

    def spread(self) -> Kind:
        """Look-ups of all rooms."""
        return replace(self.hit(), count=self.rooms)

    def create(self, share: int = 1) -> Kind:
        new_users = self.users - self.rooms
        return Kind(self.text("create"), self.rooms, new_users, True, self.create_status, share)

    def kinds(self, scenario: str) -> list[Kind]:
        match scenario:
            case "hit":
                return [self.hit()]
            case "create":
                return [self.create()]
            case "mixed":
                return [self.hit(share=HITS), self.create(share=CREATES)]
            case "spread":
                return [self.spread()]
        raise ValueError(scenario)

    def count(self, report: Report) -> None:
        """Notes the users who have a room now. For servers whose data is used again."""


class OurPeer(Server):
    """A server that has the API of `roomd` and prints its address."""

    def __init__(self, name: str, program: Path, seed: Seed, workers: int = 1):
        self.name, self.program, self.seed, self.workers = name, program, seed, workers
        self.rooms, self.users = seed.rooms, seed.users

    def prepare(self, folder: Path) -> None:
        self.seed.copy_to(folder / "rooms.db")

    def command(self, folder: Path) -> list[str | Path]:
        raise NotImplementedError

    @contextmanager
    def running(self, folder: Path, core: int | None = SERVER_CORE) -> Iterator[Running]:
        command = pinned(core, self.command(folder))
        with process(command, folder / "stderr.log") as started:
            yield Running(started, announced_address(started.stdout.readline()))

    def text(self, scenario: str) -> str:
        headers = {"Authorization": self.seed.authorization}
        return http("POST", "/xapi/v2/room", headers, room_request())


class Roomd(OurPeer):
    def command(self, folder: Path) -> list[str | Path]:
        # The environment of the caller must not change the settings.
        command = ["env", "-i", self.program, "serve", "--listen", "127.0.0.1:0"]
        return [*command, "--database", folder / "rooms.db", "--workers", str(self.workers)]

    def search_text(self, query: str) -> str:
        headers = {"Authorization": self.seed.authorization}
        return http("GET", f"/xapi/v2/room/search?{query}", headers)


class Obvious(OurPeer):
    may_fail = True

    def command(self, folder: Path) -> list[str | Path]:
        return [self.program, "obvious", folder / "rooms.db"]


class Ceiling(OurPeer):
    create_status = 200

    def prepare(self, folder: Path) -> None:
        """Does nothing: it has no data."""

    def command(self, folder: Path) -> list[str | Path]:
        return [self.program, "ceiling", self.seed.authorization, str(self.workers)]


def announced_address(line: str) -> str:
    found = re.search(r"http://([\d.]+:\d+)", line)
    if not found:
        raise RuntimeError(f"a server did not start: {line!r}")
    return found[1]


def room_request() -> str:
    """Returns the documented request, for a numbered user."""
    request = json.loads((REPOSITORY / "docs/examples/default-room.request.json").read_text())
    request |= {
        "creator_email": email(MARK),
        "name": name(MARK),
        "fallback_name": f"{name(MARK)} 2",
    }
    return json.dumps(request, separators=(",", ":"))


def exchange(address: str, request: str) -> bytes:
    """Sends a request on a new connection; returns the response."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=START_SECONDS) as connection:
        closing = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
        connection.sendall(closing.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def wait_until_answering(address: str, request: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            if exchange(address, request):
                return
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.001)


def our_servers(programs: Programs, seed: Seed) -> list[OurPeer]:
    return [
        Ceiling("ceiling", programs.peers, seed),
        Roomd("roomd", programs.roomd, seed),
        Obvious("obvious", programs.peers, seed),
    ]
