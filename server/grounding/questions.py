"""Checks of what the patient only asks: "whether diet alone would do" is no diet."""

from collections.abc import Iterator

from .notices import Notice, shares
from .record import Analysis, Record, Spoken

_ASKS = frozenset("asks asked wonders wondered".split())
_HIM = frozenset({"himself", "herself", "own"})
_ASKING = _ASKS | frozenset(
    "ask asking wonder wondering whether if could would should may might can question questions "
    "enquires inquires enquired inquired interested considers considering hopes wants likes".split()
)


def is_question(line: Spoken) -> bool:
    """Whether a line of the record says only what somebody asks."""
    return bool(line.found.tokens) and line.found.tokens[0].plain in _ASKS


def questions(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each word that the record has in a question alone and that is told as a fact."""
    asked = [line for line in record.spoken if is_question(line)]
    asks = any(token.plain in _ASKING for token in found.tokens)
    if not asked or asks or "?" in {token.text for token in found.tokens}:
        return
    told = frozenset[str]().union(*(x.content for x in record.spoken if x not in asked))
    for at, token in enumerate(found.tokens):
        said = frozenset({token.stem})
        if found.context.relation[at] or not token.is_word or token.plain in _HIM:
            continue
        if shares(said, told):
            continue
        if line := next((line for line in asked if shares(said, line.content)), None):
            yield Notice(at, at + 1, "word", "unsupported", line.field, line.text)
