"""Which versions of the CSV file are the store's own: a note from process to process.

Without it every rewriting by one process would look like a person's edit to the others, who would
then compare the whole file with the history. It is only a hint: where it is missing, they do that.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from .disk import Disk
from .summaries_csv import Identity


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest version that a store wrote, and the one before it."""

    covers: dict[Identity, int]
    """How much of the history each version includes: the byte where the rest begins."""
    outside: int = 0
    """How many changes from outside went into them."""

    def with_next(
        self, next: Identity, end: int, before: Identity | None, outside: int
    ) -> "Versions":
        """Once `next` is written, and before it takes the place of `before`."""
        covers = {next: end}
        if before is not None and before in self.covers:
            covers[before] = self.covers[before]
        return Versions(covers, outside)

    def write(self, path: Path, disk: Disk) -> None:
        note = {
            "versions": [[*version, end] for version, end in self.covers.items()],
            "outside": self.outside,
        }
        temporary = path.with_suffix(".tmp")
        descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            disk.write_all(descriptor, json.dumps(note).encode())
        finally:
            disk.close(descriptor)
        disk.replace(temporary, path)


def read(path: Path) -> Versions:
    """The note, or an empty one."""
    try:
        note = json.loads(path.read_bytes())
        covers = {Identity(*version[:3]): int(version[3]) for version in note["versions"]}
        return Versions(covers, int(note["outside"]))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return Versions({})
