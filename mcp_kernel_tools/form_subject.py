"""What the lower half of the form is about: a patient, and the text that was written for them."""

from dataclasses import dataclass, field

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
    unsaved: bool = False
    saved_before: bool = False
    """Whether there is a saved summary, so that there is something to undo."""
    question: SaveQuestion = field(default_factory=SaveQuestion)

    @property
    def grounding(self) -> Grounding | None:
        """What the record says of the summary that is shown."""
        return self.summary.grounding if self.summary else None

    def begin(self) -> None:
        """Forget the text that was there: another one is being written."""
        self.summary, self.unsaved = None, False
        self.question.close()

    def complete(self, summary: Summary) -> None:
        self.summary, self.unsaved = summary, True
