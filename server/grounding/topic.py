"""What a clause speaks of: a time that the record gives for one thing is no time of another."""

from collections.abc import Iterable
from dataclasses import dataclass

from .lexicon import lexicon
from .mentions import Mention
from .notices import amounts, recurs, shares
from .record import Analysis, Record

_DRUG_WORDS = frozenset(
    "medication medications medicine medicines meds drug drugs tablet tablets pill pills treatment "
    "therapy antibiotics antibiotic".split()
)
_DRUG = "drug"
"""Stands among the stems of a clause that names a drug by whatever word."""
_OVER = frozenset({"absent", "past"})
_GOES_ON = frozenset({"for", "who", "which", "that"})
"""A clause that begins so speaks of what the clause before it does."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The findings that a clause names, by their keys, and the stems that state something."""

    keys: frozenset[str]
    over: frozenset[str]
    """Those keys that are denied or past."""
    stems: frozenset[str]
    beside: frozenset[str]
    """Those stems that are in no name of a finding: back pain is not joint pain for the word."""
    amounts: frozenset[tuple[str, tuple[float, ...]]] = frozenset()
    """The quantities that it names beside its times."""
    denied: str = ""
    """The key closest to a time, where it is denied: "without cough for 11 weeks"."""

    def fits(self, known: "Topic") -> bool:
        """Whether a time that the record gives for `known` may be said of this."""
        if self.denied:
            return _overlap({self.denied}, known.over)
        words = self.beside if known.keys else self.stems
        if self.amounts & known.amounts:
            return True  # "three kilos have left him" is "has lost 3 kg"
        return _overlap(self.keys, known.keys) or shares(words, known.stems)


def is_said_of(
    found: Analysis, time: range, record: Record, line: str, its_time: range | None = None
) -> bool:
    """Whether a time may be said of what a line of the record says, or the clause of its time.

    A clause without a word of another line may be said of any: "this has lasted for 11 weeks".
    """
    said = topic(found, time)
    if not said.keys and said.beside.isdisjoint(record.stems.keys() | {_DRUG}):
        return True
    known = next(spoken for spoken in record.spoken if spoken.text == line)
    return said.fits(topic(known.found, its_time))


def topic(found: Analysis, time: range | None = None) -> Topic:
    """What the clause around a time speaks of; without a time, the whole text."""
    inside = _clause(found, time) if time else range(len(found.tokens))
    named = [m for m in found.mentions if m.start in inside and not recurs(found, m)]
    stems = _stems(found, {*inside}.difference(*(q.tokens for q in found.quantities)))
    beside = stems - _stems(found, {at for mention in named for at in mention.tokens})
    if any(m.is_drug for m in named) or _names_drugs(found, inside):
        stems, beside = stems | {_DRUG}, beside | {_DRUG}
    over = frozenset(m.key for m in named if _is_over(found, m))
    closest = _closest(found, named, time) if time else None
    denied = closest is not None and found.context.polarity[closest.start] == "absent"
    return Topic(
        keys=frozenset(mention.key for mention in named),
        over=over,
        stems=stems,
        beside=beside,
        amounts=amounts(found, inside),
        denied=closest.key if closest and denied else "",
    )


def _is_over(found: Analysis, mention: Mention) -> bool:
    last = [token.plain for token in found.tokens[mention.start - 1 : mention.start]] == ["last"]
    return last or found.context.polarity[mention.start] in _OVER


def _stems(found: Analysis, places: set[int]) -> frozenset[str]:
    words = (found.tokens[at] for at in places - found.idle if found.tokens[at].is_word)
    return frozenset(word.stem for word in words) - lexicon().plain


def _names_drugs(found: Analysis, inside: range) -> bool:
    return any(found.tokens[at].plain in _DRUG_WORDS for at in inside)


def _clause(found: Analysis, time: range) -> range:
    """The clause of a time; "for 12 weeks" and "which began" go on with the one before."""
    clause = found.context.clause
    first = time.start
    while first > 0 and _goes_on(found, first):
        first -= 1
    last = time.stop
    while last < len(clause) and clause[last] == clause[time.stop - 1]:
        last += 1
    return range(first, last)


def _goes_on(found: Analysis, at: int) -> bool:
    """Whether a token and the one before it are of one clause."""
    clause = found.context.clause
    return clause[at] == clause[at - 1] or found.tokens[at].plain in _GOES_ON


def _closest(found: Analysis, named: list[Mention], time: range) -> Mention | None:
    """The last mention before a time, else the first after it; of "12 weeks of cough" the cough."""
    before = [mention for mention in named if mention.start < time.start]
    if len(before) > 1 and found.tokens[before[-1].start - 1].plain == "without":
        before.pop()  # "coughs without fever for 8 weeks"
    after = [mention for mention in named if mention.start >= time.stop]
    after = [m for m in after if "," not in {t.text for t in found.tokens[time.stop : m.start]}]
    counts = [token.plain for token in found.tokens[time.stop : time.stop + 1]] == ["of"]
    nearest = after[:1] + before[-1:] if counts else before[-1:] + after[:1]
    return nearest[0] if nearest else None


def _overlap(said: Iterable[str], known: Iterable[str]) -> bool:
    implies = lexicon().implies
    return any(implies(k, s) or implies(s, k) for k in known for s in said)
