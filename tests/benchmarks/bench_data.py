"""Patients by the thousand, the hundred thousand and the million: load, index, search.

    python -m tests.benchmarks.bench_data [--rows 1000 100000 1000000] [--folder KEPT]

Beside the search, in the same run, what people would write by hand: `str.contains` of pandas over
every text column, and ILIKE of DuckDB (where it is installed). Each part runs in a process of its
own, so that its peak memory is its own. Times are CPU time, all threads together, with the wall
time beside it: on a shared machine only the first can be compared.

`SECTIONS` is the list of parts: another one is a function from a table's path and a folder for its
files to figures by name.
"""

import argparse
import importlib
import importlib.util
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from data.generate import main as generate

Figures = dict[str, float]

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 3
QUERIES = {
    "beginnings": ["d", "di", "dia", "diab", "diabe", "diabet", "diabete", "diabetes"],
    "words": ["hypertension", "metformin", "joint pain", "numbness limbs", "high blood pressure"],
    "rare": ["celiac", "crohn", "janet lee", "multiple sclerosis", "leuprolide"],
    "frequent": ["fatigue", "pain", "weeks", "denies", "a"],
    "slips": ["diabetis", "hypertenson", "neuropaty"],
}
TEXT = ["name", "conditions", "symptoms", "medications", "family_history", "notes"]
"""The columns that the engines beside the search look through."""


@dataclass
class Clock:
    """CPU and wall milliseconds of what ran, by name."""

    cpu: dict[str, list[float]] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu.setdefault(name, []).append((time.process_time() - cpu) * 1000)
        self.wall.setdefault(name, []).append((time.perf_counter() - wall) * 1000)

    def figures(self) -> Figures:
        """Of each name: the time, or the median and the 95th percentile of many."""
        result: Figures = {}
        for kind, times in (("CPU", self.cpu), ("wall", self.wall)):
            for name, values in times.items():
                if len(values) == 1:
                    result[f"{name}, s {kind}"] = values[0] / 1000
                elif kind == "CPU" or name in ("search", "summaries: save one"):
                    result[f"{name}, p50 ms {kind}"] = statistics.median(values)
                    result[f"{name}, p95 ms {kind}"] = statistics.quantiles(values, n=20)[-1]
        return result


def search_all(clock: Clock, find: Callable[[str], object]) -> None:
    """Every query in every round, timed by its kind and all together."""
    for _ in range(ROUNDS):
        for kind, keywords in QUERIES.items():
            for keyword in keywords:
                with clock.timing(f"search {kind}"), clock.timing("search"):
                    find(keyword)


def first_start(table: Path, folder: Path) -> Figures:
    """Load a CSV file, build its index on disk."""
    from server.index_cache import cached_index
    from server.patients import load_patients

    clock = Clock()
    with clock.timing("load"):
        patients = load_patients(table)
    loaded = peak_mib()
    with clock.timing("index"):
        cached_index(patients, folder / "search", lambda done, total: None)
    files = [path for path in (folder / "search").rglob("*") if path.is_file()]
    return clock.figures() | {
        "load, peak MiB": loaded,
        "load and index, peak MiB": peak_mib(),
        "CSV, MiB": table.stat().st_size / 2**20,
        "index, MiB": sum(path.stat().st_size for path in files) / 2**20,
    }


def next_start(table: Path, folder: Path) -> Figures:
    """Load again, open the index that is there, and search."""
    from server.patients import load_patients
    from server.search import PatientSearch

    clock = Clock()
    with clock.timing("start with the index there"):
        patients = load_patients(table)
        search = PatientSearch(patients, folder=folder / "search")
        search.find("diabetes", 20)
    search_all(clock, lambda keyword: search.find(keyword, 20))
    return clock.figures() | {"search, peak MiB": peak_mib()}


def with_pandas(table: Path, folder: Path) -> Figures:
    """A scan by `str.contains`, without an order."""
    import pandas as pd

    frame = pd.read_csv(table, dtype=str, keep_default_na=False)

    def find(keyword: str) -> list[str]:
        found = pd.Series(True, index=frame.index)
        for word in keyword.split():
            columns = [frame[name].str.contains(word, case=False, regex=False) for name in TEXT]
            found &= pd.concat(columns, axis=1).any(axis=1)
        return frame.loc[found, "patient_id"].head(20).to_list()

    clock = Clock()
    search_all(clock, find)
    return clock.figures() | {"search, peak MiB": peak_mib()}


