"""What a text denies, apart from what it says: "Denies fever" is no fever.

A small rule in the manner of NegEx (Chapman et al., J Biomed Inform 2001;34:301): a trigger denies
the words after it, or before it, up to the end of the clause. It is not a parser. The packages that
do the same (negspacy, medspacy) bring a language pipeline of hundreds of megabytes; this serves a
ranking, where a mistake moves a patient down and never out.
"""

import re

TRIGGERS = (
    r"den(?:y|ies|ied|ying)|negative for|no (?:known |recorded |previous |prior |personal )?"
    r"(?:history|evidence|signs?|symptoms?|complaints?) of|absence of|free of|rul(?:ed|es|ing) out"
    r"|without|never had|never|neither|nor|not?"
)
"""A regular expression for what denies the words after it."""

CANDIDATES = rf"\b(?:{TRIGGERS}|excluded|absent|negative|none)\b"
"""A regular expression for texts in which something may be denied."""

_BEFORE = re.compile(rf"\b(?:{TRIGGERS})\b", re.IGNORECASE)
_NOT_SO = re.compile(  # "no change in", "not only": what follows is there
    r"\s+(?:change|improvement|increase|decrease|relief|doubt|only|sure|certain|well|better|worse"
    r"|fully|until)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s+(?:is|are|was|were|has been|have been))?"
    r"(?:\s+(?:ruled out|excluded|absent|negative|denied|not (?:present|found|seen))"
    r"|\s*[:=]\s*(?:no|none|negative|absent|denied))\s*$",
    re.IGNORECASE,
)
# What `_AFTER` ends with, asked first: a million records have many clauses.
_LAST_WORDS = (
    "out",
    "excluded",
    "absent",
    "negative",
    "denied",
    "present",
    "found",
    "seen",
    "no",
    "none",
)
_CLAUSE = re.compile(r"[^.;!?\n]+(?:\.(?=\w)[^.;!?\n]+)*")  # a point inside a number ends nothing
_END = re.compile(
    r"\b(?:but|however|except|although|though|apart|aside|yet|still|because|due|despite|while|when"
    r"|during|after|since|until|on|from|reports?|has|complains?|presents?|admits?|endorses?|states?"
    r"|continues?|takes?)\b",
    re.IGNORECASE,
)


def split(text: str) -> tuple[str, str]:
    """The words that the text says, and those that it denies; a trigger itself is said."""
    said: list[str] = []
    denied: list[str] = []
    for clause in _CLAUSE.findall(text):
        _split_clause(clause, said, denied)
    return " ".join(said), " ".join(denied)


def _denied_before(clause: str) -> re.Match[str] | None:
    """The end of a clause that denies its beginning."""
    return _AFTER.search(clause) if clause.rstrip().lower().endswith(_LAST_WORDS) else None


def _split_clause(clause: str, said: list[str], denied: list[str]) -> None:
    after = _denied_before(clause)
    if after:
        denied.append(clause[: after.start()])
        said.append(after[0])
        return
    place = 0
    for trigger in _BEFORE.finditer(clause):
        if trigger.start() < place or _NOT_SO.match(clause, trigger.end()):
            continue
        end = _END.search(clause, trigger.end())
        stop = end.start() if end else len(clause)
        said.append(clause[place : trigger.end()])
        denied.append(clause[trigger.end() : stop])
        place = stop
    said.append(clause[place:])
