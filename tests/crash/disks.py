"""Disks for the tests: one that fails where it is told to, one that remembers every operation."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from server.store.csv_file import Identity
from server.store.disk import Disk

Fault = Literal["ENOSPC", "EIO", "EACCES", "short", "dead"]


class Dead(BaseException):
    """The process died here: nothing after this runs, not even a clean-up."""


class HastyDisk(Disk):
    """Does not wait for the disk, for tests that write much and lose nothing by it."""

    def sync(self, descriptor: int) -> None:
        pass

    def sync_folder(self, folder: Path) -> None:
        pass


class FaultyDisk(HastyDisk):
    """Fails at operations whose number is in `faults`, counted from 0.

    "short" writes half of what it was given, and then fails; "dead" fails as a crash does, and so
    does every operation after it.
    """

    def __init__(self, faults: dict[int, Fault] | None = None) -> None:
        self.faults = faults or {}
        self.names: list[str] = []
        self.dead = False

    def _do(self, name: str, operation: Callable[[], Any]) -> Any:
        if self.dead:
            raise Dead
        fault = self.faults.get(len(self.names))
        self.names.append(name)
        if fault == "dead":
            self.dead = True
            raise Dead
        if fault is None or fault == "short":
            return operation()
        raise OSError(getattr(errno, fault), os.strerror(getattr(errno, fault)))

    def open(self, path: Path, flags: int) -> int:
        return int(self._do(f"open {path.name}", lambda: super(FaultyDisk, self).open(path, flags)))

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        if self.faults.get(len(self.names)) == "short":
            data = data[: len(data) // 2]
            self.faults[len(self.names) + 1] = "ENOSPC"
        return int(self._do("write", lambda: super(FaultyDisk, self).write(descriptor, data)))

    def truncate(self, descriptor: int, size: int) -> None:
        self._do("truncate", lambda: super(FaultyDisk, self).truncate(descriptor, size))

    def sync(self, descriptor: int) -> None:
        self._do("sync", lambda: super(FaultyDisk, self).sync(descriptor))

    def replace(self, source: Path, target: Path) -> None:
        self._do(f"replace {target.name}", lambda: super(FaultyDisk, self).replace(source, target))

    def remove(self, path: Path) -> None:
        self._do(f"remove {path.name}", lambda: super(FaultyDisk, self).remove(path))

    def sync_folder(self, folder: Path) -> None:
        self._do("sync_folder", lambda: super(FaultyDisk, self).sync_folder(folder))


class HeldDisk(Disk):
    """A spreadsheet holds the CSV file open, as on Windows: it cannot be replaced."""

    def __init__(self, held: str) -> None:
        self.held: str | None = held
        self.tries = 0

    def replace(self, source: Path, target: Path) -> None:
        if target.name == self.held:
            self.tries += 1
            raise PermissionError(errno.EACCES, "held by another program")
        super().replace(source, target)


@dataclass(frozen=True)
class Operation:
    """One operation that changes a disk, with all that is needed to do it again."""

    name: Literal["create", "write", "truncate", "sync", "replace", "remove", "sync_folder"]
    path: Path
    at: int = 0
    data: bytes = b""
    target: Path | None = None
    identity: Identity | None = None
    """Of a file that was synced."""


class RecordingDisk(Disk):
    """Remembers every operation, in order."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._paths: dict[int, Path] = {}

    def open(self, path: Path, flags: int) -> int:
        is_new = not path.exists()
        descriptor = super().open(path, flags)
        self._paths[descriptor] = path
        if is_new:
            self.operations.append(Operation("create", path))
        elif flags & os.O_TRUNC:
            self.operations.append(Operation("truncate", path, 0))
        return descriptor

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        written = super().write(descriptor, data)
        path = self._paths[descriptor]
        self.operations.append(Operation("write", path, at, bytes(data[:written])))
        return written

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self.operations.append(Operation("truncate", self._paths[descriptor], size))

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        found = os.fstat(descriptor)
        identity = Identity(found.st_ino, found.st_size, found.st_mtime_ns)
        self.operations.append(Operation("sync", self._paths[descriptor], identity=identity))

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self.operations.append(Operation("replace", source, target=target))

    def remove(self, path: Path) -> None:
        if path.exists():
            self.operations.append(Operation("remove", path))
        super().remove(path)

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.operations.append(Operation("sync_folder", folder))
