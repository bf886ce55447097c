"""What a keyword asks for: words of a record, each in the ways in which it may be written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from . import negation
from .synonyms import Phrase, Synonyms
from .words import FUNCTION_WORDS, american, closest, cut, singular, spellings

_TRIGGER = re.compile(rf"\b(?:{negation.TRIGGERS})\b", re.IGNORECASE)


class Vocabulary(Protocol):
    """The words that occur in a table."""

    def knows(self, beginning: str) -> bool:
        """Whether a word begins so."""

    def words(self, beginning: str) -> Mapping[str, int]:
        """The words that begin so, and how often they occur."""


@dataclass(frozen=True, slots=True)
class Word:
    """One typed word: the beginnings of words that it stands for, or whole words."""

    beginnings: tuple[str, ...]
    meant: tuple[str, ...] = ()
    """The words that were most likely meant, where no word of the table begins as typed."""

    def matches(self, words: list[str]) -> list[str]:
        """Which of these words of a record it stands for."""
        return [word for word in words if any(map(self._is, spellings(word)))]

    def _is(self, word: str) -> bool:
        return word.startswith(self.beginnings) or word in self.meant


@dataclass(frozen=True, slots=True)
class Part:
    """A word, or a phrase that has synonyms; a record has to have it one way or another."""

    typed: tuple[Word, ...]
    synonyms: tuple[Phrase, ...] = ()

    def matches(self, words: list[str]) -> list[str]:
        """The words of one field of a record that this part was found by; empty: not there."""
        by_word = [word.matches(words) for word in self.typed]
        found = [word for each in by_word for word in each] if all(by_word) else []
        if self.synonyms:
            spelt = [spellings(word)[-1] for word in words]
            found += [" ".join(phrase) for phrase in self.synonyms if _occurs(phrase, spelt)]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Query:
    """The parts that a record has to have, and those that it has to deny."""

    said: tuple[Part, ...]
    denied: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.said or self.denied)


def read(keyword: str, synonyms: Synonyms, vocabulary: Vocabulary) -> Query:
    """The query that a person typed, with "denies fever" read as the rule reads a record."""
    said, denied = negation.split(keyword)
    if not cut(denied):
        return Query(_parts(keyword, synonyms, vocabulary))
    said = _TRIGGER.sub(" ", said)
    return Query(_parts(said, synonyms, vocabulary), _parts(denied, synonyms, vocabulary))


def _parts(text: str, synonyms: Synonyms, vocabulary: Vocabulary) -> tuple[Part, ...]:
    typed = list(dict.fromkeys(cut(text)))
    words = [word for word in typed if word not in FUNCTION_WORDS] or typed
    as_meant = {word: _word(word, synonyms, vocabulary) for word in words}
    corrected = [as_meant[word].meant[:1] or (word,) for word in words]
    parts, place = [], 0
    for phrase, others in synonyms.parts([word for (word,) in corrected]):
        of_phrase = words[place : place + len(phrase)]
        parts.append(Part(tuple(as_meant[word] for word in of_phrase), others))
        place += len(phrase)
    return tuple(parts)


def _word(typed: str, synonyms: Synonyms, vocabulary: Vocabulary) -> Word:
    # A plural that is typed finds the singular; a singular begins its plural anyway.
    beginnings = tuple(dict.fromkeys((*spellings(typed), singular(american(typed)))))
    if any(vocabulary.knows(each) for each in beginnings) or typed in synonyms.words:
        return Word(beginnings)
    candidates = dict.fromkeys((word for word in synonyms.words if word[0] == typed[0]), 0)
    candidates.update(vocabulary.words(typed[0]))
    usual_first = sorted(candidates, key=lambda word: (-candidates[word], word))
    return Word(beginnings, tuple(closest(american(typed), usual_first)))


def _occurs(phrase: Phrase, words: list[str]) -> bool:
    places = (place for place, word in enumerate(words) if word == phrase[0])
    return any(tuple(words[place : place + len(phrase)]) == phrase for place in places)
