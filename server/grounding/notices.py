"""What the checks hand each other: a notice is a claim by its tokens."""

from dataclasses import dataclass

from .claims import Kind, Verdict
from .record import Analysis


@dataclass(frozen=True, slots=True)
class Notice:
    """A claim that stands in the tokens from `start` to before `end`."""

    start: int
    end: int
    kind: Kind
    verdict: Verdict
    field: str = ""
    evidence: str = ""


def near(found: Analysis, at: range, words: frozenset[str], *, before: int, after: int = 0) -> str:
    """The word of `words` that stands closest to some tokens, or an empty string."""
    tokens = found.tokens
    for i in range(at.start - 1, max(-1, at.start - 1 - before), -1):
        if tokens[i].plain in words:
            return tokens[i].plain
    for i in range(at.stop, min(len(tokens), at.stop + after)):
        if tokens[i].plain in words:
            return tokens[i].plain
    return ""
