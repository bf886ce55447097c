"""The closed world: every other word must be in the record, or be one that states nothing."""

import re
from collections.abc import Iterator

from .claims import Kind
from .context import denied_closely
from .dates import MONTHS
from .kin import same_kin
from .levels import LEVELS
from .lexicon import lexicon
from .notices import Notice
from .record import MODIFIERS, Analysis, Record, Said
from .tokens import Token, stem

_DRUG = re.compile(
    r"\w{3,}(?:pril|sartan|olol|statin|mab|gliflozin|gliptin|prazole|cillin|mycin|cycline|oxacin"
    r"|conazole|tidine|triptan|dipine|xaban|azepam|zolam|c[iy]clovir|tinib|setron|thiazide|glutide"
    r"|sone|solone|caine|formin|lukast|profen|parin|pidem|oxetine|traline|barbital)"
)
_FACTUAL_ADVERBS = frozenset(
    "severely mildly moderately newly recently suddenly acutely gradually rapidly slowly heavily "
    "surgically completely progressively markedly dramatically significantly constantly socially "
    "continuously intermittently sexually early family daily weekly monthly yearly nightly "
    "hourly".split()
)
_HEADINGS = frozenset(
    "referral social lifestyle background assessment impression plan status".split()
)
"""They state nothing before a colon: "Social history: …"."""
_HEADING_ENDS = 6
"""Before this token, at the latest."""
_ENOUGH = 2
"""So many words of one line make a sentence its retelling."""
_AS_BEFORE = frozenset({"like", "as", "so"})
"""After what is denied: "does not upset his work like it used to" is no denial of work."""
_RECENT = frozenset({"recent", "recently", "latest"})
_VISIT = frozenset(
    "visit visited seen saw attended appointment encounter review reviewed consultation checkup "
    "check reading readings measured measurement measurements evaluated assessed glucose sugar "
    "pressure bp value values result results labs examination exam".split()
)