def with_duckdb(table: Path, folder: Path) -> Figures:
    """A scan by ILIKE, without an order, with the count."""
    base = importlib.import_module("duckdb").connect()
    base.execute("CREATE TABLE patients AS FROM read_csv(?, all_varchar = true)", [str(table)])

    def find(keyword: str) -> object:
        words = keyword.split()
        anywhere = " OR ".join(f"{name} ILIKE ?" for name in TEXT)
        where = " AND ".join(f"({anywhere})" for _ in words)
        values = [f"%{word}%" for word in words for _ in TEXT]
        count = base.execute(f"SELECT count(*) FROM patients WHERE {where}", values).fetchone()
        rows = base.execute(f"SELECT patient_id FROM patients WHERE {where} LIMIT 20", values)
        return count, rows.fetchall()

    clock = Clock()
    search_all(clock, find)
    return clock.figures() | {"search, peak MiB": peak_mib()}


def saved_summaries(table: Path, folder: Path) -> Figures:
    """As many saved summaries as patients: open the store, read, save, list, look for a name."""
    from server.summaries import SummaryStore
    from tests.benchmarks.saved import TEXT, save_many

    clock, path = Clock(), folder / "patient_summaries.csv"
    rows = rows_of(table)
    with clock.timing("summaries: CSV written from the history"):
        save_many(path, rows)
    written = peak_mib()
    with clock.timing("summaries: open"):
        store = SummaryStore(path)
    for number in range(20):
        patient_id = str(number * rows // 20)
        with clock.timing("summaries: read one"):
            store.get(patient_id)
        with clock.timing("summaries: save one"):
            store.save(patient_id, "Janet Lee", f"{TEXT} {number}", how="edited")
        with clock.timing("summaries: undo one"):
            store.undo(patient_id)
        with clock.timing("summaries: list a page"):
            store.page(number * rows // 20, 20)
        with clock.timing("summaries: list those of a name"):
            store.page(0, 20, f"patient {number}")
    with clock.timing("summaries: close"):
        store.close()
    return clock.figures() | {
        "summaries: CSV, MiB": path.stat().st_size / 2**20,
        "summaries: history, MiB": path.with_suffix(".history.jsonl").stat().st_size / 2**20,
        "summaries: written, peak MiB": written,
    }


def reopened_summaries(table: Path, folder: Path) -> Figures:
    """Open the same files in a new process; and where nothing but one of them is there."""
    from server.summaries import SummaryStore

    clock, path = Clock(), folder / "patient_summaries.csv"
    with clock.timing("summaries: open again"):
        store = SummaryStore(path)
    opened = peak_mib()
    assert len(store) == rows_of(table)
    path.with_suffix(".versions.json").unlink()
    with clock.timing("summaries: open after a change from outside"):
        SummaryStore(path)
    path.with_suffix(".history.jsonl").unlink()
    with clock.timing("summaries: open a CSV file of one's own"):
        SummaryStore(path)
    return clock.figures() | {"summaries: open again, peak MiB": opened}


def rows_of(table: Path) -> int:
    return int(table.stem.rpartition("_")[2])


SECTIONS: dict[str, Callable[[Path, Path], Figures]] = {
    "first start": first_start,
    "next start": next_start,
    "pandas str.contains": with_pandas,
    "DuckDB ILIKE": with_duckdb,
    "saved summaries": saved_summaries,
    "saved summaries, another process": reopened_summaries,
}


def peak_mib() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(section: str, table: Path, folder: Path) -> Figures:
    """The figures of one part, run in a process of its own."""
    if section == "DuckDB ILIKE" and importlib.util.find_spec("duckdb") is None:
        return {}
    command = [sys.executable, "-m", __spec__.name, "--section", section]
    command += ["--table", str(table), "--folder", str(folder)]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: Figures = json.loads(result.stdout)
    return figures


def print_table(figures: dict[int, dict[str, Figures]]) -> None:
    print(f"{'':52}" + "".join(f"{rows:>12,}" for rows in figures))
    sections = next(iter(figures.values()))
    for section in sections:
        print(section)
        for name in sections[section]:
            values = (of_size[section].get(name) for of_size in figures.values())
            print(
                f"  {name:50}" + "".join(f"{'' if v is None else f'{v:,.2f}':>12}" for v in values)
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--folder", type=Path, help="where tables are kept for another run")
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.section:
        print(json.dumps(SECTIONS[given.section](given.table, given.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        kept = given.folder or Path(temporary)
        packages = ("pandas", "pyarrow", "tantivy")
        print(platform.platform(), *(f"{name} {version(name)}" for name in packages), sep=", ")
        print_table({rows: _of_size(rows, kept, Path(temporary)) for rows in given.rows})


def _of_size(rows: int, kept: Path, temporary: Path) -> dict[str, Figures]:
    table = kept / f"patients_{rows}.csv"
    if not table.exists():
        print(f"writing {rows:,} patients ...", file=sys.stderr)
        generate(["--n", str(rows), "--out", str(table)])
    folder = temporary / str(rows)
    folder.mkdir()
    figures = {}
    for section in SECTIONS:
        print(f"{rows:,}: {section} ...", file=sys.stderr)
        figures[section] = measure(section, table, folder)
    return figures


if __name__ == "__main__":
    main()
