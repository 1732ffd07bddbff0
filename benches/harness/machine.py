"""The machine and the software of a measurement."""

import os
import platform
import subprocess
from pathlib import Path

from .build import REPOSITORY, Programs, target_folder


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
