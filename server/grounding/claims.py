"""The result of grounding: what a summary claims, and where the record says it, or does not.

The words are chosen with care. `supported` means that the record says so, in these words or others
that this module knows; it does not mean true, and it does not mean checked by a person.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["supported", "unsupported", "contradicted", "neutral"]
"""What the record says of a claim: yes; nothing; the opposite; or there is nothing to check."""

Kind = Literal[
    "name",
    "sex",
    "age",
    "number",
    "date",
    "duration",
    "drug",
    "dose",
    "condition",
    "symptom",
    "allergy",
    "vital",
    "negation",
    "family",
    "word",
]

_ORDER: tuple[Verdict, ...] = ("contradicted", "unsupported", "supported", "neutral")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence says. `start` and `end` are places in the whole summary."""

    text: str
    start: int
    end: int
    kind: Kind
    verdict: Verdict
    field: str = ""
    """The field of the record that says so, or says otherwise."""
    evidence: str = ""
    """What the record says there."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a summary, its claims in the order of the text, and the worst verdict."""

    text: str
    start: int
    end: int
    claims: tuple[Claim, ...]
    verdict: Verdict

    @property
    def flagged(self) -> bool:
        """Whether a reader should look at it: something in it is not in the record."""
        return self.verdict in ("unsupported", "contradicted")


@dataclass(frozen=True, slots=True)
class Omission:
    """An item of the record that the summary leaves out."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """A whole summary against its record."""

    sentences: tuple[Sentence, ...]
    omissions: tuple[Omission, ...]


def worst(claims: tuple[Claim, ...]) -> Verdict:
    """The verdict that a sentence of these claims gets; without a claim it is neutral."""
    return min((claim.verdict for claim in claims), key=_ORDER.index, default="neutral")
