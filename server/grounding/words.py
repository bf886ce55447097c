"""The closed world: every other word must be in the record, or be one that states nothing."""

import re
from collections.abc import Iterator

from .context import DENIALS, Polarity, denied_closely
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
_DENIALS = frozenset("no not never without isn't wasn't doesn't didn't hasn't don't aren't".split())
_RECENT = frozenset({"recent", "recently", "latest"})
_VISIT = frozenset(
    "visit visited seen attended appointment encounter review reviewed consultation checkup check reading readings measured measurement measurements evaluated assessed saw".split()
)


def words(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each run of words that the record does not have."""
    run: list[int] = []
    for at, token in enumerate(found.tokens):
        if at in used or not token.is_word or len(token.text) == 1:
            continue
        notice = _known(found, record, at, token)
        if isinstance(notice, Notice):
            yield notice
        elif not notice:
            if run and run[-1] != at - 1:
                yield _unknown(found, run)
                run = []
            run.append(at)
    if run:
        yield _unknown(found, run)


def _unknown(found: Analysis, run: list[int]) -> Notice:
    kind = "drug" if any(_DRUG.match(found.tokens[i].plain) for i in run) else "word"
    return Notice(run[0], run[-1] + 1, kind, "unsupported")  # type: ignore[arg-type]


def _known(found: Analysis, record: Record, at: int, token: Token) -> Notice | bool:
    """Whether the word may stand; a notice where the record says otherwise."""
    known = lexicon()
    if token.stem in known.plain or _is_compared(found, at):
        return True
    if token.plain in _RECENT:
        return any(other.plain in _VISIT for other in found.tokens)
    if token.stem in record.stems:
        return _against(found, record, at, record.stems[token.stem]) or True
    if token.stem in record.parts:
        return _against(found, record, at, record.parts[token.stem]) or True
    if known.groups.get(token.stem, frozenset()) & record.groups:
        return True
    return token.plain.endswith("ly") and _is_adverb_of_known(token.plain, record)


def _is_compared(found: Analysis, at: int) -> bool:
    """ "The right one more than the left": a comparison says nothing of its second part."""
    return "than" in {token.plain for token in found.tokens[max(0, at - 2) : at]}


def _is_adverb_of_known(adverb: str, record: Record) -> bool:
    if adverb in _FACTUAL_ADVERBS:
        return False
    bases = {stem(adverb[:-2]), stem(f"{adverb[:-2]}e"), stem(adverb[:-3])}
    return any(base in lexicon().plain or base in record.stems for base in bases)


def _against(
    found: Analysis, record: Record, at: int, known: set[tuple[Polarity, str]]
) -> Notice | None:
    """A word of the record, said of somebody else or the other way round."""
    polarity, relation = found.context.polarity[at], found.context.relation[at]
    if polarity == "possible" or found.context.advice:
        return None
    denied = all(p == "absent" for p, _ in known)
    denied_here = denied_closely(found.tokens, at, within=3)
    stem = found.tokens[at].stem
    denies = any(stem in line.stems and line.words & DENIALS for line in record.spoken)
    if (denied and polarity == "present") or (denied_here and not denies):
        return Notice(at, at + 1, "negation", "contradicted", "notes", record.facts.notes)
    if all(of for _, of in known) and not relation:
        history = record.patient.family_history
        return Notice(at, at + 1, "family", "contradicted", "family_history", history)
    return None
