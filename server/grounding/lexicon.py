"""The words that grounding knows: names of conditions, findings and drugs, plain words, synonyms.

The lists are the text files in the folder `words`, each with its format at its top. `Phrases` finds
the longest names in a text; the same names are looked for in a record and in a summary, so that a
"high blood pressure" in one meets "hypertension" in the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .tokens import Token, tokenize

_FOLDER = Path(__file__).with_name("words")


@dataclass(frozen=True, slots=True)
class Match:
    """A name found in a text, from token `start` to before token `end`."""

    key: str
    start: int
    end: int


class Phrases:
    """Names of one or more words, found by their stems, the longest first."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str, bool]]] = defaultdict(list)

    def add(self, name: str, key: str) -> None:
        """Let `name` mean `key`; a name that begins with "!" only in capitals."""
        stems = tuple(t.stem for t in tokenize(name.lstrip("!")) if t.stem not in ("-", "'s"))
        if stems and not any(stems == known for known, _, _ in self._by_first[stems[0]]):
            self._by_first[stems[0]].append((stems, key, name.startswith("!")))
            self._by_first[stems[0]].sort(key=lambda entry: -len(entry[0]))

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def longest(self, tokens: list[Token], places: list[int], at: int) -> Match | None:
        """The longest name that begins at `places[at]`; `places` are the tokens without hyphens."""
        for stems, key, capitals in self._by_first.get(tokens[places[at]].stem, ()):
            here = places[at : at + len(stems)]
            if len(here) == len(stems) and all(
                tokens[i].stem == stem for i, stem in zip(here, stems, strict=True)
            ):
                if not capitals or tokens[here[0]].text.isupper():
                    return Match(key, here[0], here[-1] + 1)
        return None


@dataclass(frozen=True)
class Lexicon:
    phrases: Phrases
    names: dict[str, tuple[str, ...]]
    """The names of each condition and finding."""
    broader: dict[str, frozenset[str]]
    """All that a key implies: "type 2 diabetes" implies "diabetes"."""
    symptoms: frozenset[str]
    heads: frozenset[str]
    sites_within: dict[str, frozenset[str]]
    """The sites that a site takes in: a limb takes in a leg."""
    plain: frozenset[str]
    groups: dict[str, frozenset[int]]
    """The groups of interchangeable words that a stem belongs to."""

    def implies(self, known: str, said: str) -> bool:
        """Whether a record that says `known` supports a summary that says `said`."""
        if known == said or said in self.broader.get(known, ()):
            return True
        head, _, site = known.partition("@")
        said_head, _, said_site = said.partition("@")
        if head != said_head:
            return any(self.implies(key, said) for key in self.broader.get(known, ()))
        return not said_site or self._overlap(site, said_site)

    def _overlap(self, site: str, said: str) -> bool:
        return said in self.sites_within.get(site, ()) or site in self.sites_within.get(said, ())


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    phrases = Phrases()
    broader: dict[str, frozenset[str]] = {}
    names_of: dict[str, tuple[str, ...]] = {}
    symptoms: set[str] = set()
    heads, sites_within = _read_findings(phrases)
    for section, key, above, names in _entries("concepts.txt"):
        is_head = key in heads
        for name in (key, *names):
            if name.startswith("~"):
                phrases.add(name[1:], f"~{key}")
                continue
            phrases.add(name.replace("@", " "), f"head:{key}" if is_head else key)
        broader[key] = frozenset(above)
        names_of[key] = (key, *(name for name in names if name[0] not in "~!"))
        if section == "symptom":
            symptoms.add(key)
    for _, key, above, names in _entries("drugs.txt"):
        kind = "class" if key.startswith("@") else "drug"
        bare = key.removeprefix("@")
        for name in (bare, *names):
            phrases.add(name, f"{kind}:{bare}")
        broader[f"{kind}:{bare}"] = frozenset(x for c in above for x in (f"class:{c}", f"drug:{c}"))
    return Lexicon(
        phrases=phrases,
        names=names_of,
        broader=_closed(broader),
        symptoms=frozenset(symptoms),
        heads=heads,
        sites_within=sites_within,
        plain=frozenset(
            t.stem for line in _lines("plain.txt") for t in tokenize(line) if t.is_word
        ),
        groups=_groups(),
    )


def sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """The section and the comma-separated names of each line of a list."""
    section = ""
    for line in _lines(name):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            yield section, _items(line)


def _lines(name: str) -> Iterator[str]:
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _entries(name: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(section, key, broader keys, other names) of each line."""
    section = ""
    for line in _lines(name):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        left, _, right = line.partition(":")
        above: list[str] = []
        if name == "drugs.txt":
            right, _, classes = right.partition(">")
            above = _items(classes)
            if not right.strip() and not above:
                left, _, classes = left.partition(">")
                above = _items(classes)
        else:
            left, _, parents = left.partition("<")
            above = _items(parents)
        yield section, left.strip(), above, _items(right)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _read_findings(phrases: Phrases) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    heads: set[str] = set()
    within: dict[str, frozenset[str]] = {}
    section = ""
    for line in _lines("findings.txt"):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        left, _, names = line.partition(":")
        key, _, inner = (part.strip() for part in left.partition(">"))
        for name in _items(names):
            phrases.add(name, f"{section}:{key}")
        if section == "head":
            heads.add(key)
        else:
            within[key] = frozenset(_items(inner))
    return frozenset(heads), within


def _closed(broader: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """`broader` with what the broader keys imply in their turn."""

    def above(key: str) -> frozenset[str]:
        direct = broader.get(key, frozenset())
        return direct.union(*(above(parent) for parent in direct))

    return {key: above(key) for key in broader}


def _groups() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(_lines("synonyms.txt")):
        for word in _items(line):
            for token in tokenize(word):
                groups[token.stem].add(number)
    return {stem: frozenset(numbers) for stem, numbers in groups.items()}


def find(tokens: list[Token], *phrase_lists: Phrases) -> Iterator[Match]:
    """The names in a text, none overlapping another; an earlier list wins over a later one."""
    places = [i for i, t in enumerate(tokens) if t.text not in "-‐‑" and t.plain != "'s"]
    at = 0
    while at < len(places):
        found = _best(p.longest(tokens, places, at) for p in phrase_lists)
        if found is None:
            at += 1
            continue
        yield found
        while at < len(places) and places[at] < found.end:
            at += 1


def _best(matches: Iterable[Match | None]) -> Match | None:
    return max((m for m in matches if m), key=lambda m: m.end, default=None)
