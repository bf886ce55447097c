import asyncio
import csv
import html
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_kernel_tools.form import SummaryForm
from mcp_kernel_tools.sync import SyncClient
from tests.front_end import FrontEnd, front_end
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.slow

HOSTILE = ["<img src=x onerror=alert(1)> ", "\x1b[31mred\x1b[0m ", "\u202ereversed"]
FALSE = "She takes metformin 5 mg. She had a kidney transplant. " + "She is well. " * 9
STREAMS: dict[str, tuple[list[str], float, str | None]] = {
    "11": (["The ", "patient ", "is ", "well."], 0.0, "stop"),
    "20": (["One ", "of ", "the ", "model's ", "limits"], 0.0, "length"),
    "42": ([f"word{number} " for number in range(3000)], 0.01, "stop"),
    "54": (["Half of ", "a sentence"], 0.0, None),
    "55": (HOSTILE, 0.0, "stop"),
    "21": ([f"{word} " for word in FALSE.split()], 0.02, "stop"),
}
"""What the model says for a patient: tokens, seconds before each, how it ends."""


@dataclass
class Address:
    """Where the server is just now."""

    url: str
    token: str | None


@dataclass
class Desk:
    """A form on a page, and the server behind it."""

    form: SummaryForm
    page: FrontEnd
    client: SyncClient
    summaries: Path

    def wait_for(self, text: str) -> None:
        """Until the status line says `text`."""
        try:
            self.page.wait_for(lambda: text in self.shown_status)
        except AssertionError:
            raise AssertionError(f"{text!r} is not in {self.shown_status!r}") from None

    @property
    def shown_status(self) -> str:
        return html.unescape(self.form.layout.status.widget.value)

    def search(self, keyword: str) -> list[str]:
        """Type a keyword and press Enter; the patients listed."""
        self.page.set(self.form.layout.keyword, value=keyword)
        self.page.send(self.form.layout.keyword, {"event": "submit"})
        self.wait_for(f"“{keyword}”")
        return [patient_id for _, patient_id in self.form.layout.matches.options]

    def choose(self, patient_id: str) -> None:
        listed = self.search("diabetes")
        self.page.set(self.form.layout.matches, index=listed.index(patient_id))
        self.page.wait_for(lambda: f"ID {patient_id}<" in self.form.layout.record.value)
        self.page.wait_for(lambda: not self.form.layout.summarize.disabled)

    def click(self, name: str) -> None:
        button = getattr(self.form.layout, name)
        assert not button.disabled, name
        self.page.send(button, {"event": "click"})

    def insist(self) -> None:
        """Press Save again, long enough after the question to mean it."""
        self.forget_press()
        self.click("save")

    def forget_press(self) -> None:
        """As if the button that asked was pressed a minute ago."""
        subject = self.form._subject
        assert subject is not None
        for question in (subject.question, subject.loss):
            question._pressed -= 60

    def summarize(self, patient_id: str) -> None:
        self.choose(patient_id)
        self.click("summarize")

    def saved(self) -> dict[str, str]:
        """The CSV file: patient ids and summaries."""
        if not self.summaries.exists():
            return {}
        with self.summaries.open(newline="", encoding="utf-8-sig") as file:
            return {row["patient_id"]: row["summary"] for row in csv.DictReader(file)}

    def calls(self, tool: str) -> list[dict[str, Any]]:
        """The arguments of all calls of a tool that went to the server."""
        frames = [json.loads(text) for text in self.client.wire_log.to_frame()["text"]]
        return [
            frame["params"]["arguments"]
            for frame in frames
            if frame.get("method") == "tools/call" and frame["params"]["name"] == tool
        ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    lines = [{"model": "scripted", "date": "2026-01-01", "command": "a test", "any": True}]
    for patient_id, (tokens, delay, end) in STREAMS.items():
        timed = [[delay, token] for token in tokens]
        lines.append({"patient_id": patient_id, "tokens": timed, "finish_reason": end})
    path = tmp_path_factory.mktemp("model") / "streams.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return f"replay:{path}"


@pytest.fixture(scope="module")
def server(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server"), "--model", model) as server:
        yield server


@pytest.fixture
def page() -> Iterator[FrontEnd]:
    with front_end() as page:
        yield page


def desk_at(server: RunningServer, page: FrontEnd, client: SyncClient | None = None) -> Desk:
    client = client or SyncClient(server.url, token=server.token)
    return Desk(SummaryForm(client), page, client, server.summaries)


@pytest.fixture
def desk(server: RunningServer, page: FrontEnd) -> Iterator[Desk]:
    """A form over a server whose summaries are all forgotten."""
    desk = desk_at(server, page)
    for patient_id in desk.saved():
        while desk.client.undo_summary(patient_id)["restored"]:
            pass
    yield desk
    desk.form.close()
    desk.client.close()


def test_a_search_lists_who_matches_with_the_words_that_matched(desk: Desk) -> None:
    listed = desk.search("diabetes")
    labels = [label for label, _ in desk.form.layout.matches.options]
    assert listed[0] == "11"
    assert labels[0].startswith("Jerry Rivera, 59, Male (ID 11):")
    assert "conditions diabetes" in labels[0]
    desk.wait_for("35 patients match “diabetes”.")


def test_a_search_finds_nobody_and_says_what_to_try(desk: Desk) -> None:
    assert desk.search("zebra") == []
    desk.wait_for("No patient matches “zebra”.")


def test_nobody_is_chosen_until_the_user_chooses(desk: Desk) -> None:
    desk.search("diabetes")
    assert desk.form.layout.matches.value is None
    assert desk.form.layout.summarize.disabled


def test_typing_searches_once_it_pauses(desk: Desk) -> None:
    for end in range(1, len("asthma") + 1):
        desk.page.set(desk.form.layout.keyword, value="asthma"[:end])
    desk.wait_for("“asthma”")
    asked = [call["disease_keyword"] for call in desk.calls("search_patients_by_disease")]
    assert asked == ["asthma"]


def test_an_empty_keyword_lists_nobody(desk: Desk) -> None:
    desk.search("diabetes")
    desk.page.set(desk.form.layout.keyword, value=" ")
    desk.wait_for("Type a keyword")
    assert desk.form.layout.matches.options == ()


def test_a_keyword_that_is_too_long_is_not_sent(desk: Desk) -> None:
    desk.search("diabetes")
    asked = len(desk.calls("search_patients_by_disease"))
    desk.page.set(desk.form.layout.keyword, value="x" * 201)
    desk.wait_for("Type at most 200 characters.")
    assert desk.form.layout.matches.options == ()
    assert len(desk.calls("search_patients_by_disease")) == asked


def test_the_chosen_patients_record_is_shown_with_the_words_marked(desk: Desk) -> None:
    desk.choose("11")
    record = desk.form.layout.record.value
    assert 'aria-label="Record"' in record
    assert "<mark>diabetes</mark>" in record


def test_a_chosen_patient_stays_chosen_in_the_next_search(desk: Desk) -> None:
    desk.choose("11")
    desk.search("diab")
    assert desk.form.layout.matches.value == "11"


def test_a_summary_streams_and_is_saved_character_for_character(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    assert desk.form.stream_view.text == "The patient is well."
    assert desk.saved()["11"] == desk.form.stream_view.text
    desk.page.wait_for(lambda: desk.form.table.page["new"] == "11")
    assert desk.form.table.page["rows"][0]["excerpt"] == "The patient is well."


def test_a_summary_that_ends_at_the_token_limit_says_so(desk: Desk) -> None:
    desk.summarize("20")
    desk.wait_for("Complete at the model's token limit: 5 tokens")


def test_nothing_is_saved_by_itself_where_the_box_is_not_ticked(desk: Desk) -> None:
    desk.page.set(desk.form.layout.save_when_complete, value=False)
    desk.summarize("11")
    desk.wait_for("Not saved yet.")
    assert "11" not in desk.saved()
    desk.click("save")
    desk.wait_for("Saved in")
    assert desk.saved()["11"] == "The patient is well."


def test_an_edited_text_is_saved_as_edited(desk: Desk) -> None:
    desk.page.set(desk.form.layout.save_when_complete, value=False)
    desk.summarize("11")
    desk.wait_for("Not saved yet.")
    desk.page.set(desk.form.layout.edit, value="The patient is very well.")
    desk.click("save")
    desk.wait_for("Saved in")
    assert desk.client.get_patient_summary("11")["how"] == "edited"
    assert desk.saved()["11"] == "The patient is very well."


def test_an_edited_text_is_shown_with_its_own_check_once_it_is_saved(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="The patient had a kidney transplant.")
    desk.click("save")
    desk.wait_for("Edited by hand. To check: 1 not in the record")
    desk.wait_for("in place of an older summary")
    assert desk.form.stream_view.text == "The patient had a kidney transplant."
    shown = desk.form.stream_view._live.take_snapshot()
    assert [verdict for _, _, verdict, *_ in shown["marks"]] == ["unsupported"]
    assert (shown["note"], shown["source"]) == ("Edited by hand.", "")


def test_an_empty_text_is_refused_in_words(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="  ")
    desk.click("save")
    desk.wait_for("Failed.")
    assert desk.saved()["11"] == "The patient is well."


def test_replacing_an_older_summary_is_said_and_can_be_undone(desk: Desk) -> None:
    desk.client.update_patient_summary("11", "What was there before.")
    desk.summarize("11")
    desk.wait_for("in place of an older summary")
    desk.click("undo")
    desk.wait_for("what was saved before for Jerry Rivera is back")
    assert desk.saved()["11"] == "What was there before."
    desk.click("undo")
    desk.wait_for("no summary is saved for Jerry Rivera now")
    assert "11" not in desk.saved()
    assert desk.form.layout.undo.disabled


def test_a_text_that_somebody_else_saved_meanwhile_is_not_undone(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.client.update_patient_summary("11", "Written by somebody else.")
    desk.click("undo")
    desk.wait_for("Not undone: the summary was changed meanwhile.")
    assert desk.saved()["11"] == "Written by somebody else."
    desk.page.wait_for(lambda: "somebody else" in desk.form.table.page["rows"][0]["excerpt"])
    assert desk.form.layout.undo.disabled


def test_a_summary_saved_earlier_can_be_undone_once_its_patient_is_chosen(desk: Desk) -> None:
    desk.client.update_patient_summary("11", "What was there before.")
    desk.choose("11")
    desk.page.wait_for(lambda: not desk.form.layout.undo.disabled)
    desk.click("undo")
    desk.wait_for("Undone")


def test_stop_leaves_the_text_marked_incomplete_and_saves_nothing(desk: Desk) -> None:
    desk.summarize("42")
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > 50)
    desk.click("stop")
    desk.wait_for("Incomplete, not saved.")
    assert desk.form.stream_view.text.startswith("word0 word1")
    assert desk.form.stream_view._live.take_snapshot()["note"] == "Incomplete, not saved."
    assert desk.form.layout.save.disabled
    assert desk.saved() == {}
    assert desk.client.server_status()["running"] == 0


def test_try_again_asks_for_another_text(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.click("try_again")
    desk.wait_for("in place of an older summary")
    attempts = [call.get("attempt", 0) for call in desk.calls("generate_summary")]
    assert attempts == [0, 1]


def test_a_stream_that_is_cut_is_shown_and_never_saved(desk: Desk) -> None:
    desk.summarize("54")
    desk.wait_for("Failed.")
    assert desk.form.stream_view.text == "Half of a sentence"
    assert desk.form.stream_view._live.take_snapshot()["note"] == "Incomplete, not saved."
    assert desk.saved() == {}
    assert not desk.form.layout.try_again.disabled


def test_hostile_text_is_text_everywhere(desk: Desk) -> None:
    desk.summarize("55")
    desk.wait_for("Saved in")
    text = desk.form.stream_view.text
    assert text == "<img src=x onerror=alert(1)> ␛[31mred␛[0m �reversed"
    assert text == desk.saved()["55"] == desk.form.layout.edit.value
    assert "<img" not in desk.form.layout.heading.value + desk.form.layout.status.widget.value


def test_each_finished_sentence_is_marked_while_the_text_still_grows(desk: Desk) -> None:
    desk.summarize("21")
    live = desk.form.stream_view._live
    desk.page.wait_for(lambda: any(m["kind"] == "mark" for m in desk.page.custom(live)))
    sent = desk.page.custom(live)
    (first, *_) = (at for at, message in enumerate(sent) if message["kind"] == "mark")
    text = "".join(message.get("text", "") for message in sent[:first])
    assert all(end <= len(text) for _, end, *_ in sent[first]["marks"])
    desk.wait_for("Not saved:")
    sent = desk.page.custom(live)
    assert sent[-1]["kind"] == "end"
    assert first < max(at for at, message in enumerate(sent) if message["kind"] == "append")
    marks = live.take_snapshot()["marks"]
    shown = [(desk.form.stream_view.text[start:end], verdict) for start, end, verdict, *_ in marks]
    assert ("kidney transplant", "unsupported") in shown
    assert ("5 mg", "contradicted") in shown


def test_a_contradicted_summary_is_saved_only_when_the_user_says_so_twice(desk: Desk) -> None:
    desk.summarize("21")
    desk.wait_for("Not saved: the record says otherwise about “5 mg”")
    assert desk.saved() == {}
    assert desk.form.layout.save.description == "Save anyway"
    assert "Medications: metformin" in desk.form.layout.question.value
    desk.insist()
    desk.wait_for("Saved in")
    assert desk.saved()["21"] == desk.form.stream_view.text
    assert desk.form.layout.save.description == "Save"
    assert desk.form.layout.question.layout.display == "none"


def test_a_contradicted_text_that_was_mended_is_saved_without_a_question(desk: Desk) -> None:
    desk.summarize("21")
    desk.wait_for("Not saved:")
    desk.page.set(desk.form.layout.edit, value="She takes metformin.")
    desk.page.wait_for(lambda: desk.form.layout.save.description == "Save")
    desk.click("save")
    desk.wait_for("Saved in")
    assert desk.saved()["21"] == "She takes metformin."


def test_an_edited_text_that_the_record_contradicts_is_asked_about(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="She is 12 years old.")
    desk.click("save")
    desk.wait_for("Not saved: the record says otherwise about “She”")
    assert desk.saved()["11"] == "The patient is well."


def test_another_run_withdraws_the_question(desk: Desk) -> None:
    desk.summarize("21")
    desk.wait_for("Not saved:")
    desk.choose("11")
    desk.click("summarize")
    desk.wait_for("Saved in")
    assert set(desk.saved()) == {"11"}
    assert desk.form.layout.save.description == "Save"


def test_the_record_says_what_the_summary_used_and_what_it_left_out(desk: Desk) -> None:
    desk.summarize("21")
    desk.wait_for("Not saved:")
    record = desk.form.layout.record.value
    assert "left out</small>" in record
    assert "told otherwise</small>" in record
    desk.choose("11")
    assert "left out" not in desk.form.layout.record.value  # that record is another patient's
    desk.choose("21")
    desk.page.wait_for(lambda: "left out</small>" in desk.form.layout.record.value)


def test_the_form_says_what_there_is_to_check(desk: Desk) -> None:
    desk.page.set(desk.form.layout.save_when_complete, value=False)
    desk.summarize("21")
    desk.wait_for("To check: ")
    assert "where the record says otherwise" in desk.shown_status
    assert "of the record left out." in desk.shown_status


def test_the_bare_model_writes_where_the_record_does_not_hold_it(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.grammar, value=False)
    desk.click("try_again")
    desk.wait_for("in place of an older summary")
    assert [call.get("grammar") for call in desk.calls("generate_summary")] == [None, False]
    source = desk.form.stream_view._live.take_snapshot()["source"]
    assert source == "Written freely by the model."


def test_another_patient_may_be_looked_at_while_a_summary_streams(desk: Desk) -> None:
    desk.summarize("42")
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > 50)
    listed = desk.search("diabetes")
    desk.page.set(desk.form.layout.matches, index=listed.index("11"))
    desk.page.wait_for(lambda: "ID 11<" in desk.form.layout.record.value)
    assert "ID 42" in desk.form.layout.heading.value
    before = desk.form.stream_view.text
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > len(before))
    desk.click("stop")
    desk.wait_for("Incomplete")
    desk.click("summarize")
    desk.wait_for("Saved in")
    assert set(desk.saved()) == {"11"}


def test_an_unsaved_summary_stays_when_another_patient_is_chosen(desk: Desk) -> None:
    desk.page.set(desk.form.layout.save_when_complete, value=False)
    desk.summarize("11")
    desk.wait_for("Not saved yet.")
    desk.choose("20")
    assert "ID 11" in desk.form.layout.heading.value
    desk.click("save")
    desk.wait_for("Saved in")
    assert desk.saved() == {"11": "The patient is well."}


def test_an_edit_after_the_save_is_told_and_stays_when_another_patient_is_chosen(
    desk: Desk,
) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="Mine.")
    desk.wait_for("Edited, not saved yet.")
    desk.choose("20")
    desk.wait_for("The text for Jerry Rivera, ID 11 stays below: it is not saved yet.")
    assert "ID 11" in desk.form.layout.heading.value
    assert desk.form.layout.edit.value == "Mine."
    desk.page.set(desk.form.layout.edit, value="The patient is well.")
    desk.wait_for("The text is as it was saved.")


@pytest.mark.parametrize("button", ["summarize", "try_again"])
def test_an_edited_text_gives_way_only_when_the_user_says_so_twice(desk: Desk, button: str) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="Mine.")
    desk.click(button)
    desk.wait_for("Not saved yet: the text for Jerry Rivera, ID 11 would be lost.")
    assert "would be lost" in desk.form.layout.question.value
    assert desk.form.layout.question.layout.display is None
    desk.forget_press()
    desk.click(button)
    desk.wait_for("in place of an older summary")
    assert desk.form.layout.question.layout.display == "none"
    assert desk.form.layout.edit.value == "The patient is well."


