"""What the record says of a text, as marks on its words. Pure: what the server found in, marks out.

The marks direct a reader's attention and prove nothing, and so they speak: "not in the record:
check", never that something is right.
"""

import html
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mcp_kernel_tools.answers import CheckedSentence, Claim, Verdict
from mcp_kernel_tools.record_view import label
from mcp_kernel_tools.wire import visible

SAYS: dict[Verdict, str] = {
    "contradicted": "the record says otherwise",
    "unsupported": "not in the record: check",
    "supported": "in the record",
}
"""A neutral claim (advice, an opinion) has no mark: there is nothing to look up."""
EVIDENCE = 240
"""Characters of the record that a mark shows; the record itself stands beside it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Some words of a text. Places count the characters of the whole text."""

    start: int
    end: int
    words: str
    verdict: Verdict
    evidence: str
    """What the record says, and in which field; "" where it says nothing."""
    sentence: tuple[int, int]
    """Where the sentence begins and ends."""

    @property
    def flagged(self) -> bool:
        """Whether a reader should look at it."""
        return self.verdict != "supported"


def marks_of(sentences: Iterable[CheckedSentence], offset: int = 0) -> list[Mark]:
    """The marks of checked sentences; `offset`: where the text begins that was checked."""
    return [mark for sentence in sentences for mark in _marks(sentence, offset)]


def contradicted(marks: Iterable[Mark]) -> list[Mark]:
    return [mark for mark in marks if mark.verdict == "contradicted"]


def counted_verdicts(marks: Iterable[Mark]) -> str:
    """How many places to look at: `1 where the record says otherwise, 2 not in the record`."""
    counts = Counter(mark.verdict for mark in marks)
    told = [
        (counts["contradicted"], "where the record says otherwise"),
        (counts["unsupported"], "not in the record"),
    ]
    return ", ".join(f"{count:,} {says}" for count, says in told if count)


def list_html(marks: Iterable[Mark]) -> str:
    """The places to look at, for pages that show them without a front end of their own."""
    rows = "".join(
        f"<li>“{html.escape(mark.words)}”: {_says(mark)}</li>" for mark in marks if mark.flagged
    )
    return f"<p>To check:</p><ul>{rows}</ul>" if rows else ""


def in_utf16(text: str, marks: Sequence[Mark]) -> list[list[object]]:
    """The marks as browsers count: start, end, verdict, evidence, and the sentence's two places."""
    wide = [at for at, character in enumerate(text) if character > "\uffff"]

    def unit(at: int) -> int:
        return at + bisect_left(wide, at)

    return [
        [unit(m.start), unit(m.end), m.verdict, m.evidence, *map(unit, m.sentence)] for m in marks
    ]


def _marks(sentence: CheckedSentence, offset: int) -> list[Mark]:
    marks: list[Mark] = []
    for claim in sentence["claims"]:
        if claim["verdict"] in SAYS:
            mark = _mark(claim, sentence, offset)
            if marks and (joined := _joined(marks[-1], mark, sentence, offset)):
                marks[-1] = joined
            else:
                marks.append(mark)
    return marks


def _mark(claim: Claim, sentence: CheckedSentence, offset: int) -> Mark:
    said = visible(" ".join(claim["evidence"].split()))
    said = said if len(said) <= EVIDENCE else f"{said[:EVIDENCE].rstrip()} …"
    return Mark(
        offset + claim["start"],
        offset + claim["end"],
        visible(claim["text"]),
        claim["verdict"],
        f"{visible(label(claim['field']))}: {said}" if claim["field"] else "",
        (offset + sentence["start"], offset + sentence["end"]),
    )


def _joined(one: Mark, next: Mark, sentence: CheckedSentence, offset: int) -> Mark | None:
    """Both as one mark where they stand side by side and the record says the same of them."""
    begin = offset + sentence["start"]
    between = sentence["text"][one.end - begin : next.start - begin]
    same = (one.verdict, one.evidence) == (next.verdict, next.evidence)
    if not same or one.end > next.start or between.strip(" -"):
        return None
    return replace(one, end=next.end, words=f"{one.words}{visible(between)}{next.words}")


def _says(mark: Mark) -> str:
    evidence = f" ({html.escape(mark.evidence)})" if mark.evidence else ""
    return f"{SAYS[mark.verdict]}{evidence}"
