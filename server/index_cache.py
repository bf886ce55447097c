"""Where the index of a large table is kept, so that the next start need not build it again.

An index is known by the content of its table. Reading all of that takes a second or two for a
million rows, so a file's size, time and inode are asked first: where they are those of an earlier
start, the content is.
"""

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from .formats.report import Progress
from .patients import PatientTable
from .search_index import SCHEMA_VERSION, SearchIndex

KEPT = 4
"""Indexes that are kept: those used last. They hold words of records, so no more than needed."""

_STAMPS = "stamps.json"


def cached_index(table: PatientTable, folder: Path, progress: Progress) -> SearchIndex:
    """The index of the table: the kept one, or a new one, which is then kept."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = _stamp(table)
    name = _stamps(folder).get(stamp)
    index = _opened(folder / name) if name else None
    if index is None:
        name = content_of(table)
        index = _opened(folder / name) or _built(table, folder / name, progress)
        _remember(folder, stamp, name)
    _forget_the_oldest(folder)
    return index


def content_of(table: PatientTable) -> str:
    """A hash of all that the table says, and of the way in which it is indexed."""
    digest = hashlib.blake2b(f"{SCHEMA_VERSION} {table.columns}".encode(), digest_size=12)
    for name in table.columns:
        column = pa.chunked_array([pa.array(table.frame[name], pa.large_string())])
        for chunk in column.chunks:
            digest.update(f"{len(chunk)} {chunk.offset} ".encode())  # a part may share its buffers
            for buffer in chunk.buffers():
                if buffer is not None:
                    digest.update(buffer)
    return digest.hexdigest()


def _stamp(table: PatientTable) -> str:
    """What says without reading it that a source is the one of before; empty for a DataFrame.

    The beginning of the table is part of it: how its columns were named may have changed.
    """
    if table.source is None:
        return ""
    paths = sorted(table.source.iterdir()) if table.source.is_dir() else [table.source]
    stats = [(path.name, *_stat(path)) for path in paths]
    beginning = table.frame.head(20).to_csv()
    told = f"{SCHEMA_VERSION} {table.source.resolve()} {stats} {len(table)} {beginning}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _stat(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _stamps(folder: Path) -> dict[str, str]:
    try:
        stamps = json.loads((folder / _STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _remember(folder: Path, stamp: str, name: str) -> None:
    if not stamp:
        return
    stamps = {old: kept for old, kept in _stamps(folder).items() if (folder / kept).is_dir()} | {
        stamp: name
    }
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False) as file:
        json.dump(stamps, file)
    Path(file.name).replace(folder / _STAMPS)


def _opened(folder: Path) -> SearchIndex | None:
    """The index in the folder; None: there is none, or it was damaged and is gone now."""
    if not folder.is_dir():
        return None
    try:
        index = SearchIndex.open(folder)
    except (ValueError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    os.utime(folder)
    return index


def _built(table: PatientTable, folder: Path, progress: Progress) -> SearchIndex:
    """A new index, built aside and moved into place whole: two starts at once do no harm."""
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".new", dir=folder.parent))
    try:
        SearchIndex.build(table, aside, progress)
        with suppress(OSError):  # another start was first: its index is as good
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return SearchIndex.open(folder)


def _forget_the_oldest(folder: Path) -> None:
    indexes = [path for path in folder.iterdir() if path.is_dir() and "." not in path.name]
    for path in sorted(indexes, key=lambda each: each.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
