"""What the checks hand each other: a notice is a claim by its tokens."""

from collections.abc import Collection
from dataclasses import dataclass

from .claims import Kind, Verdict
from .lexicon import DETERMINERS, lexicon
from .mentions import Mention
from .quantity import Quantity
from .record import Analysis, Known
from .tokens import Token

_RECURRENCES = frozenset({"relapse", "flare"})
_OF = DETERMINERS | {"of", "in", "from", "'s"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A claim that stands in the tokens from `start` to before `end`."""

    start: int
    end: int
    kind: Kind
    verdict: Verdict
    field: str = ""
    evidence: str = ""


def noted(quantity: Quantity, kind: Kind, verdict: Verdict, known: Known | None = None) -> Notice:
    """A notice of a quantity, with what the record knows of it."""
    where = quantity.tokens
    if known is None:
        return Notice(where.start, where.stop, kind, verdict)
    return Notice(where.start, where.stop, kind, verdict, known.field, known.text)


def near(found: Analysis, at: range, words: frozenset[str], *, before: int, after: int = 0) -> str:
    """The word of `words` that stands closest before some tokens, else after them, else nothing."""
    earlier = range(at.start - 1, max(-1, at.start - 1 - before), -1)
    later = range(at.stop, min(len(found.tokens), at.stop + after))
    words_there = (found.tokens[i].plain for i in (*earlier, *later))
    return next((word for word in words_there if word in words), "")


def recurs(found: Analysis, mention: Mention) -> bool:
    """Whether only a relapse of something is denied: "no relapse of her depression"."""
    again = (m for m in found.mentions if m.key in _RECURRENCES)
    return found.context.polarity[mention.start] == "absent" and any(
        mention.end in (m.start, m.end)
        or (
            m.end < mention.start
            and all(_is_of(token) for token in found.tokens[m.end : mention.start])
        )
        for m in again
        if m is not mention
    )


def _is_of(token: Token) -> bool:
    """Of the words of "of Mr Ward's"."""
    return token.plain in _OF or token.text[0].isupper()


def shares(said: frozenset[str], line: frozenset[str]) -> bool:
    """Whether two sets of stems share one, or words that stand for each other."""
    known = lexicon()
    meant = {group for stem in line for group in known.gives.get(stem, ())}
    return bool(said & line) or any(known.takes.get(stem, set()) & meant for stem in said)


def topics(found: Analysis, at: int) -> frozenset[str]:
    """The stems of what is spoken of in the clause of a token."""
    clause, plain = found.context.clause, lexicon().plain
    return frozenset(
        token.stem
        for i, token in enumerate(found.tokens)
        if clause[i] == clause[at] and token.is_word and token.stem not in plain
    )


def amounts(found: Analysis, places: Collection[int]) -> frozenset[tuple[str, tuple[float, ...]]]:
    """The amounts that are named: "put on three kilos" is of the line "has lost 3 kg"."""
    named = (q for q in found.quantities if q.kind == "amount" and q.tokens.start in places)
    return frozenset((quantity.unit, quantity.values) for quantity in named)