def test_an_edited_text_that_was_asked_about_can_be_saved(desk: Desk) -> None:
    desk.summarize("11")
    desk.wait_for("Saved in")
    desk.page.set(desk.form.layout.edit, value="The patient is very well.")
    desk.click("try_again")
    desk.wait_for("would be lost")
    desk.click("save")
    desk.wait_for("in place of an older summary")
    assert desk.saved()["11"] == "The patient is very well."
    assert desk.form.layout.question.layout.display == "none"


def test_a_complete_text_that_is_not_saved_is_asked_about_before_another_one(desk: Desk) -> None:
    desk.page.set(desk.form.layout.save_when_complete, value=False)
    desk.summarize("11")
    desk.wait_for("Not saved yet.")
    desk.choose("20")
    desk.click("summarize")
    desk.wait_for("the text for Jerry Rivera, ID 11 would be lost.")
    assert desk.form.stream_view.text == "The patient is well."


def test_choosing_a_patient_ends_what_was_said_of_the_one_before(desk: Desk) -> None:
    desk.client.update_patient_summary("11", "What was there before.")
    listed = desk.search("diabetes")
    desk.page.set(desk.form.layout.matches, index=listed.index("11"))
    desk.page.wait_for(lambda: not desk.form.layout.summarize.disabled)
    desk.click("summarize")
    desk.wait_for("Undo brings that back.")
    desk.page.set(desk.form.layout.matches, index=listed.index("20"))
    desk.wait_for("Chosen: Jacob Jones, ID 20.")
    assert "Saved" not in desk.shown_status
    desk.page.wait_for(lambda: desk.form.layout.undo.disabled)


