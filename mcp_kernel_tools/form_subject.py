"""What the lower half of the form is about: a patient, and the text that was written for them."""

from dataclasses import dataclass, field, replace

from mcp_kernel_tools.answers import Grounding, Summary
from mcp_kernel_tools.save_question import SaveQuestion


@dataclass
class Subject:
    """One patient, and what is there to be saved."""

    patient_id: str
    name: str = ""
    attempts: int = 0
    summary: Summary | None = None
    """The complete summary that is shown."""
    edited: bool = False
    """Whether its text is the user's."""
    kept: str | None = None
    """The text that was saved of it, as it was edited."""
    there: str | None = None
    """The saved summary, as the form knows it: what there is to undo."""
    question: SaveQuestion = field(default_factory=SaveQuestion)
    """Whether a text is to be saved that the record contradicts."""
    loss: SaveQuestion = field(default_factory=SaveQuestion)
    """Whether a text that is not saved is to give way to another one."""

    @property
    def grounding(self) -> Grounding | None:
        """What the record says of the summary that is shown."""
        return self.summary.grounding if self.summary else None

    def begin(self) -> None:
        """Forget the text that was there: another one is being written."""
        self.summary, self.edited, self.kept = None, False, None
        self.close_questions()

    def complete(self, summary: Summary) -> None:
        self.summary = summary

    def take_edited(self, text: str, grounding: Grounding) -> None:
        """From now on the summary is what the user wrote, with what the record says of that."""
        if self.summary is not None:
            self.summary = replace(self.summary, text=text, grounding=grounding)
            self.edited = True

    def close_questions(self) -> None:
        """Ask nothing any more: the text is another one now."""
        self.question.close()
        self.loss.close()

    def is_unsaved(self, text: str) -> bool:
        """Whether `text`, which stands in the field for editing, was not saved as it is."""
        return self.summary is not None and text != self.kept

    def would_lose(self, text: str) -> bool:
        """Whether the user has to be asked before `text` gives way to another one."""
        # The question about the model's own text offers another try: to take it is an answer.
        answered = self.question.is_open and text == str(self.summary)
        return self.is_unsaved(text) and not answered
