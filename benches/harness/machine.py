"""The machine and the software of a measurement."""

import os
import platform
import subprocess
from pathlib import Path

from .build import REPOSITORY, Programs, target_folder
from .processes import TICKS


QUIET_PERCENT = 5
"""How much of the processors other programs may use on a machine that counts as quiet."""


class OtherWork:
    """What programs other than the measurement and its servers do meanwhile."""

    def __init__(self):
        self.busy, self.total, self.own = processor_times()

    def describe(self) -> tuple[str, str]:
        """Returns a fact about the time since the start."""
        busy, total, own = processor_times()
        others = (busy - self.busy) - (own - self.own)
        percent = 100 * max(0, others) / (total - self.total)
        verdict = "quiet" if percent <= QUIET_PERCENT else "not quiet"
        return "meanwhile", f"{verdict}: other programs used {percent:.0f} % of the processors"


def processor_times() -> tuple[float, float, float]:
    """Returns for how many seconds the processors have worked for programs, for how many they have
    existed, and for how many they have worked for this program and those that it started."""
    line = Path("/proc/stat").read_text().splitlines()[0]
    user, nice, system, idle, iowait, irq, softirq, steal = (
        int(ticks) / TICKS for ticks in line.split()[1:9]
    )
    busy = user + nice + system + steal
    own = sum(os.times()[:4])
    return busy, busy + idle + iowait + irq + softirq, own


def describe(programs: Programs) -> list[tuple[str, str]]:
    facts = [
        ("processor", f"{processor()}, {os.cpu_count()} cores"),
        ("memory", f"{memory_gib():.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("file system of the data", output("df", "--output=fstype", target_folder()).split()[-1]),
        ("roomd", f"{output(programs.roomd, '--version')}, commit {commit()}"),
        ("Rust", output("rustc", "--version")),
        ("actix-web", locked_version("actix-web")),
        ("SQLite", output(programs.peers, "sqlite")),
    ]
    if programs.pocketbase:
        facts.append(("PocketBase", output(programs.pocketbase, "--version").split()[-1]))
    else:
        facts.append(("PocketBase", "not measured: it could not be installed"))
    return facts


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def commit() -> str:
    return output("git", "describe", "--always", "--dirty")


def locked_version(package: str) -> str:
    lines = (REPOSITORY / "Cargo.lock").read_text().splitlines()
    version = lines[lines.index(f'name = "{package}"') + 1]
    return version.partition('"')[2].rstrip('"')


def output(*command: str | Path) -> str:
    return subprocess.check_output(command, cwd=REPOSITORY, text=True).strip()
