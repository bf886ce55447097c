"""What the form says, in words. Pure: values in, text or HTML out."""

import html
from collections.abc import Sequence

from mcp_kernel_tools.answers import SOURCES, ModelStatus, Saved, Summary, Undone
from mcp_kernel_tools.text_marks import Mark, counted_verdicts, marks_of
from mcp_kernel_tools.wire import visible

TYPE_A_KEYWORD = "Type a keyword to find patients."
LONGEST_KEYWORD = 200
"""Characters of a keyword that the server takes."""
KEYWORD_TOO_LONG = f"Type at most {LONGEST_KEYWORD} characters."
NOT_SAVED_YET = "Not saved yet."
INCOMPLETE = "Incomplete, not saved."
EDITED = "Edited by hand."
EDITED_NOT_SAVED = "Edited, not saved yet."
AS_SAVED = "The text is as it was saved."
SUMMARIZE = "Summarize"
TRY_AGAIN = "Try again"
SAVE = "Save"
SAVE_ANYWAY = "Save anyway"
NOT_UNDONE = "Not undone: the summary was changed meanwhile."
WAITING = "Waiting for the first token"
WARNING = "A demonstration, not for clinical use: check every summary against the record."
CLICKS_WAIT = (
    "While a cell runs, a click here waits until it has ended: this page does not send clicks to "
    "a kernel subshell."
)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 token`, `2,000 tokens`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def keyword_hint(keyword: str) -> str:
    """What to type instead, where no patient can be looked for."""
    if not keyword:
        return TYPE_A_KEYWORD
    return KEYWORD_TOO_LONG if len(keyword) > LONGEST_KEYWORD else ""


def found(keyword: str, total: int, listed: int) -> str:
    if not total:
        return f"No patient matches “{keyword}”. Try the beginning of the word, or another one."
    best = f", the best {listed} are listed" if listed < total else ""
    return f"{counted(total, 'patient matches', 'patients match')} “{keyword}”{best}."


def completed(summary: Summary, edited: bool = False) -> str:
    if edited:  # the figures are those of the model's text
        return f"{EDITED}{_to_check(summary)}"
    limit = " at the model's token limit" if summary.finish_reason == "length" else ""
    done = f"Complete{limit}: {counted(summary.tokens, 'token')} in {summary.seconds:.1f} s."
    return f"{done}{_to_check(summary)}"


def _to_check(summary: Summary) -> str:
    """What a reader should look at, where the text was held against the record."""
    if summary.grounding is None:
        return ""
    marks = counted_verdicts(marks_of(summary.grounding["sentences"])) or "nothing was found"
    left_out = len(summary.grounding["omissions"])
    missing = f"; {counted(left_out, 'item')} of the record left out" if left_out else ""
    return f" To check: {marks}{missing}."


def limited(summary: Summary) -> str:
    """What is to be said below a summary; nothing of one that ended by itself."""
    return "Complete at the model's token limit." if summary.finish_reason == "length" else ""


def source(summary: Summary) -> str:
    """Who wrote the text."""
    words = SOURCES.get(summary.source, summary.source)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def not_saved(doubts: Sequence[Mark]) -> str:
    """The question before a text is saved that the record contradicts."""
    first = doubts[0]
    more = f" and {counted(len(doubts) - 1, 'other place')}" if len(doubts) > 1 else ""
    evidence = f" ({first.evidence})" if first.evidence else ""
    return (
        f"Not saved: the record says otherwise about “{first.words}”{evidence}{more}."
        f" Press “{SAVE_ANYWAY}” to keep the text as it is, or edit it, or try again."
    )


def question_html(doubts: Sequence[Mark]) -> str:
    """The same beside the button that answers it; nothing without doubts."""
    asked = html.escape(visible(not_saved(doubts))) if doubts else ""
    return f'<p class="mkt-question">{asked}</p>' if asked else ""


def would_be_lost(name: str, patient_id: str, button: str) -> str:
    """The question before a text that is not saved gives way to another one."""
    return (
        f"Not saved yet: the text for {_whose(name, patient_id)} would be lost. Press “{SAVE}” to"
        f" keep it, or “{button}” once more to do without it."
    )


def loss_html(asked: str) -> str:
    """The same beside the button that keeps the text."""
    return f'<p class="mkt-question mkt-question-loss">{html.escape(visible(asked))}</p>'


def chosen(name: str, patient_id: str) -> str:
    """In place of what was said of the patient before."""
    return f"Chosen: {_whose(name, patient_id)}."


def stays(name: str, patient_id: str) -> str:
    """Of a text that is not saved when another patient is chosen."""
    return f"The text for {_whose(name, patient_id)} stays below: it is not saved yet."


def stopped(tokens: int) -> str:
    return f"Stopped after {counted(tokens, 'token')}. {INCOMPLETE}"


def saved(answer: Saved) -> str:
    milliseconds = f"Saved in {1000 * answer['seconds']:.0f} ms"
    if not answer["replaced"]:
        return f"{milliseconds}."
    return f"{milliseconds}, in place of an older summary; Undo brings that back."


def undone(answer: Undone) -> str:
    if answer["restored"]:
        return f"Undone: what was saved before for {answer['name']} is back."
    return f"Undone: no summary is saved for {answer['name']} now."


def waiting(requests: int) -> str:
    return f", {counted(requests, 'request')} in the queue" if requests else ""


def fault(error: Exception) -> str:
    """An error that is none of the library's own."""
    return f"{type(error).__name__}: {error}. The kernel's log holds the traceback."


def model_html(model: ModelStatus | None) -> str:
    """Which model writes and why this one; None: nobody answers."""
    if model is None:
        return '<p class="mkt-model">Model: not known while the server does not answer</p>'
    name, state = html.escape(visible(model["name"])), model["state"]
    more = [state if state != "ready" else "", visible(model["detail"] or model["why"])]
    said = "".join(f", {html.escape(part)}" for part in more if part)
    return f'<p class="mkt-model">Model: <strong>{name}</strong>{said}</p>'


def heading_html(name: str, patient_id: str) -> str:
    """Whose summary it is."""
    whose = html.escape(visible(_whose(name, patient_id)))
    return f'<p class="mkt-heading">Summary for {whose}</p>'


def _whose(name: str, patient_id: str) -> str:
    return f"{name}, ID {patient_id}" if name else f"ID {patient_id}"
