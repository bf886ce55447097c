"""How well the search finds whom people look for, and what each of its features adds.

    python -m tests.evaluation.search_quality

prints a table over the labelled keywords in queries.toml: of the first ten patients, how many are
relevant (of as many as there can be), and how many of the relevant are found at all.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from server import query
from server.patients import PatientTable, load_patients
from server.search_index import SearchIndex
from server.synonyms import Synonyms
from tests.evaluation.scan import Scan

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"

Find = Callable[[str], list[str]]
"""A keyword -> the ids of the patients found, best first."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A keyword with the patients who are looked for."""

    keyword: str
    kind: str
    relevant: frozenset[str]

    def precision(self, found: Sequence[str], first: int = 10) -> float:
        """The share of relevant patients among the first ten, or as many as there are."""
        first = min(first, len(self.relevant))
        return len(self.relevant.intersection(found[:first])) / first

    def recall(self, found: Iterable[str]) -> float:
        return len(self.relevant.intersection(found)) / len(self.relevant)


def labelled() -> list[Labelled]:
    entries = tomllib.loads((HERE / "queries.toml").read_text(encoding="utf-8"))["query"]
    return [
        Labelled(entry["keyword"], entry["kind"], frozenset(map(str, entry["relevant"])))
        for entry in entries
    ]


class WithoutSlips:
    """A vocabulary that takes every word as it is typed."""

    def knows(self, beginning: str) -> bool:
        return bool(beginning)

    def words(self, beginning: str) -> Mapping[str, int]:
        return {beginning: 1}


def _nothing_denied(text: str) -> tuple[str, str]:
    return text, ""


def searches(table: PatientTable) -> dict[str, Find]:
    """The searches that are compared: the scan, and the index with more and more features."""
    bare = SearchIndex.build(table, split=_nothing_denied)
    whole = SearchIndex.build(table)
    none, listed = Synonyms(), Synonyms.read(DATA / "synonyms.txt")

    def found(index: SearchIndex, synonyms: Synonyms, vocabulary: query.Vocabulary) -> Find:
        def find(keyword: str) -> list[str]:
            rows = index.find(query.read(keyword, synonyms, vocabulary), len(table)).rows
            return [table.at(row).patient_id for row in rows]

        return find

    return {
        "scan, in the order of the table": Scan(table).find,
        "index: fields, beginnings, spelling": found(bare, none, WithoutSlips()),
        "+ typing slips": found(bare, none, bare),
        "+ synonyms": found(bare, listed, bare),
        "+ denials (the search)": found(whole, listed, whole),
        "the search without typing slips": found(whole, listed, WithoutSlips()),
        "the search without synonyms": found(whole, none, whole),
        "the search without denials": found(bare, listed, bare),
    }


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over keywords."""

    precision: float
    recall: float


def quality(find: Find, queries: Sequence[Labelled]) -> Quality:
    results = [(each, find(each.keyword)) for each in queries]
    return Quality(
        mean(each.precision(found) for each, found in results),
        mean(each.recall(found) for each, found in results),
    )


def main() -> None:
    table = load_patients(DATA / "patients.csv")
    queries = labelled()
    kinds = list(dict.fromkeys(each.kind for each in queries))
    print(f"{len(queries)} keywords, {len(table)} patients; precision@10 / recall\n")
    print(f"{'':37}{'all':>13}" + "".join(f"{kind:>13}" for kind in kinds))
    for name, find in searches(table).items():
        groups = [queries, *([q for q in queries if q.kind == kind] for kind in kinds)]
        values = [quality(find, group) for group in groups]
        print(f"{name:37}" + "".join(f"{v.precision:>7.2f} /{v.recall:5.2f}" for v in values))


if __name__ == "__main__":
    main()
