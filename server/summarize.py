"""The use case that all else serves: patient -> prompt -> model -> tokens -> `Summary`.

It knows no transport and no file. Tokens leave through a `put` that is passed in; what was
generated is remembered by `Generations`, which later decides what may be saved.
"""

import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Literal

from mcp_kernel_tools.wire import visible

from . import prompts
from .errors import Failure, Incomplete, ModelFailed
from .generations import Generation, Generations
from .grammar import grammar_for
from .models.base import Finish, FinishReason, LanguageModel, Options, Prompt
from .patients import Patient, PatientTable
from .slots import OnPlace, Slots

FIRST_SEED = 1
"""Of a patient's first summary, so that a run can be repeated; "Try again" takes the next."""

LOG_EVERY = 10
"""Tokens from one progress line of the log to the next."""

LOG_PAUSE = 0.01
"""Seconds between two of them at least: a replay at full speed would spend a quarter on its log."""

log = logging.getLogger(__name__)

GRAMMAR_TEMPERATURE = 0.7
"""Under a grammar nothing false can be said, so the wording may vary: at 0.2 it hardly does."""

GRAMMAR_RECORD_TOKENS = 400
"""The record's share of the prompt under a grammar. With the rest of the prompt, about 350, and the
longest text of a grammar it fits a context of 2,048 tokens."""

Put = Callable[[str], Awaitable[None]]

Source = Literal["model", "model_under_grammar", "record"]
"""Who wrote a summary: the model, freely; the record and our frames, among which the model chose;
or the record alone, in plain sentences without any model."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A complete summary, and how it came about. Times are seconds from the request."""

    patient_id: str
    name: str
    summary: str
    model: str
    finish_reason: FinishReason
    tokens: int
    characters: int
    first_token_seconds: float
    seconds: float
    generation_id: str
    source: Source = "model"
    wording: str = ""
    """What `Summarizer.wording` was."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked for one summary."""

    prompt: Prompt
    options: Options
    source: Source


class Trim:
    """Drops white space before the first word and holds back trailing white space.

    What it lets through is a prefix of the finished text at every moment, so that the stream, the
    screen and the saved summary are the same text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._started = False

    def feed(self, token: str) -> str:
        """The text that may be shown now; often the token itself, sometimes nothing yet."""
        if not self._started:
            token = token.lstrip()
            self._started = bool(token)
        text = self._held + token
        shown = text.rstrip()
        self._held = text[len(shown) :]
        return shown


class Progress:
    """One generation as it goes: the tokens so far, and when the first of them came."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.started = clock()
        self.first_token: float | None = None
        self.tokens = 0
        self.characters = 0
        self.text: list[str] = []
        self._logged = float("-inf")

    def count(self, token: str) -> None:
        if self.first_token is None:
            self.first_token = self.seconds
        self.tokens += 1
        self.characters += len(token)
        if self.tokens % LOG_EVERY == 0:
            self._log()

    def _log(self) -> None:
        now = self.clock()
        if now - self._logged >= LOG_PAUSE:
            self._logged = now
            log.info("Received %d tokens (~%d chars)...", self.tokens, self.characters)

    @property
    def seconds(self) -> float:
        return self.clock() - self.started


