"""A file system in memory that records every operation.

    recorder.py MOUNT_POINT INITIAL TRACE

It begins with the files of a folder, or with a disk that was saved. The attribute `user.position` of its root is
the number of operations so far. When it is unmounted, it writes the initial disk and the operations to a file,
for `Trace.load`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from itertools import count
from pathlib import Path

from disk import ROOT, Attributes, Disk, Inode, Names, Operation, Sync, SyncFolder, Trace, Truncate, Write

POSITION = "user.position"
RENAME_NOREPLACE = 1


def main() -> None:
    import mfusepy

    class Fuse(mfusepy.FUSE):
        def rename_fuse_3(self, old, new, flags):
            """mfusepy forgets the flags, without which a rename replaces what it must not."""
            return self.operations.rename(os.fsdecode(old), os.fsdecode(new), flags)

    mount_point, initial, trace = sys.argv[1:]
    recorder = recorder_class(mfusepy)(Disk.load(Path(initial)))
    Fuse(
        recorder,
        mount_point,
        foreground=True,
        nothreads=True,
        fsname="recorder",
        allow_other=os.geteuid() == 0,
        default_permissions=True,
        # A file that is removed while it is open gets no other name for that time.
        hard_remove=True,
        use_ino=True,
        attr_timeout=0,
        entry_timeout=0,
        **({"dev": True, "suid": True} if os.geteuid() == 0 else {}),
    )
    Trace(recorder.initial, recorder.operations).save(Path(trace))


def recorder_class(mfusepy):
    """Returns the class, for which mfusepy must be there: what only reads traces does without."""

    class Recorder(mfusepy.Operations):
        use_ns = True

        def __init__(self, disk: Disk):
            self.initial = disk
            self.disk = disk.copy()
            self.operations: list[Operation] = []
            self.numbers = count(max(disk.inodes) + 1)
            self.handles: dict[int, int] = {}
            self.times: dict[int, int] = {}
            self.next_handle = count(1)
            self.links: dict[int, int] = {}
            for names in disk.folders.values():
                for ino in names.values():
                    self.links[ino] = self.links.get(ino, 0) + 1

        def record(self, operation: Operation) -> None:
            self.disk.apply(operation)
            self.operations.append(operation)

        def find(self, path: str) -> int:
            ino = ROOT
            for name in path.split("/"):
                if name:
                    ino = self.disk.folders.get(ino, {}).get(name)
                    if ino is None:
                        raise OSError(errno.ENOENT, path)
            return ino

        def place(self, path: str) -> tuple[int, str]:
            folder, name = path.rsplit("/", 1)
            return self.find(folder), name

        def ino(self, path: str | None, handle: int | None) -> int:
            if handle in self.handles:
                return self.handles[handle]
            return self.find(path)

        def touch(self, ino: int) -> None:
            self.times[ino] = time.time_ns()

        def name(self, *changes: tuple[int, str, int | None], new: Inode | None = None) -> None:
            for folder, name, ino in changes:
                replaced = self.disk.folders[folder].get(name)
                if replaced is not None:
                    self.links[replaced] -= 1
                if ino is not None:
                    self.links[ino] = self.links.get(ino, 0) + 1
            self.record(Names(changes, new))

        def add(self, path: str, mode: int, data: bytes = b"", device: int = 0) -> int:
            uid, gid, _ = mfusepy.fuse_get_context()
            folder, name = self.place(path)
            if name in self.disk.folders[folder]:
                raise OSError(errno.EEXIST, path)
            ino = next(self.numbers)
            self.touch(ino)
            self.name((folder, name, ino), new=Inode(mode, uid, gid, data, device))
            return ino

        def handle(self, ino: int) -> int:
            handle = next(self.next_handle)
            self.handles[handle] = ino
            return handle

        def getattr(self, path, fh=None):
            ino = self.ino(path, fh)
            inode = self.disk.inodes[ino]
            changed = self.times.get(ino, 1_000_000_000_000_000_000)
            size = inode.size()
            return {
                "st_ino": ino,
                "st_mode": inode.mode,
                "st_nlink": 2 if stat.S_ISDIR(inode.mode) else self.links.get(ino, 0),
                "st_uid": inode.uid,
                "st_gid": inode.gid,
                "st_rdev": inode.device,
                "st_size": size,
                "st_blocks": (size + 511) // 512,
                "st_blksize": 4096,
                "st_atime": changed,
                "st_mtime": changed,
                "st_ctime": changed,
            }

        def getxattr(self, path, name, position=0):
            if path == "/" and name == POSITION:
                return str(len(self.operations)).encode()
            raise OSError(errno.ENODATA, name)

        def statfs(self, path):
            blocks = 1 << 20
            return {
                "f_bsize": 4096, "f_frsize": 4096, "f_blocks": blocks, "f_bfree": blocks, "f_bavail": blocks,
                "f_files": blocks, "f_ffree": blocks, "f_favail": blocks, "f_namemax": 255,
            }  # fmt: skip

        def readdir(self, path, fh):
            # Entries without a number are not shown.
            names = {".": ROOT, "..": ROOT} | self.disk.folders[self.find(path)]
            kind = {ino: stat.S_IFMT(self.disk.inodes[ino].mode) for ino in names.values()}
            return [(name, {"st_ino": ino, "st_mode": kind[ino]}, 0) for name, ino in names.items()]

        def readlink(self, path):
            return bytes(self.disk.inodes[self.find(path)].data).decode("utf-8", "surrogateescape")

        def open(self, path, flags):
            ino = self.find(path)
            if flags & os.O_TRUNC:
                self.record(Truncate(ino, 0))
                self.touch(ino)
            return self.handle(ino)

        def create(self, path, mode, flags=0):
            return self.handle(self.add(path, stat.S_IFREG | mode))

        def mknod(self, path, mode, dev):
            self.add(path, mode, device=dev)

        def mkdir(self, path, mode):
            self.add(path, stat.S_IFDIR | mode)

        def symlink(self, target, source):
            self.add(target, stat.S_IFLNK | 0o777, source.encode("utf-8", "surrogateescape"))

        def link(self, target, source):
            self.name((*self.place(target), self.find(source)))

        def unlink(self, path):
            self.find(path)
            self.name((*self.place(path), None))

        def rmdir(self, path):
            if self.disk.folders[self.find(path)]:
                raise OSError(errno.ENOTEMPTY, path)
            self.unlink(path)

        def rename(self, old, new, flags=0):
            ino, place = self.find(old), self.place(new)
            replaced = self.disk.folders[place[0]].get(place[1])
            if flags & ~RENAME_NOREPLACE:
                raise OSError(errno.EINVAL, new)
            if replaced is not None and flags & RENAME_NOREPLACE:
                raise OSError(errno.EEXIST, new)
            if self.disk.folders.get(replaced):
                raise OSError(errno.ENOTEMPTY, new)
            if replaced != ino:
                self.name((*self.place(old), None), (*place, ino))

        def read(self, path, size, offset, fh):
            return bytes(self.disk.inodes[self.ino(path, fh)].read()[offset : offset + size])

        def write(self, path, data, offset, fh):
            ino = self.ino(path, fh)
            self.record(Write(ino, offset, data))
            self.touch(ino)
            return len(data)

        def truncate(self, path, length, fh=None):
            ino = self.ino(path, fh)
            self.record(Truncate(ino, length))
            self.touch(ino)

        def chmod(self, path, mode):
            self.record(Attributes(self.find(path), mode=mode))

        def chown(self, path, uid, gid):
            owner = {"uid": uid if uid != -1 else None, "gid": gid if gid != -1 else None}
            self.record(Attributes(self.find(path), **owner))

        def utimens(self, path, times=None):
            self.times[self.find(path)] = times[1] if times else time.time_ns()

        def flush(self, path, fh):
            pass

        def release(self, path, fh):
            self.handles.pop(fh, None)

        def fsync(self, path, datasync, fh):
            self.record(Sync(self.ino(path, fh)))

        def fsyncdir(self, path, datasync, fh):
            self.record(SyncFolder(self.find(path)))

    return Recorder


if __name__ == "__main__":
    main()