def words(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each run of words that the record does not have, or has otherwise."""
    run: list[int] = []
    soft: bool | None = None
    heading = _heading_end(found)
    for at, token in enumerate(found.tokens):
        if at in used or not token.is_word or len(token.text) == 1 or token.plain in MONTHS:
            continue
        if found.context.clause[at] in found.context.advised:
            continue
        if at < heading and token.plain in _HEADINGS:
            continue
        if not _is_known(found, record, token, at):
            if token.stem in lexicon().soft:
                soft = retells(found, record) if soft is None else soft
                if soft:
                    continue
            if run and run[-1] != at - 1:
                yield _unknown(found, run)
                run = []
            run.append(at)
        elif notice := _against(found, record, token, at):
            yield notice
    if run:
        yield _unknown(found, run)


def _heading_end(found: Analysis) -> int:
    """Where a colon ends a heading; 0 where none does."""
    first = enumerate(found.tokens[:_HEADING_ENDS])
    return next((at for at, token in first if token.text == ":"), 0)


def retells(found: Analysis, record: Record) -> bool:
    """Whether the sentence shares enough with one line of the record to be its retelling."""
    takes, gives = lexicon().takes, lexicon().gives
    content = {t.stem for t in found.tokens if t.is_word} - lexicon().plain
    figures = {t.plain for t in found.tokens if t.is_number and len(t.plain) > 1}
    for line in record.spoken:
        meant = {group for stem in line.content for group in gives.get(stem, ())}
        shared = (s for s in content if s in line.content or meant & takes.get(s, frozenset()))
        same = figures & {token.plain for token in line.found.tokens}
        if sum(1 for _ in shared) + (len(same) if _are_telling(same) else 0) >= _ENOUGH:
            return True
    return False


def _are_telling(figures: set[str]) -> bool:
    """Whether a sentence and a line hardly share these by chance: "131", or "20" and "15"."""
    return len(figures) > 1 or any(len(figure) > 2 for figure in figures)


def _unknown(found: Analysis, run: list[int]) -> Notice:
    kind: Kind = "drug" if any(_DRUG.fullmatch(found.tokens[at].plain) for at in run) else "word"
    return Notice(run[0], run[-1] + 1, kind, "unsupported")


def _is_known(found: Analysis, record: Record, token: Token, at: int) -> bool:
    if token.plain in _RECENT and not (token.plain == "latest" and "last" in record.stems):
        return found.tokens[at - 1].plain == "most" or any(
            other.plain in _VISIT for other in found.tokens
        )
    known = lexicon()
    return (
        token.stem in known.plain
        or token.stem in record.stems
        or token.stem in record.parts
        or bool(known.takes.get(token.stem, frozenset()) & record.groups)
        or _is_compared(found, at)
        or _ends_a_list(found, at)
        or (token.plain.endswith("ly") and _is_adverb_of_known(token.plain, record))
        or (token.plain.endswith("ly") and _is_of_a_level(found, at))
        or _is_compared_form(token.plain, record)
    )


def _is_compared(found: Analysis, at: int) -> bool:
    """ "The right one more than the left": a comparison says nothing of its second part."""
    return "than" in {token.plain for token in found.tokens[max(0, at - 2) : at]}


def _is_of_a_level(found: Analysis, at: int) -> bool:
    """ "Markedly raised": how much, of what the vital signs are checked for."""
    return any(token.plain in LEVELS for token in found.tokens[at + 1 : at + 2])


def _is_compared_form(word: str, record: Record) -> bool:
    """ "Slower" and "dizziest", where the record says "slow" and "dizzy"."""
    base = word.removesuffix("est").removesuffix("er")
    forms = {
        base,
        f"{base}e",
        f"{base.removesuffix('i')}y",
        f"{base.removesuffix('i')}iness",
        base[:-1],
    }
    return base != word and any(stem(form) in record.stems for form in forms if len(form) > 2)


def _ends_a_list(found: Analysis, at: int) -> bool:
    """ "No other infectious diseases": this only says that a list is whole."""
    before = {token.plain for token in found.tokens[max(0, at - 2) : at]}
    return "other" in before and found.context.polarity[at] == "absent"


def _is_adverb_of_known(adverb: str, record: Record) -> bool:
    bases = {stem(adverb[:-2]), stem(f"{adverb[:-2]}e"), stem(adverb[:-3])}
    if adverb in _FACTUAL_ADVERBS:
        return any(base in record.stems for base in bases)
    return any(base in lexicon().plain or base in record.stems for base in bases)


def _against(found: Analysis, record: Record, token: Token, at: int) -> Notice | None:
    """A word of the record, said of somebody else or the other way round."""
    if _is_denied_by_another_word(found, record, token, at):
        return Notice(at, at + 1, "negation", "contradicted", "notes", record.facts.notes)
    known = record.stems.get(token.stem) or record.parts.get(token.stem)
    polarity, relation = found.context.polarity[at], found.context.relation[at]
    if token.stem in lexicon().plain or not known or polarity == "possible":
        return None
    if _is_turned_round(found, record, known, at):
        return Notice(at, at + 1, "negation", "contradicted", "notes", record.facts.notes)
    theirs = all(of for _, of in known) and token.stem not in MODIFIERS
    if theirs and (not relation or not any(same_kin(relation, of) for _, of in known)):
        history = record.patient.family_history
        return Notice(at, at + 1, "family", "contradicted", "family_history", history)
    return None


def _is_said_of_little(found: Analysis, record: Record, at: int) -> bool:
    """ "Hardly drinks" where the record says "drinks little"."""
    before = {token.plain for token in found.tokens[max(0, at - 3) : at]}
    stem_said = found.tokens[at].stem
    return "hardly" in before and any(
        "little" in line.words and stem_said in line.stems for line in record.spoken
    )


def _is_denied_by_another_word(found: Analysis, record: Record, token: Token, at: int) -> bool:
    """ "Walks without a stick" where the record says "walks with a cane"."""
    lists = lexicon()
    groups = lists.takes.get(token.stem, frozenset()) & lists.gives.get(token.stem, frozenset())
    if not groups or token.stem in record.stems or token.stem in lists.plain:
        return False
    lines = [
        line
        for line in record.spoken
        if any(groups & lists.gives.get(stem, frozenset()) for stem in line.content)
    ]
    closely = denied_closely(found.tokens, at)
    return closely and bool(lines) and not any(line.denies for line in lines)


def _is_turned_round(found: Analysis, record: Record, known: set[Said], at: int) -> bool:
    """ "Drives" where the record says "does not drive", or "no inhaler" where it names one."""
    if denied_closely(found.tokens, at, within=3):
        later = {token.plain for token in found.tokens[at : at + 3]}
        if later & _AS_BEFORE or _is_said_of_little(found, record, at):
            return False
        return not record.denies(found.tokens[at].stem)
    said = found.context.polarity[at] == "present"
    return said and all(polarity == "absent" for polarity, _ in known)
