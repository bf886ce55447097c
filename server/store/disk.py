"""The operations by which a summary reaches the disk, one method each.

A seam: the tests pass a `Disk` that records every operation, or fails at any one of them.
"""

import os
from pathlib import Path

PRIVATE = 0o600
"""What patients' texts are created with: readable by their owner alone."""


class Disk:
    """The file system that the program runs on."""

    def open(self, path: Path, flags: int) -> int:
        """Open for writing; a file that this creates is its owner's alone."""
        return os.open(path, flags | getattr(os, "O_BINARY", 0), PRIVATE)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Write at the current position; like `os.write`, possibly less than all of it."""
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Return when the file's content is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in the folder are on the disk. Windows has no such call."""
        if os.name == "nt":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Create the folder and its parents; each is on the disk when this returns."""
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for created in missing:
            self.sync_folder(created.parent)

    def write_all(self, descriptor: int, data: bytes) -> None:
        """`write` until nothing is left."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.write(descriptor, rest) :]
