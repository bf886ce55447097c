"""The closed world: every other word must be in the record, or be one that states nothing."""

import re
from collections.abc import Iterator

from .lexicon import lexicon
from .notices import Notice
from .record import Analysis, Record
from .tokens import Token, stem

_DRUG = re.compile(
    r"\w{3,}(?:pril|sartan|olol|statin|mab|gliflozin|gliptin|prazole|cillin|mycin|cycline|oxacin|conazole"
    r"|tidine|triptan|dipine|xaban|azepam|zolam|ciclovir|cyclovir|tinib|setron|thiazide|glutide|sone|solone"
    r"|caine|formin|lukast|profen|parin|pidem|oxetine|traline|amide|barbital)$"
)
_FACTUAL_ADVERBS = frozenset(
    "severely mildly moderately newly recently suddenly acutely gradually rapidly slowly surgically heavily "
    "completely progressively markedly dramatically significantly constantly continuously intermittently "
    "socially sexually early family daily weekly monthly yearly nightly hourly".split()
)
_RECENT = frozenset({"recent", "recently", "latest"})
_VISIT = frozenset("visit visited seen attended appointment encounter review reviewed consultation checkup check reading readings measured measurement measurements evaluated assessed saw".split())


def words(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each run of words that the record does not have."""
    run: list[int] = []
    for at, token in enumerate(found.tokens):
        if at in used or not token.is_word or len(token.text) == 1:
            continue
        notice = _known(found, record, at, token)
        if isinstance(notice, Notice):
            yield notice
        elif notice is None:
            if run and run[-1] != at - 1:
                yield _unknown(found, run)
                run = []
            run.append(at)
    if run:
        yield _unknown(found, run)


def _unknown(found: Analysis, run: list[int]) -> Notice:
    kind = "drug" if any(_DRUG.match(found.tokens[i].plain) for i in run) else "word"
    return Notice(run[0], run[-1] + 1, kind, "unsupported")  # type: ignore[arg-type]


def _known(found: Analysis, record: Record, at: int, token: Token) -> Notice | bool | None:
    """None: nobody knows the word; a notice: the record says otherwise; True: it may stand."""
    lex = lexicon()
    if token.stem in lex.plain:
        return True
    if token.plain in _RECENT:
        return True if any(t.plain in _VISIT for t in found.tokens) else None
    if token.stem in record.stems:
        return _against(found, record, at, token) or True
    if lex.groups.get(token.stem, frozenset()) & record.groups:
        return True
    if token.plain.endswith("ly") and token.plain not in _FACTUAL_ADVERBS:
        base = stem(token.plain[:-2])
        if base in lex.plain or base in record.stems or len(token.plain) > 4 and stem(token.plain[:-2] + "e") in lex.plain:
            return True
    return None


def _against(found: Analysis, record: Record, at: int, token: Token) -> Notice | None:
    """A word of the record, said of somebody else or the other way round."""
    known = record.stems[token.stem]
    said = (found.context.polarity[at], found.context.relation[at])
    if said[0] == "possible":
        return None
    if all(polarity == "absent" for polarity, _ in known) and said[0] == "present" and not found.context.advice:
        return Notice(at, at + 1, "negation", "contradicted", "notes", record.facts.notes)
    if all(relation for _, relation in known) and not said[1]:
        return Notice(at, at + 1, "family", "contradicted", "family_history", record.patient.family_history)
    return None