def test_two_forms_on_one_client_do_not_mix(server: RunningServer, desk: Desk) -> None:
    other = desk_at(server, desk.page, desk.client)
    desk.summarize("42")
    other.summarize("11")
    other.wait_for("Saved in")
    assert other.form.stream_view.text == "The patient is well."
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > 50)
    assert desk.form.stream_view.text.startswith("word0 word1")
    desk.click("stop")
    desk.wait_for("Incomplete")
    other.form.close()


def test_the_form_names_the_model(desk: Desk) -> None:
    desk.page.wait_for(lambda: "<strong>scripted</strong>" in desk.form.layout.model.value)


def test_the_status_line_counts_tokens_at_most_twice_a_second(desk: Desk) -> None:
    desk.summarize("42")
    widget = desk.form.layout.status.widget
    before = len(desk.page.messages)
    desk.wait_for("tokens/s")
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > 1000)
    updates = [
        message["data"]["state"]["value"]
        for message in desk.page.messages[before:]
        if message["comm_id"] == widget.model_id
    ]
    assert len(updates) <= 10
    assert all('aria-live="off"' in update for update in updates)
    desk.click("stop")
    desk.wait_for("Incomplete")


def test_a_server_that_is_gone_is_one_line_and_the_form_works_when_it_is_back(
    model: str, page: FrontEnd, tmp_path: Path
) -> None:
    with ExitStack() as servers:
        first = servers.enter_context(running_server(tmp_path, "--model", model))
        address = Address(first.url, first.token)
        client = SyncClient(address)
        desk = desk_at(first, page, client)
        desk.choose("11")
        first.stop()
        desk.click("summarize")
        desk.wait_for("Failed.")
        assert "\n" not in desk.shown_status
        assert "start_server()" in desk.shown_status
        second = servers.enter_context(running_server(tmp_path, "--model", model))
        address.url, address.token = second.url, second.token
        desk.click("try_again")
        desk.wait_for("Saved in")
        assert desk.saved()["11"] == "The patient is well."
        desk.form.close()
        client.close()


