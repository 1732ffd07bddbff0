"""PocketBase: a collection with the same unique indexes, used through its records API.

Its rules require no key and its request log is off, which is in its favour.
"""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .load import Load, plan
from .numbering import MARK, email, name
from .processes import SERVER_CORE, Running, pinned, process
from .seed import default_options
from .servers import Server, exchange, http, wait_until_answering

ADMIN = {"identity": "admin@example.com", "password": "only-for-this-measurement"}
RECORDS = "/api/collections/rooms/records"

COLLECTION = {
    "name": "rooms",
    "type": "base",
    "listRule": "",
    "viewRule": "",
    "createRule": "",
    "fields": [
        {"name": "creator_email", "type": "text", "required": True, "max": 254},
        {"name": "name", "type": "text", "required": True, "max": 255},
        {"name": "lang", "type": "text"},
        {"name": "tags", "type": "text", "max": 1000},
        {"name": "allow_recording", "type": "bool"},
        {"name": "inaccessible_replay", "type": "bool"},
        {"name": "options", "type": "json"},
        {"name": "created", "type": "autodate", "onCreate": True},
    ],
    "indexes": [
        "CREATE UNIQUE INDEX rooms_by_creator ON rooms (creator_email)",
        "CREATE UNIQUE INDEX rooms_by_name ON rooms (name)",
    ],
}


class PocketBase(Server):
    name = "pocketbase"
    create_status = 200

    def __init__(self, program: Path, folder: Path, load: Load, rooms: int, users: int):
        self.program, self.rooms, self.users = program, rooms, users
        version = subprocess.check_output([program, "--version"], text=True).split()[-1]
        self.seed = folder / f"pocketbase-{version}-rooms-{rooms}"
        if not self.seed.exists():
            self.make_seed(load)

    def prepare(self, folder: Path) -> None:
        shutil.copytree(self.seed, folder / "pb_data")
        for file in (folder / "pb_data").glob("*.db"):
            subprocess.run(["sync", file], check=True)

    @contextmanager
    def running(self, folder: Path, core: int | None = SERVER_CORE) -> Iterator[Running]:
        address = f"127.0.0.1:{free_port()}"
        serve = [self.program, "serve", "--http", address, "--dir", folder / "pb_data"]
        with process(pinned(core, serve), folder / "stderr.log") as started:
            wait_until_answering(address, http("GET", "/api/health", {}))
            yield Running(started, address)

    def text(self, scenario: str) -> str:
        if scenario == "hit":
            condition = f"filter=creator_email%3D%27{email(MARK)}%27"
            return http("GET", f"{RECORDS}?perPage=1&skipTotal=1&{condition}", {})
        room = {
            "creator_email": email(MARK),
            "name": name(MARK),
            "lang": "en-US",
            "allow_recording": True,
            "options": json.loads(default_options()),
        }
        return http("POST", RECORDS, {}, json.dumps(room, separators=(",", ":")))

    def make_seed(self, load: Load) -> None:
        making = self.seed.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        upsert = [self.program, "superuser", "upsert", *ADMIN.values(), "--dir", making / "pb_data"]
        subprocess.run(upsert, check=True, stdout=subprocess.DEVNULL)
        with self.running(making) as server:
            set_up(server.address)
            first_rooms = replace(self.create(), first=0, count=self.rooms)
            load.run(server, plan(server, [first_rooms], connections=4, seconds=60))
        (making / "pb_data").rename(self.seed)
        shutil.rmtree(making)


def set_up(address: str) -> None:
    log_in = "/api/collections/_superusers/auth-with-password"
    token = call(address, "POST", log_in, ADMIN)["token"]
    call(address, "PATCH", "/api/settings", {"logs": {"maxDays": 0}}, token)
    call(address, "POST", "/api/collections", COLLECTION, token)


def call(address: str, method: str, target: str, body: dict, token: str = "") -> dict:
    headers = {"Authorization": token} if token else {}
    answer = exchange(address, http(method, target, headers, json.dumps(body)))
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(f"{target}: {answer.decode()}")
    if b"chunked" in head:
        body = body.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0]
    return json.loads(body)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
