"""The use case that all else serves: patient -> prompt -> model -> tokens -> `Summary`.

It knows no transport and no file. Tokens leave through a `put` that is passed in; what was
generated is remembered by `Generations`, which later decides what may be saved.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from mcp_kernel_tools.wire import visible

from . import prompts
from .errors import Failure, Incomplete, ModelFailed
from .generations import Generation, Generations
from .models.base import Finish, FinishReason, LanguageModel, Options
from .patients import Patient, PatientTable
from .slots import OnPlace, Slots

FIRST_SEED = 1
"""Of a patient's first summary, so that a run can be repeated; "Try again" takes the next."""

LOG_EVERY = 10
"""Tokens from one progress line of the log to the next."""

log = logging.getLogger(__name__)

Put = Callable[[str], Awaitable[None]]


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

    def count(self, token: str) -> None:
        if self.first_token is None:
            self.first_token = self.seconds
        self.tokens += 1
        self.characters += len(token)
        if self.tokens % LOG_EVERY == 0:
            log.info("Received %d tokens (~%d chars)...", self.tokens, self.characters)

    @property
    def seconds(self) -> float:
        return self.clock() - self.started


class Summarizer:
    """Writes summaries with one model, so many at a time as its slots allow."""

    def __init__(
        self,
        patients: PatientTable,
        model: LanguageModel,
        generations: Generations,
        slots: Slots,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.patients = patients
        self.model = model
        self.generations = generations
        self.slots = slots
        self.clock = clock

    async def summarize(
        self, patient_id: str, put: Put, on_place: OnPlace, *, attempt: int = 0
    ) -> Summary:
        """Generate a summary; each piece of its text goes through `put` as soon as it is there.

        Args:
            patient_id: Whose summary.
            put: Takes the pieces in order; while it waits, the model waits.
            on_place: Told the place in the queue, while there is one.
            attempt: 0 for the first summary of a patient; each further one is another text.

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
            )
            try:
                finish = await self._generate(patient, generation, put, progress, attempt)
                return self._complete(patient, generation, finish, progress)
            except BaseException as problem:
                generation.fail()
                log.info("summary of patient %s: stopped (%s)", patient.patient_id, _name(problem))
                raise

    async def _generate(
        self,
        patient: Patient,
        generation: Generation,
        put: Put,
        progress: Progress,
        attempt: int,
    ) -> Finish:
        trim = Trim()
        stream = self.model.stream(prompts.build(patient), Options(seed=FIRST_SEED + attempt))
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
        self, patient: Patient, generation: Generation, finish: Finish, progress: Progress
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
