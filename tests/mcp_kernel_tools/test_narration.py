import io
import sys

import pytest

from mcp_kernel_tools.narration import Narrator, write_stdout


def test_is_silent_without_somewhere_to_write() -> None:
    narrator = Narrator(None)
    narrator.sending("tools/call")
    narrator.tokens(["x"])
    assert not narrator


def test_shows_tokens_inline_and_goes_on_below_them() -> None:
    told: list[str] = []
    narrator = Narrator(told.append)
    narrator.tokens(["Ann", " is"])
    narrator.tokens([" well"])
    narrator.complete()
    assert "".join(told) == (
        "[🔄 Streaming] Starting token stream:  Ann is well\n[🔄 Streaming] Tokens complete\n"
    )


def test_shortens_long_arguments_and_shows_nothing_that_acts() -> None:
    told: list[str] = []
    narrator = Narrator(told.append)
    narrator.tool_call("update_patient_summary", {"patient_id": "7", "summary": "x" * 1000})
    narrator.tokens(["\x1b[2J\u202e"])
    assert len(told[0]) < 150
    assert "patient_id='7'" in told[0]
    assert told[1].endswith("␛[2J\ufffd")


def test_writes_a_question_mark_where_the_terminal_has_no_such_character(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(terminal, encoding="ascii"))
    write_stdout("a → b\n")
    assert terminal.getvalue() == b"a ? b\n"