def test_a_patient_who_could_not_be_shown_can_be_chosen_again(
    model: str, page: FrontEnd, tmp_path: Path
) -> None:
    with ExitStack() as servers:
        first = servers.enter_context(running_server(tmp_path, "--model", model))
        address = Address(first.url, first.token)
        client = SyncClient(address)
        desk = desk_at(first, page, client)
        listed = desk.search("diabetes")
        first.stop()
        page.set(desk.form.layout.matches, index=listed.index("11"))
        desk.wait_for("Failed.")
        second = servers.enter_context(running_server(tmp_path, "--model", model))
        address.url, address.token = second.url, second.token
        page.set(desk.form.layout.matches, index=listed.index("11"))
        page.wait_for(lambda: "ID 11<" in desk.form.layout.record.value)
        desk.form.close()
        client.close()


def test_a_fault_in_a_callback_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.choose("11")
    desk.form._subject = object()  # type: ignore[assignment]
    desk.click("summarize")
    desk.wait_for("AttributeError")
    assert "A fault in the form" in caplog.text


def test_a_page_that_cannot_load_the_live_view_gets_plain_text(desk: Desk) -> None:
    desk.form._born -= 60
    desk.summarize("11")
    desk.wait_for("Saved in")
    (output,) = desk.form.stream_view.output.outputs
    assert output["data"]["text/plain"].startswith("The patient is well.")


def test_a_closed_form_stops_its_stream(desk: Desk) -> None:
    desk.summarize("42")
    desk.page.wait_for(lambda: len(desk.form.stream_view.text) > 50)
    running = desk.form._running
    assert running is not None
    desk.form.close()
    desk.client.submit(asyncio.wait([running])).result(10)
    assert desk.client.server_status()["running"] == 0
