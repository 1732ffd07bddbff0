"""A machine whose disk records what is written, and the programs that run on it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import recorder

TIMEOUT = 60
RECORDER = Path(__file__).with_name("recorder.py")


class Failed(Exception):
    """A promise that was broken, in words."""


@dataclass
class Machine:
    """A folder with the files of a disk, in which programs run."""

    folder: Path
    roomd: Path
    # What runs each program: a tracer, for instance.
    under: list[str] = field(default_factory=list)

    def command(self, *arguments: str) -> dict[str, Any]:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("ROOMD_")}
        return {
            "args": [*self.under, str(self.roomd), *arguments],
            "cwd": self.folder,
            "env": variables | {"ROOMD_PUBLIC_URL": "https://rooms.example.com"},
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Runs a command of roomd; returns what it printed."""
        done = subprocess.run(**self.command(*arguments), capture_output=True, timeout=TIMEOUT)
        if done.returncode not in codes:
            raise Failed(f"roomd {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def position(self) -> int:
        """Returns how many operations the disk has recorded."""
        return int(os.getxattr(self.folder, recorder.POSITION))

    @contextlib.contextmanager
    def serve(self, variables: dict[str, str] | None = None, killed: bool = False) -> Iterator[Server]:
        """Starts a server, and stops it in good order or kills it."""
        command = self.command("serve", "--listen", "127.0.0.1:0")
        command["env"] |= variables or {}
        with subprocess.Popen(**command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                ready = process.stdout.readline()
                found = re.search(r"http://[^ \n]+", ready)
                if not found:
                    raise Failed(f"the server did not start: {process.stderr.read()}")
                yield Server(urlsplit(found[0]).netloc)
                if killed:
                    return
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate(timeout=TIMEOUT)
                if process.returncode != 0:
                    raise Failed(f"the server ended with {process.returncode}: {log}")
            finally:
                process.kill()


@dataclass
class Server:
    address: str
    authorization: str | None = None

    def call(self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200, 201)) -> Any:
        connection = http.client.HTTPConnection(self.address, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status not in expected:
            raise Failed(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None


@contextlib.contextmanager
def mounted(initial: Path, scratch: Path) -> Iterator[tuple[Path, Path]]:
    """Mounts a recording disk with the files of a folder. Yields its folder, and the file that has the trace
    afterwards."""
    mount_point, trace = scratch / "disk", scratch / "trace"
    mount_point.mkdir()
    command = [sys.executable, str(RECORDER), str(mount_point), str(initial), str(trace)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        await_(mount_point.is_mount, process)
        try:
            yield mount_point, trace
        finally:
            unmount(mount_point)
            process.wait(TIMEOUT)
            mount_point.rmdir()


def await_(condition, process: subprocess.Popen) -> None:
    end = time.monotonic() + TIMEOUT
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise Failed("the recording file system did not start")
        time.sleep(0.01)


def unmount(mount_point: Path) -> None:
    program = ["umount"] if os.geteuid() == 0 else ["fusermount3", "-u"]
    for _ in range(100):
        if subprocess.run([*program, str(mount_point)], capture_output=True).returncode == 0:
            return
        time.sleep(0.05)
    subprocess.run([*program, "-l" if program == ["umount"] else "-z", str(mount_point)], check=False)
