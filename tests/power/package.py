"""The install of the Debian package and its upgrade, by dpkg in a Debian that is on the recorded disk."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cut import Cut
from disk import Disk, Names, Trace
from ledger import Ledger
from machine import TIMEOUT, Failed, Machine, mounted
from scenarios import FIXTURES, Scenario

STATE = "var/lib/roomd"
CONFIG = "config.toml"
SETTINGS = f"etc/roomd/{CONFIG}"
BACKUPS = "var/backups/roomd"
OWN = "roomd:roomd:700"
OLD = "0.0.9-1"


class Install(Scenario):
    """`dpkg --install` where the package was never installed."""

    name = "install"
    # How dpkg uses names is its own matter, and it counts on a journal.
    needs_journal = True

    def __init__(self, base: Path, package: Path):
        self.base, self.package = base, package

    def prepare(self, machine: Machine) -> None:
        command = ["tar", "--extract", "--file", self.base, "--directory", machine.folder]
        subprocess.run(command, check=True)
        shutil.copy(self.package, machine.folder / "new.deb")

    def act(self, machine: Machine, ledger: Ledger) -> None:
        with ledger.change("version", version(self.package)):
            inside(machine, "dpkg", "--install", "new.deb")
        self.settings = (machine.folder / SETTINGS).read_bytes()

    def delicate(self, trace: Trace) -> list[int]:
        """Returns where the script of the package runs: after dpkg has given the settings their name."""
        renames = [n for n, op in enumerate(trace.operations) if isinstance(op, Names) and op.changes[-1][1] == CONFIG]
        return list(range(renames[0], len(trace.operations))) if renames else []

    @contextlib.contextmanager
    def placed(self, left: Disk, scratch: Path) -> Iterator[Path]:
        """Mounts what is left: to write out a Debian takes longer than all else."""
        left.save(scratch / "disk-left")
        with mounted(scratch / "disk-left", scratch) as (folder, _):
            yield folder

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        found = inside(machine, "dpkg-query", "--show", "--showformat=${Version} ${Status}\n", "roomd", codes=(0, 1))
        is_acknowledged = ledger.allowed(cut.position)["version"] == [version(self.package)]
        if is_acknowledged and found.split() != [version(self.package), "install", "ok", "installed"]:
            raise Failed(f"the install was acknowledged, and dpkg has {found!r}")
        # It may say that the package must be installed again.
        inside(machine, "dpkg", "--configure", "--pending", codes=(0, 1))
        inside(machine, "dpkg", "--install", "new.deb")
        if not is_acknowledged:
            self.restore_settings(machine)
        self.check_installed(machine)

    def restore_settings(self, machine: Machine) -> None:
        """Does what docs/operate.md says of settings that are damaged: dpkg does not sync them, and the package
        does so only a moment after they got their name."""
        if (machine.folder / SETTINGS).read_bytes() != self.settings:
            (machine.folder / SETTINGS).unlink()
            inside(machine, "dpkg", "--install", "--force-confmiss", "new.deb")

    def check_installed(self, machine: Machine) -> None:
        inside(machine, "dpkg", "--audit")
        changed = [line for line in inside(machine, "dpkg", "--verify", "roomd").splitlines() if SETTINGS not in line]
        if changed:
            raise Failed(f"files are not as in the package: {changed}")
        if (machine.folder / SETTINGS).read_bytes() != self.settings:
            raise Failed("the settings are not as they were installed")
        for path, expected in ((SETTINGS, "root:roomd:640"), (STATE, OWN), (BACKUPS, OWN)):
            owner = inside(machine, "stat", "-c", "%U:%G:%a", f"/{path}").strip()
            if owner != expected:
                raise Failed(f"/{path} is {owner}")
        user = ("--email", "new@example.com", "--name", "New")
        inside(machine, "roomd", "--config", f"/{SETTINGS}", "user", "add", *user)


class Upgrade(Install):
    """`dpkg --install` over an older version, with changed settings and a database."""

    name = "upgrade"

    def prepare(self, machine: Machine) -> None:
        super().prepare(machine)
        make_older(self.package, machine.folder / "old.deb", machine.folder)
        inside(machine, "dpkg", "--install", "old.deb")
        shutil.copy(FIXTURES / "closed.db", machine.folder / STATE / "roomd.db")
        inside(machine, "chown", "roomd:roomd", f"/{STATE}/roomd.db")
        settings = machine.folder / SETTINGS
        changed = settings.read_text().replace('level = "info"', 'level = "debug"')
        if changed == settings.read_text():
            raise Failed("the settings have no level of the log to change")
        settings.write_text(changed)

    def check(self, machine: Machine, ledger: Ledger, cut: Cut) -> None:
        file = machine.folder / STATE / "roomd.db"
        if file.read_bytes() != (FIXTURES / "closed.db").read_bytes():
            raise Failed("the database was changed")
        super().check(machine, ledger, cut)
        if "user59@example.com" not in inside(machine, "roomd", "--config", f"/{SETTINGS}", "user", "list"):
            raise Failed("a user is lost")


def version(package: Path) -> str:
    command = ["dpkg-deb", "--field", str(package), "Version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_older(package: Path, older: Path, scratch: Path) -> None:
    """Makes a package with a lower number, and with other bytes in its executable."""
    unpacked = scratch / "unpacked"
    subprocess.run(["dpkg-deb", "--raw-extract", package, unpacked], check=True)
    control = unpacked / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {version(package)}", f"Version: {OLD}"))
    with (unpacked / "usr/bin/roomd").open("ab") as file:
        file.write(b"older")
    (unpacked / "DEBIAN/md5sums").unlink(missing_ok=True)
    subprocess.run(["dpkg-deb", "-Znone", "--build", unpacked, older], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(unpacked)


def inside(machine: Machine, *command: str, codes: tuple[int, ...] = (0,)) -> str:
    """Runs a command in the Debian. Returns what it printed."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["chroot", str(machine.folder), *command],
        env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
    )  # fmt: skip
    if done.returncode not in codes:
        raise Failed(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
