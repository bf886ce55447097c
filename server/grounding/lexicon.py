"""The words that grounding knows: names of conditions, findings and drugs, plain words, synonyms.

The lists are the text files in the folder `words`, each with its format at its top. `Phrases` finds
the longest names in a text; the same names are looked for in a record and in a summary, so that a
"high blood pressure" in one meets "hypertension" in the other.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from .tokens import Token, tokenize

DETERMINERS = frozenset("the a an her his their its".split())

_FOLDER = Path(__file__).with_name("words")


@dataclass(frozen=True, slots=True)
class Match:
    """A name found in a text, from token `start` to before token `end`."""

    key: str
    start: int
    end: int


class Phrases:
    """Names of one or more words, found by their stems, the longest first.

    Args:
        skip: words that do not count, in a name or in a text: "blood in her urine".
    """

    def __init__(self, skip: frozenset[str] = frozenset()) -> None:
        self._skip = skip | {"-", "‐", "‑", "'s"}
        self._names: dict[tuple[str, ...], tuple[str, bool]] = {}
        self._lengths: dict[str, list[int]] = defaultdict(list)
        """For the first stem of a name: how many stems such names have, the longest first."""

    def add(self, name: str, key: str) -> None:
        """Let `name` mean `key`; a name that begins with "!" only in capitals."""
        tokens = tokenize(name.lstrip("!"))
        stems = tuple(t.stem for t in tokens if t.plain not in self._skip)
        if not stems or stems in self._names:
            return
        self._names[stems] = key, name.startswith("!")
        if len(stems) not in (lengths := self._lengths[stems[0]]):
            lengths.append(len(stems))
            lengths.sort(reverse=True)

    def find(self, tokens: list[Token]) -> Iterator[Match]:
        """The names in a text, none overlapping another."""
        if not self._names:
            return
        places = [at for at, token in enumerate(tokens) if token.plain not in self._skip]
        stems = [tokens[at].stem for at in places]
        end = 0
        for number, place in enumerate(places):
            if place < end:
                continue
            for length in self._lengths.get(stems[number], ()):
                name = tuple(stems[number : number + length])
                key, capitals = self._names.get(name, ("", False))
                if key and (tokens[place].text.isupper() or not capitals):
                    end = places[number + len(name) - 1] + 1
                    yield Match(key, place, end)
                    break


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
    soft: frozenset[str]
    """Stems that may retell a line of the record, where two of its words stand too."""
    idioms: Phrases
    """Turns of phrase that state nothing."""
    gives: dict[str, frozenset[int]]
    takes: dict[str, frozenset[int]]
    """The groups of words that a stem of a record stands for, and that one of a summary needs."""

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
    phrases = Phrases(DETERMINERS)
    broader: dict[str, frozenset[str]] = {}
    names_of: dict[str, tuple[str, ...]] = {}
    symptoms: set[str] = set()
    heads, sites_within = _read_findings(phrases)
    for section, key, above, names in _names("concepts.txt"):
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
    for _, key, above, names in _names("drugs.txt"):
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
        plain=_stems("plain.txt"),
        soft=_stems("soft.txt"),
        idioms=_idioms(),
        gives=_groups(0),
        takes=_groups(-1),
    )


def sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """The section and the comma-separated names of each line of a list."""
    section = ""
    for line in lines(name):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            yield section, _items(line)


def entries(name: str) -> Iterator[tuple[str, str, list[str]]]:
    """The lines "kind:key: item, item" of a list."""
    for line in lines(name):
        kind, key, items = line.split(":", 2)
        yield kind, key, _items(items)


def lines(name: str) -> Iterator[str]:
    """The lines of a list, without its comments."""
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _names(name: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(section, key, broader keys, other names) of each line."""
    section = ""
    for line in lines(name):
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
    """The names in a line: "settles|eases with rest" is two of them."""
    items = (item.split() for item in text.split(",") if item.strip())
    return [" ".join(one) for item in items for one in product(*(w.split("|") for w in item))]


def _read_findings(phrases: Phrases) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    heads: set[str] = set()
    within: dict[str, frozenset[str]] = {}
    section = ""
    for line in lines("findings.txt"):
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


def _stems(name: str) -> frozenset[str]:
    return frozenset(t.stem for line in lines(name) for t in tokenize(line) if t.is_word)


def _idioms() -> Phrases:
    phrases = Phrases(DETERMINERS)
    for _, names in sections("idioms.txt"):
        for name in names:
            phrases.add(name, "idiom")
    return phrases


def _closed(broader: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """`broader` with what the broader keys imply in their turn."""

    def above(key: str) -> frozenset[str]:
        direct = broader.get(key, frozenset())
        return direct.union(*(above(parent) for parent in direct))

    return {key: above(key) for key in broader}


def _groups(side: int) -> dict[str, frozenset[int]]:
    """The lines of synonyms that a stem stands in, on one side of its ">"."""
    groups: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(lines("synonyms.txt")):
        for token in tokenize(line.split(">")[side]):
            if token.is_word:
                groups[token.stem].add(number)
    return {stem: frozenset(numbers) for stem, numbers in groups.items()}
