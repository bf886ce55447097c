"""The form: search for a patient, watch the summary grow, keep it.

    form = SummaryForm(client)
    form

What a user does is handed over at once to the client's own event loop, and everything happens
there: so the form answers while a stream runs, and the text keeps growing while a cell is busy. One
task at a time generates; of several searches or choices the last one counts.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mcp_kernel_tools import form_sentences as say
from mcp_kernel_tools.answers import Grounding, Record, Summary
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.form_choice import Latest, PatientChoice
from mcp_kernel_tools.form_layout import FormLayout
from mcp_kernel_tools.form_status import Progress
from mcp_kernel_tools.form_subject import Subject
from mcp_kernel_tools.saved_copy import show_bundle, view_bundle
from mcp_kernel_tools.sentence_check import SentenceCheck
from mcp_kernel_tools.stream_view import StreamView
from mcp_kernel_tools.subshell import outside_cells, waits_for_cells
from mcp_kernel_tools.summaries_table import SummariesTable
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.text_marks import Mark, contradicted, marks_of
from mcp_kernel_tools.wire import visible

TYPING_PAUSE = 0.3
TICK = 0.5
FRONT_END_SECONDS = 5.0
"""How long a page may take to load the front end of the growing text."""

_log = logging.getLogger(__name__)


class SummaryForm:
    """A form over a client; show it by making it the last line of a cell.

    `stream_view` shows the summary, `table` what is saved, `layout` holds all widgets.
    """

    def __init__(self, client: SyncClient) -> None:
        self._client = client
        self._api = client.client
        self._context = outside_cells()
        self.layout = self._context.copy().run(FormLayout, client.list_summaries)
        self._born = time.monotonic()
        self._choice = PatientChoice(self._api, self.layout)
        self._models = Latest()
        self._subject: Subject | None = None
        self._model_known = False
        self._running: asyncio.Task[Any] | None = None
        self._listen()
        self._context.copy().run(self._show_buttons)
        self._start(self._open())

    @property
    def stream_view(self) -> StreamView:
        return self.layout.stream_view

    @property
    def table(self) -> SummariesTable:
        return self.layout.table

    @property
    def status(self) -> str:
        """What the status line says."""
        return self.layout.status.text

    def close(self) -> None:
        """Stop what runs, and remove the form from all pages."""
        self._start(self._stop())
        self.layout.close()

    def _ipython_display_(self) -> None:
        show_bundle(view_bundle(self.layout.box, "Summary form: run the cell to use it"))
        self.stream_view.copy.show()

    # From the widgets' threads to the client's loop

    def _listen(self) -> None:
        parts = self.layout
        parts.keyword.observe(
            lambda change: self._start(self._search(change["new"], TYPING_PAUSE)), "value"
        )
        parts.keyword.on_msg(self._on_keyword_message)
        parts.matches.observe(lambda change: self._start(self._choose(change["new"])), "value")
        parts.edit.observe(lambda _: self._on_edit(), "value")
        self._on_click(parts.search, lambda: self._search(parts.keyword.value))
        self._on_click(parts.summarize, self._summarize_chosen)
        self._on_click(parts.try_again, self._summarize_again)
        self._on_click(parts.stop, self._stop)
        self._on_click(parts.save, self._save)
        self._on_click(parts.undo, self._undo)

    def _on_click(self, button: Any, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        button.on_click(lambda _: self._start(act()))

    def _on_keyword_message(self, _: object, message: dict[str, Any], __: object) -> None:
        if message.get("event") == "submit":  # the Enter key
            self._start(self._search(self.layout.keyword.value))

    def _on_edit(self) -> None:
        # While a stream ends the form itself puts its text there.
        if self._subject is not None and self._running is None:
            self._start(self._take_edit(self._subject))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        waits = waits_for_cells()
        self._context.copy().run(self._client.submit, self._guarded(work, waits))

    async def _guarded(self, work: Coroutine[Any, Any, None], waits: bool = False) -> None:
        """Do `work`; whatever goes wrong is said in the form."""
        if waits:
            self.layout.show(self.layout.hint, True)
        try:
            await work
        except KernelToolsError as failure:
            self.layout.status.fail(str(failure))
        except Exception as fault:  # noqa: BLE001  # a callback's fault would be seen by nobody
            _log.exception("A fault in the form")
            self.layout.status.fail(say.fault(fault))
        finally:
            self._show_buttons()

    def _say(self, text: str) -> None:
        self.layout.status.say(text)

    # Searching and choosing

    async def _open(self) -> None:
        self.table.refresh()
        await self._show_model()

    async def _search(self, keyword: str, pause: float = 0.0) -> None:
        await self._choice.search(keyword, pause)
        if not self._model_known:
            self._start(self._show_model())

    async def _choose(self, patient_id: str | None) -> None:
        chosen = await self._choice.choose(patient_id)
        if chosen is None:
            return
        self._show_record()
        if self._running is not None:  # the line is the stream's
            return
        if (subject := self._subject) and subject.is_unsaved(self.layout.edit.value):
            self._say(say.stays(subject.name, subject.patient_id))
        else:
            self._say(say.chosen(chosen["name"], chosen["patient_id"]))
            await self._begin(chosen)

    async def _begin(self, patient: Record) -> Subject:
        """Make the lower half of the form about this patient, with nothing in it yet."""
        patient_id = patient["patient_id"]
        subject = self._subject = Subject(patient_id, patient["name"])
        self._show_heading(subject)
        self._hide_question()
        self.stream_view.clear()
        subject.there = await self._saved_text(patient_id)
        return subject

    async def _show_model(self) -> None:
        self._models.take_over()
        self._model_known = False
        while not self._model_known:
            try:
                model = (await self._api.server_status())["model"]
            except KernelToolsError:
                self.layout.model.value = say.model_html(None)
                raise
            self.layout.model.value = say.model_html(model)
            self._model_known = model["state"] != "loading"
            await asyncio.sleep(0 if self._model_known else 2 * TICK)

    # Generating

    async def _summarize_chosen(self) -> None:
        subject = self._subject
        chosen = self._choice.chosen
        if chosen is None or not self._may_give_way(say.SUMMARIZE):
            return
        if subject is None or subject.patient_id != chosen["patient_id"]:
            subject = await self._begin(chosen)
        subject.attempts = 0
        await self._generate(subject)

    async def _summarize_again(self) -> None:
        if self._subject is not None and self._may_give_way(say.TRY_AGAIN):
            await self._generate(self._subject)

    def _may_give_way(self, button: str) -> bool:
        """Whether the text below is saved, or the user wants another one all the same."""
        subject, text = self._subject, self.layout.edit.value
        if subject is None or subject.loss.allows(text, subject.would_lose(text)):
            return True
        subject.question.close()
        asked = say.would_be_lost(subject.name, subject.patient_id, button)
        self._show_question(say.loss_html(asked), say.SAVE)
        self._say(asked)
        return False

    async def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()

    async def _generate(self, subject: Subject) -> None:
        if self._running is not None:  # a second click
            return
        progress = Progress(time.monotonic())
        self._running = asyncio.create_task(self._stream(subject, progress))
        ticking = asyncio.create_task(self._guarded(self._tick(progress)))
        self._show_stream_begins(subject)
        try:
            summary = await self._running
        except asyncio.CancelledError:
            self._show_incomplete()
            self._say(say.stopped(progress.tokens))
        except Exception:
            self._show_incomplete()
            raise
        else:
            self._show_complete(subject, summary)
        finally:
            self._running = None
            ticking.cancel()
        if subject.summary is not None and self.layout.save_when_complete.value:
            await self._save()

    async def _stream(self, subject: Subject, progress: Progress) -> Summary:
        def take(token: str) -> None:
            progress.add(time.monotonic())
            self.stream_view.write(token)
            check.add(visible(token))

        attempt, subject.attempts = subject.attempts, subject.attempts + 1
        patient_id = subject.patient_id
        check = SentenceCheck(partial(self._api.check_summary, patient_id), self.stream_view.mark)
        checking = asyncio.create_task(self._guarded(check.run()))
        try:
            return await self._api.generate_summary(
                patient_id,
                attempt=attempt,
                on_token=take,
                grammar=None if self.layout.grammar.value else False,
            )
        finally:
            checking.cancel()

    async def _tick(self, progress: Progress) -> None:
        while True:
            await asyncio.sleep(TICK)
            queue = "" if progress.tokens else await self._queue()
            self.layout.status.count(progress.describe(time.monotonic()) + queue)

    async def _queue(self) -> str:
        status = await self._api.server_status()
        if status["model"]["state"] == "loading":
            return ", the model is loading"
        return say.waiting(status["waiting"])

    # Saving

    async def _save(self) -> None:
        subject = self._subject
        if subject is None or subject.summary is None or self._running is not None:
            return
        text = self.layout.edit.value
        grounding = await self._grounding(subject, text)
        if not self._may_be_saved(subject, text, contradicted(marks_of(grounding["sentences"]))):
            return
        # With the generation's id the server knows an edited text from one of another source.
        summary = replace(subject.summary, text=text)
        saved = await self._api.update_patient_summary(subject.patient_id, summary)
        # The server may leave something out of a text, such as a heading.
        subject.kept, subject.there = text, await self._saved_text(subject.patient_id)
        self._hide_question()
        if text != subject.summary.text and self._running is None:
            subject.take_edited(text, grounding)
            self._show_edited(text, grounding)
        later = say.EDITED_NOT_SAVED if subject.is_unsaved(self.layout.edit.value) else ""
        told = say.completed(subject.summary, subject.edited)
        self._say(f"{told} {say.saved(saved)} {later}")
        self.table.refresh(new=subject.patient_id)

    def _may_be_saved(self, subject: Subject, text: str, doubts: Sequence[Mark]) -> bool:
        """Whether the record does not contradict `text`, or the user wants it all the same."""
        subject.loss.close()
        allowed = subject.question.allows(text, bool(doubts))
        if not allowed:
            self._show_question(say.question_html(doubts), say.SAVE_ANYWAY)
            self._say(say.not_saved(doubts))
        return allowed

    async def _grounding(self, subject: Subject, text: str) -> Grounding:
        """What the record says of `text`, which may have been edited."""
        grounding = subject.grounding
        if grounding is None or text != str(subject.summary):
            grounding = await self._api.check_summary(subject.patient_id, text)
        return grounding

    async def _take_edit(self, subject: Subject) -> None:
        if subject is not self._subject or subject.summary is None:  # it was another text
            return
        subject.close_questions()
        self._hide_question()
        unsaved = subject.is_unsaved(self.layout.edit.value)
        self._say(say.EDITED_NOT_SAVED if unsaved else say.AS_SAVED)

    async def _undo(self) -> None:
        subject = self._subject
        if subject is None or self._running is not None:
            return
        if await self._saved_text(subject.patient_id) == subject.there:
            undone = await self._api.undo_summary(subject.patient_id)
            subject.there = undone["summary"]
            self._say(say.undone(undone))
        else:  # what is there now is not this form's to take away
            subject.there = None
            self._say(say.NOT_UNDONE)
        self.table.refresh()

    async def _saved_text(self, patient_id: str) -> str | None:
        return (await self._api.get_patient_summary(patient_id))["summary"]

    # What the form shows

    def _show_stream_begins(self, subject: Subject) -> None:
        subject.begin()
        self._show_record()
        self._hide_question()
        if not self.stream_view.answered and time.monotonic() - self._born > FRONT_END_SECONDS:
            self.stream_view.use_plain_output()
        self._show_heading(subject)
        self.stream_view.start()
        self.layout.status.count(say.WAITING)
        self._show_buttons()
        self._start(self._show_model())

    def _show_complete(self, subject: Subject, summary: Summary) -> None:
        subject.complete(summary)
        if summary.grounding is not None:
            self.stream_view.mark(marks_of(summary.grounding["sentences"]))
        self._show_record()
        self.stream_view.finish(say.limited(summary), say.source(summary))
        self.layout.edit.value = summary.text
        self.layout.show(self.layout.edit, True)
        self._say(f"{say.completed(summary)} {say.NOT_SAVED_YET}")

    def _show_edited(self, text: str, grounding: Grounding) -> None:
        """Show the text that was saved in place of the model's, whose marks it has not."""
        self._show_record()
        self.stream_view.start()
        self.stream_view.write(text)
        self.stream_view.mark(marks_of(grounding["sentences"]))
        self.stream_view.finish(say.EDITED)

    def _show_incomplete(self) -> None:
        self.stream_view.finish(say.INCOMPLETE if self.stream_view.text else "")

    def _show_record(self) -> None:
        if subject := self._subject:
            self._choice.show_record(subject.patient_id, subject.grounding)
        else:
            self._choice.show_record()

    def _show_question(self, asked: str, save: str) -> None:
        """Ask, beside the button that saves; `save`: what this button says."""
        self.layout.question.value = asked
        self.layout.show(self.layout.question, bool(asked))
        self.layout.save.description = save

    def _hide_question(self) -> None:
        self._show_question("", say.SAVE)

    def _show_heading(self, subject: Subject) -> None:
        self.layout.heading.value = say.heading_html(subject.name, subject.patient_id)
        self.layout.show(self.layout.edit, False)

    def _show_buttons(self) -> None:
        parts, subject = self.layout, self._subject
        idle = self._running is None
        parts.summarize.disabled = not (idle and self._choice.chosen)
        parts.try_again.disabled = not (idle and subject and subject.attempts)
        parts.stop.disabled = idle
        parts.save.disabled = not (idle and subject and subject.summary)
        parts.undo.disabled = not (idle and subject and subject.there is not None)
