"""Words as the search compares them: without case, accents and punctuation, in either spelling."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

FUNCTION_WORDS = frozenset(
    {"a", "an", "and", "at", "for", "in", "of", "on", "or", "the", "to", "with"}
)
"""Left out of a query that has other words: "numbness of the limbs" is "numbness in limbs"."""

_WORD = re.compile(r"[^\W_]+")

# British medical spelling -> American, by parts of words: two thirds of the medical words in these
# rules are missing from breame 0.1.2, the dictionary of spellings that Python has.
_SPELLINGS = (
    ("rrhoea", "rrhea"),
    ("pnoea", "pnea"),
    ("manoeuv", "maneuv"),
    (r"\boesoph", "esoph"),  # not in gastroesophageal
    ("oestr", "estr"),
    ("oedem", "edem"),
    ("coeliac", "celiac"),
    ("foet", "fet"),
    ("haem", "hem"),
    ("aemi", "emi"),
    (r"aem\b", "em"),  # as far as it is typed
    ("paed", "ped"),
    ("naec", "nec"),
    ("naesth", "nesth"),
    ("caesar", "cesar"),
    ("caec", "cec"),
    ("faec", "fec"),
    ("leuco", "leuko"),
    ("sulph", "sulf"),
    ("tumour", "tumor"),
    ("colour", "color"),
    ("labour", "labor"),
    ("behaviour", "behavior"),
    ("odour", "odor"),
    ("fibre", "fiber"),
    ("litre", "liter"),
    ("centre", "center"),
    ("programme", "program"),
    ("ageing", "aging"),
    ("ounsell", "ounsel"),
    ("lyse", "lyze"),
    ("isation", "ization"),
    ("alised", "alized"),
    ("ilised", "ilized"),
)
HAS_BRITISH = "|".join(british for british, _ in _SPELLINGS)
"""A regular expression for the words that `american` changes."""
_BRITISH = re.compile(HAS_BRITISH)


def plain(text: str) -> str:
    """The text without accents, so that "Muller" finds Müller; case and punctuation stay."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def cut(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(plain(text).lower())


def american(word: str) -> str:
    """The word in American spelling; words that are spelt alike stay what they are."""
    if _BRITISH.search(word):
        for british, ours in _SPELLINGS:
            word = re.sub(british, ours, word)
    return word


@lru_cache(maxsize=1 << 16)  # records repeat their words
def spellings(word: str) -> tuple[str, ...]:
    """The word, and its American spelling where that differs."""
    other = american(word)
    return (word,) if other == word else (word, other)


def singular(word: str) -> str:
    """The word without the ending of a plural; what only looks like a plural may lose a letter."""
    if len(word) < 5 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


def closest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that `word` was most likely meant to be: one slip away, else two.

    A slip is a letter too many, too few, wrong, or swapped with its neighbour. Short words are
    taken as they are, and only long ones may have two slips.
    """
    most = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
    found: dict[int, list[str]] = {}
    for candidate in known:
        if abs(len(candidate) - len(word)) <= most:
            slips = distance(word, candidate, most)
            if slips <= most:
                found.setdefault(slips, []).append(candidate)
    return found[min(found)] if found else []


def distance(one: str, other: str, most: int) -> int:
    """The slips between two words (restricted Damerau-Levenshtein); above `most`, any number so."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, their in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != their))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == their:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (not before or min(before) > most):
            return most + 1
    return row[-1]
