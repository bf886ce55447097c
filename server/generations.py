"""What may be saved: the rule that keeps error texts and cut streams out of the CSV file.

The server remembers what it generated. A client may hand back whatever text it was handed; `judge`
says what that text is, or refuses it. Pure: no file, no clock, no socket.

What is refused, after the server's own heading was taken off:

- empty text, and the beginning of a heading alone;
- an error text that the server sent, alone or at the end of the text;
- with a `generation_id`: one that is not remembered or is another patient's (`Invalid`), and any
  text with the id of a stream that did not complete (`Incomplete`);
- the text of a stream that failed or still runs: of this patient's, any beginning down to one
  character; of another patient's, or where the `generation_id` is of a complete one, the whole or a
  beginning of `TELLING` characters or more (an edit may shorten the text that it is made from);
- the text of another patient's complete summary, unless this patient has the same one.

White space around a text and the kind of its line ends make no difference to these comparisons.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from mcp_kernel_tools.wire import heading

from .errors import Incomplete, Invalid
from .models.base import FinishReason

PER_PATIENT = 8
IN_ALL = 10_000
ERRORS = 1_000

TELLING = 40
"""Characters. A shorter beginning is common to many patients: "Based on the patient's symptoms"."""

TELLING_ERROR = 20
"""Characters. A shorter error text could be the last words of a summary."""

How = Literal["generated", "edited", "external"]

_HEADING = re.compile(
    r"\s*(?:Generated|Saved) Summary for [\s\S]{0,200}?"
    r" \(ID: ((?:(?! \(ID: )[^\n])*?)\):[ \t]*(?:\r?\n){0,2}"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A text that may be saved, and what is known of it."""

    summary: str
    how: How
    model: str | None = None
    record: str | None = None
    generation_id: str | None = None
    wording: str | None = None
    """How the model was asked."""


class Generation:
    """One run of a model for one patient: it runs, then it completed or failed."""

    def __init__(
        self, id: str, patient_id: str, model: str, record: str, name: str, wording: str
    ) -> None:
        self.id = id
        self.patient_id = patient_id
        self.model = model
        self.record = record
        self.name = name
        self.wording = wording
        self.running = True
        self.finish_reason: FinishReason | None = None
        self._tokens: list[str] = []
        self._plain: str | None = None

    def add(self, token: str) -> None:
        self._tokens.append(token)
        self._plain = None

    def complete(self, text: str, finish_reason: FinishReason) -> None:
        """The model came to its own end, or to its token limit; `text` is the whole summary."""
        self._tokens, self._plain = [text], None
        self.finish_reason = finish_reason
        self.running = False

    def fail(self) -> None:
        """The stream was cut: what was added so far is incomplete, for good."""
        self.finish_reason = None
        self.running = False

    @property
    def completed(self) -> bool:
        return self.finish_reason is not None

    @property
    def text(self) -> str:
        """What the model wrote so far."""
        if len(self._tokens) > 1:
            self._tokens = ["".join(self._tokens)]
        return self._tokens[0] if self._tokens else ""

    @property
    def plain(self) -> str:
        """The text so far, in the form in which texts are compared."""
        if self._plain is None:
            self._plain = _plain(self.text)
        return self._plain


