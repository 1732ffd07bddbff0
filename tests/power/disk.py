"""The contents of a disk, and the operations that change them."""

from __future__ import annotations

import os
import pickle
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = 1


@dataclass
class Inode:
    """A file, folder or symbolic link, which may have several names."""

    mode: int
    uid: int = 0
    gid: int = 0
    data: bytes | bytearray = b""
    device: int = 0
    # The file of the machine that has the data, until they are needed.
    source: str | None = None

    def read(self) -> bytes | bytearray:
        if self.source is not None:
            self.data = Path(self.source).read_bytes()
            self.source = None
        return self.data

    def size(self) -> int:
        return len(self.data) if self.source is None else os.stat(self.source).st_size

    def own(self) -> bytearray:
        """Returns data that belong to this inode alone."""
        if not isinstance(self.read(), bytearray):
            self.data = bytearray(self.data)
        return self.data


@dataclass(frozen=True)
class Write:
    ino: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    ino: int
    size: int


@dataclass(frozen=True)
class Attributes:
    ino: int
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True)
class Names:
    """Changes of names, all at once. A name is in a folder and leads to an inode, or is removed."""

    changes: tuple[tuple[int, str, int | None], ...]
    # Set if the first name belongs to a new inode.
    new: Inode | None = None


@dataclass(frozen=True)
class Sync:
    """fsync or fdatasync of a file."""

    ino: int


@dataclass(frozen=True)
class SyncFolder:
    ino: int


Operation = Write | Truncate | Attributes | Names | Sync | SyncFolder


@dataclass
class Disk:
    inodes: dict[int, Inode] = field(default_factory=lambda: {ROOT: Inode(stat.S_IFDIR | 0o755)})
    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})

    @classmethod
    def load(cls, path: Path) -> Disk:
        """Returns a disk with the files of a folder of the machine, all of them durable, or one that was saved."""
        if path.is_file():
            return pickle.loads(path.read_bytes())
        disk = cls()
        disk._load(ROOT, path, {})
        return disk

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self))

    def _load(self, ino: int, path: Path, known: dict[tuple[int, int], int]) -> None:
        found = os.lstat(path)
        inode = Inode(found.st_mode, found.st_uid, found.st_gid, device=found.st_rdev)
        self.inodes[ino] = inode
        if stat.S_ISLNK(found.st_mode):
            inode.data = os.readlink(path).encode("utf-8", "surrogateescape")
        elif stat.S_ISREG(found.st_mode):
            inode.source = str(path)
        elif stat.S_ISDIR(found.st_mode):
            names = self.folders[ino] = {}
            for entry in os.scandir(path):
                identity = (entry.stat(follow_symlinks=False).st_dev, entry.inode())
                is_known = identity in known
                names[entry.name] = known.setdefault(identity, max(self.inodes) + 1 if not is_known else 0)
                if not is_known:
                    self._load(names[entry.name], Path(entry.path), known)

    def copy(self) -> Disk:
        """Returns a copy that shares the data, which are copied by the first change."""
        inodes = {}
        for ino, inode in self.inodes.items():
            if isinstance(inode.data, bytearray):
                inode.data = bytes(inode.data)
            inodes[ino] = replace(inode)
        return Disk(inodes, {ino: dict(names) for ino, names in self.folders.items()})

    def apply(self, operation: Operation) -> None:
        match operation:
            case Write(ino, offset, data):
                own = self.inodes[ino].own()
                if len(own) < offset:
                    own.extend(bytes(offset - len(own)))
                own[offset : offset + len(data)] = data
            case Truncate(ino, size):
                own = self.inodes[ino].own()
                del own[size:]
                own.extend(bytes(size - len(own)))
            case Attributes(ino, mode, uid, gid):
                inode = self.inodes[ino]
                if mode is not None:
                    inode.mode = stat.S_IFMT(inode.mode) | stat.S_IMODE(mode)
                inode.uid = inode.uid if uid is None else uid
                inode.gid = inode.gid if gid is None else gid
            case Names(changes, new):
                if new is not None:
                    self.add(changes[0][2], new)
                for folder, name, ino in changes:
                    if ino is None:
                        self.folders[folder].pop(name, None)
                    else:
                        self.folders[folder][name] = ino

    def add(self, ino: int, inode: Inode) -> None:
        self.inodes[ino] = replace(inode)
        if stat.S_ISDIR(inode.mode):
            self.folders[ino] = {}

    def write_to(self, folder: Path, ino: int = ROOT) -> None:
        """Writes all files that have a name into a new folder of the machine."""
        inode = self.inodes[ino]
        if stat.S_ISDIR(inode.mode):
            folder.mkdir()
            for name, child in self.folders[ino].items():
                self.write_to(folder / name, child)
        elif stat.S_ISREG(inode.mode):
            folder.write_bytes(inode.read())
        else:
            os.symlink(bytes(inode.data).decode("utf-8", "surrogateescape"), folder)
            return
        os.chown(folder, inode.uid, inode.gid)
        os.chmod(folder, stat.S_IMODE(inode.mode))


@dataclass
class Trace:
    """A disk, and all that was done to it afterwards."""

    initial: Disk
    operations: list[Operation]

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self))

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Reads a trace that this program has written."""
        return pickle.loads(path.read_bytes())


def syncs_of(trace: Trace) -> list[int]:
    """Returns the numbers of the operations that are syncs."""
    return [number for number, op in enumerate(trace.operations) if isinstance(op, Sync | SyncFolder)]
