"""Grounding: each sentence of a summary against the record it was written from.

A sentence is read into claims, and each claim is looked up: `supported` with the field that says
so, `unsupported` when the record does not say it, `contradicted` when it says otherwise. The world
is closed: a word that is neither in the record nor known to state nothing is unsupported. Advice
("follow up in 4-6 weeks") is neutral. What the record lists and the summary leaves out is an
omission.

The marks are for a reader's attention. They are no proof: a wrong relation made of words that the
record has may pass, and a faithful sentence in unforeseen words may be marked.
"""

from .check import check, check_sentence, omissions
from .claims import Claim, Grounding, Kind, Omission, Sentence, Verdict
from .record import Record
from .sentences import Span, split

__all__ = [
    "Claim",
    "Grounding",
    "Kind",
    "Omission",
    "Record",
    "Sentence",
    "Span",
    "Verdict",
    "check",
    "check_sentence",
    "omissions",
    "split",
]