class Generations:
    """The generations that are remembered, and the error texts that were sent.

    Not thread-safe: it belongs to the server's event loop.

    Args:
        per_patient: How many finished generations of one patient are remembered.
        in_all: How many generations of all patients.
        new_id: Makes the `generation_id`s.
    """

    def __init__(
        self,
        *,
        per_patient: int = PER_PATIENT,
        in_all: int = IN_ALL,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self.per_patient = per_patient
        self.in_all = in_all
        self.new_id = new_id
        self._all: dict[str, Generation] = {}
        self._of: dict[str, dict[str, Generation]] = {}
        self._errors: deque[str] = deque(maxlen=ERRORS)

    def __len__(self) -> int:
        return len(self._all)

    def start(
        self, patient_id: str, model: str, record: str, name: str, wording: str = ""
    ) -> Generation:
        """Remember a new run of `model`.

        Args:
            patient_id: Whose summary.
            model: The model's name.
            record: The hash of the record that it is shown.
            name: The patient's name.
            wording: How it is asked (`Summarizer.wording`).
        """
        generation = Generation(self.new_id(), patient_id.strip(), model, record, name, wording)
        own = self._of.setdefault(generation.patient_id, {})
        self._all[generation.id] = own[generation.id] = generation
        self._make_room(own, self.per_patient)
        self._make_room(self._all, self.in_all)
        return generation

    def last_of(self, patient_id: str) -> str:
        """The latest complete text of a patient that is remembered; empty: there is none."""
        own = self._of.get(patient_id.strip(), {}).values()
        return next((each.text for each in reversed(own) if each.completed), "")

    def remember_error(self, text: str) -> None:
        """An error text that was sent to a client: it is not a summary."""
        error = _plain(text)
        if error and error not in self._errors:
            self._errors.append(error)

    def judge(self, patient_id: str, text: str, generation_id: str | None = None) -> Verdict:
        """What `text` is, if it may be saved for the patient.

        Raises:
            Invalid: the text is empty, an error text or another patient's, or the id is unknown.
            Incomplete: the text comes from a stream that did not complete.
        """
        patient_id = patient_id.strip()
        own = self._of.get(patient_id, {})
        summary = _without_heading(patient_id, text)
        plain = _plain(summary)
        if not plain:
            raise Invalid("The summary is empty.", next="Send the text of a complete summary.")
        if any(_ends_with_error(plain, error) for error in self._errors):
            raise Invalid(
                "This is an error message that the server sent, not a summary.",
                next="Generate the summary again, and save what completes.",
            )
        if generation_id is None:
            return self._judge_by_text(own, summary, plain)
        return self._judge_by_id(own, summary, plain, generation_id)

    def _judge_by_text(self, own: dict[str, Generation], summary: str, plain: str) -> Verdict:
        if generation := _completed_as(plain, own):
            return _generated(generation)
        self._refuse_incomplete(own, plain, least=1)
        if _completed_as(plain, self._all):
            raise _anothers()
        return Verdict(summary, "external")

    def _judge_by_id(
        self, own: dict[str, Generation], summary: str, plain: str, generation_id: str
    ) -> Verdict:
        if generation_id not in self._all:
            raise Invalid(
                "The generation_id is not one that this server remembers.",
                next="Leave generation_id out, or generate the summary again.",
            )
        if generation_id not in own:
            raise _anothers()
        generation = own[generation_id]
        if not generation.completed:
            raise _incomplete()
        if generation.plain == plain:
            return _generated(generation)
        if not generation.plain.startswith(plain):
            self._refuse_incomplete(own, plain, least=TELLING)
        if not _completed_as(plain, own) and _completed_as(plain, self._all):
            raise _anothers()
        return _written(summary, "edited", generation)

    def _refuse_incomplete(self, own: dict[str, Generation], plain: str, least: int) -> None:
        """`least`: how many characters of a beginning tell that it is this patient's stream."""
        for generation in own.values():
            if _plain(heading(generation.name, generation.patient_id)).startswith(plain):
                raise _incomplete()
        for generation in self._all.values():
            if generation.completed or not generation.plain.startswith(plain):
                continue
            telling = least if generation.id in own else TELLING
            if len(plain) >= telling or plain == generation.plain:
                raise _incomplete()

    def _make_room(self, remembered: dict[str, Generation], limit: int) -> None:
        """Forget the oldest; one that still runs is needed, and the queue bounds how many do."""
        while len(remembered) > limit:
            oldest = next((g for g in remembered.values() if not g.running), None)
            if oldest is None:
                return
            del self._all[oldest.id]
            own = self._of[oldest.patient_id]
            del own[oldest.id]
            if not own:
                del self._of[oldest.patient_id]


def _plain(text: str) -> str:
    """The form in which texts are compared."""
    return text.replace("\r\n", "\n").strip()


def _without_heading(patient_id: str, text: str) -> str:
    found = _HEADING.match(text)
    if found is None:
        return text
    if found[1].strip() != patient_id:
        raise _anothers()
    return text[found.end() :]


def _ends_with_error(plain: str, error: str) -> bool:
    return plain == error or (len(error) >= TELLING_ERROR and plain.endswith(error))


def _completed_as(plain: str, remembered: dict[str, Generation]) -> Generation | None:
    """The newest complete generation with this text."""
    for generation in reversed(remembered.values()):
        if generation.completed and generation.plain == plain:
            return generation
    return None


def _generated(generation: Generation) -> Verdict:
    return _written(generation.text, "generated", generation)


def _written(summary: str, how: How, generation: Generation) -> Verdict:
    return Verdict(
        summary,
        how,
        generation.model,
        generation.record,
        generation.id,
        generation.wording or None,
    )


def _anothers() -> Invalid:
    return Invalid(
        "This text was generated for another patient.",
        next="Generate a summary for this patient, and save that.",
    )


def _incomplete() -> Incomplete:
    return Incomplete(
        "This text comes from a stream that did not complete, so it was not saved.",
        next="Generate the summary again.",
    )
