"""Checks of what a drug is said to be for: "rosuvastatin for his diabetes" is marked."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from .lexicon import entries, lexicon
from .mentions import Mention
from .notices import Notice
from .record import Analysis

_LINKS = frozenset("for treats treat treating against lowers lower controls helps".split())
_WITH = frozenset("with by using on through".split())
_TREATED = frozenset(
    "treated managed controlled addressed helped takes taking receives given".split()
)
_ANOTHER = frozenset("for she he latter former ; no not while whereas but although though".split())
"""After these it is no longer the target that is treated."""
_MEASURED = {
    "sugar": "diabetes",
    "glucose": "diabetes",
    "pressure": "hypertension",
    "bp": "hypertension",
    "cholesterol": "hyperlipidemia",
    "lipids": "hyperlipidemia",
    "mood": "depression",
    "sleep": "insomnia",
    "prostate": "benign prostatic hyperplasia",
    "thyroid": "thyroid disease",
}
_TAKES = frozenset("is takes continue continues has uses".split())
"""Between two drugs: the first is another matter."""
_REACH = 4


@cache
def _indications() -> dict[str, frozenset[str]]:
    return {
        f"{kind}:{key}": frozenset(conditions)
        for kind, key, conditions in entries("indications.txt")
    }


def indications(found: Analysis) -> Iterator[Notice]:
    """A notice for each drug that is tied to something that it is not given for."""
    for drug, target in _pairs(found):
        named = not target.key.startswith("item:")  # what only this record knows may be anything
        if named and _known(drug.key) and not _is_for(drug, target):
            yield Notice(drug.start, drug.end, "drug", "unsupported", "medications")


def _is_for(drug: Mention, target: Mention) -> bool:
    return any(_overlap(target.key, condition) for condition in _known(drug.key))


def _known(key: str) -> frozenset[str]:
    """What a drug is given for, by its own line and those of its classes."""
    keys = {key, *lexicon().broader.get(key, ())}
    return frozenset[str]().union(*(_indications().get(k, frozenset()) for k in keys))


def _overlap(said: str, known: str) -> bool:
    return lexicon().implies(said, known) or lexicon().implies(known, said)


def _targets(found: Analysis) -> list[Mention]:
    """The conditions that are named, also by what is measured: "for her cholesterol"."""
    named = [
        mention
        for mention in found.mentions
        if not mention.is_drug and not found.context.relation[mention.start]
    ]
    taken = {at for mention in named for at in mention.tokens}
    named += [
        Mention(_MEASURED[token.plain], at, at + 1)
        for at, token in enumerate(found.tokens)
        if token.plain in _MEASURED and at not in taken
    ]
    return sorted(named, key=lambda mention: mention.start)


def _pairs(found: Analysis) -> Iterator[tuple[Mention, Mention]]:
    drugs = [mention for mention in found.mentions if mention.is_drug]
    targets, after_link = _targets(found), 0
    for number, target in enumerate(targets):
        parts = (at for at in range(target.start) if found.tokens[at].text == ";")
        begin = max(after_link, targets[number - 1].end if number else 0, *parts)
        end = targets[number + 1].start if number + 1 < len(targets) else len(found.tokens)
        parted = (at for at in range(target.end, end) if found.tokens[at].text == ";")
        end = next(parted, end)
        link = _link(found, target, begin)
        if link is not None:
            after_link = link
            behind = _is_followed_by_with(found, target)
            before = [] if behind else _nearest(found, _between(drugs, begin, link))
            opens = not before and (link <= 1 or behind)
            yield from (
                (drug, target)
                for drug in before or (_between(drugs, target.end, end) if opens else [])
            )
        elif _is_treated_with(found, target, drugs, end):
            with_it = _between(drugs, target.end, end)
            if not any(_is_for(drug, target) for drug in with_it):
                yield from ((drug, target) for drug in with_it)


def _is_followed_by_with(found: Analysis, target: Mention) -> bool:
    """ "For high cholesterol with atorvastatin": the drug stands behind."""
    return [token.plain for token in found.tokens[target.end : target.end + 1]] == ["with"]


def _between(drugs: Sequence[Mention], start: int, end: int) -> list[Mention]:
    return [drug for drug in drugs if start <= drug.start and drug.end <= end]


def _nearest(found: Analysis, drugs: Sequence[Mention]) -> list[Mention]:
    """The drugs after the last comma that an "and" follows: the earlier ones are another matter."""
    for number in range(len(drugs) - 1, 0, -1):
        between = [t.plain for t in found.tokens[drugs[number - 1].end : drugs[number].start]]
        later = {t.plain for t in found.tokens[drugs[number - 1].end : drugs[-1].start]}
        verbs = _TAKES & {*between}
        if (
            verbs
            or between[-2:] == [",", "and"]
            or ";" in between
            or (later & {","} and "and" not in later)
        ):
            return list(drugs[number:])
    return list(drugs)


def _link(found: Analysis, target: Mention, begin: int) -> int | None:
    """Where "for" or "treats" stands before a condition."""
    for at in range(target.start - 1, max(begin, target.start - _REACH) - 1, -1):
        if any(at in quantity.tokens for quantity in found.quantities):
            return None  # "on an empty stomach, and for five weeks constipated"
        if found.tokens[at].plain in _LINKS:
            return at
        if not found.tokens[at].is_word:
            return None
    return None


def _is_treated_with(found: Analysis, target: Mention, drugs: Sequence[Mention], end: int) -> bool:
    """ "Her gout is treated with …"."""
    following = _between(drugs, target.end, end)
    if not following:
        return False
    words = [token.plain for token in found.tokens[target.end : following[0].start]]
    between = {*words}
    if (",", "and") in pairwise(words):
        return False  # "poor sleep, and is treated with": something else is
    return bool(between & _TREATED and between & _WITH) and between.isdisjoint(_ANOTHER)