class Summarizer:
    """Writes summaries with one model, so many at a time as its slots allow.

    With `grammar`, a model that takes one writes under the clause grammar of the record.
    """

    def __init__(
        self,
        patients: PatientTable,
        model: LanguageModel,
        generations: Generations,
        slots: Slots,
        clock: Callable[[], float] = time.perf_counter,
        *,
        grammar: bool = True,
    ) -> None:
        self.patients = patients
        self.model = model
        self.generations = generations
        self.slots = slots
        self.clock = clock
        self.grammar = grammar
        self._wordings: dict[bool | None, str] = {}

    async def summarize(
        self,
        patient_id: str,
        put: Put,
        on_place: OnPlace,
        *,
        attempt: int = 0,
        grammar: bool | None = None,
        complaint: Sequence[str] = (),
    ) -> Summary:
        """Generate a summary; each piece of its text goes through `put` as soon as it is there.

        Args:
            patient_id: Whose summary.
            put: Takes the pieces in order; while it waits, the model waits.
            on_place: Told the place in the queue, while there is one.
            attempt: 0 for the first summary of a patient; each further one is another text.
            grammar: Whether the model writes under a grammar, if it can; None: as is set.
            complaint: Sentences of an earlier text which the record contradicts; a model that
                writes freely is told of them.

        Raises:
            UnknownPatient: there is no such patient.
            Busy: too many requests wait for the model.
            ModelFailed: the model, or one of its kinds, failed.
            Incomplete: the stream stopped without an end.
        """
        patient = self.patients.get(patient_id)
        progress = Progress(self.clock)
        async with self.slots.take(on_place):
            log.info("summary of patient %s: starting with %s", patient.patient_id, self.model.name)
            generation = self.generations.start(
                patient.patient_id,
                model=self.model.name,
                record=patient.fingerprint(),
                name=visible(patient.name),
                wording=self.wording(grammar),
            )
            try:
                asked = self._asked(patient, attempt, grammar, complaint)
                finish = await self._generate(asked, generation, put, progress)
                return self._complete(patient, generation, finish, progress, asked.source)
            except BaseException as problem:
                generation.fail()
                log.info("summary of patient %s: stopped (%s)", patient.patient_id, _name(problem))
                raise

    def wording(self, grammar: bool | None = None) -> str:
        """Names the way in which the model is asked: a hash of the question about nobody's record.

        It follows every change of prompt, options or grammar by itself.
        """
        if grammar not in self._wordings:
            asked = json.dumps(asdict(self._asked(prompts.EXAMPLE, 0, grammar)), sort_keys=True)
            self._wordings[grammar] = hashlib.sha256(asked.encode()).hexdigest()[:16]
        return self._wordings[grammar]

    def _asked(
        self,
        patient: Patient,
        attempt: int,
        grammar: bool | None,
        complaint: Sequence[str] = (),
    ) -> Asked:
        seed = FIRST_SEED + attempt
        wanted = self.grammar if grammar is None else grammar
        if not (wanted and self.model.takes_grammar):
            prompt = prompts.build(patient, complaint=complaint)
            return Asked(prompt, Options(seed=seed), "model")
        language = grammar_for(patient)
        options = Options(
            seed=seed,
            temperature=GRAMMAR_TEMPERATURE,
            max_tokens=language.max_tokens,
            grammar=language.text,
        )
        # What the grammar cannot say need not be read.
        framed = replace(patient, notes="", other={})
        prompt = prompts.build(framed, record_tokens=GRAMMAR_RECORD_TOKENS)
        return Asked(prompt, options, "model_under_grammar")

    async def _generate(
        self, asked: Asked, generation: Generation, put: Put, progress: Progress
    ) -> Finish:
        trim = Trim()
        stream = self.model.stream(asked.prompt, asked.options)
        async with aclosing(stream) as tokens:
            async for token in tokens:
                if isinstance(token, Finish):
                    return token
                progress.count(token)
                if text := trim.feed(visible(token)):
                    progress.text.append(text)
                    generation.add(text)
                    await put(text)
        raise Incomplete(
            f"{self.model.name} stopped after {progress.tokens} tokens without an end.",
            next="Nothing was saved; try again.",
        )

    def _complete(
        self,
        patient: Patient,
        generation: Generation,
        finish: Finish,
        progress: Progress,
        source: Source,
    ) -> Summary:
        text = "".join(progress.text)
        if not text:
            raise ModelFailed(f"{self.model.name} ended without a word.", next="Try again.")
        generation.complete(text, finish.reason)
        summary = Summary(
            patient_id=patient.patient_id,
            name=visible(patient.name),
            summary=text,
            model=self.model.name,
            finish_reason=finish.reason,
            tokens=progress.tokens,
            characters=len(text),
            first_token_seconds=round(progress.first_token or 0.0, 4),
            seconds=round(progress.seconds, 4),
            generation_id=generation.id,
            source=source,
            wording=generation.wording,
        )
        log.info(
            "Streaming complete (%d tokens, %d chars): patient %s, first token %.2f s, all %.2f s",
            summary.tokens,
            summary.characters,
            summary.patient_id,
            summary.first_token_seconds,
            summary.seconds,
        )
        return summary


def _name(problem: BaseException) -> str:
    """How the log calls the end of a generation; a foreign error's text could quote a record."""
    return problem.kind if isinstance(problem, Failure) else type(problem).__name__
