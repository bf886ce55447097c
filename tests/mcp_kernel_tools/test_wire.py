import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_kernel_tools import wire


@pytest.mark.slow
@given(token=st.text(), position=st.integers(min_value=0), id=st.integers() | st.text())
def test_the_fast_token_frame_is_the_frame_that_json_makes(
    token: str, position: int, id: int | str
) -> None:
    frame = {"type": "stream_token", "token": token, "position": position, "id": id}
    assert json.loads(wire.encode_token(token, position, json.dumps(id))) == frame


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", '"text"', "1", "null"])
def test_what_is_no_object_is_no_frame(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.decode(text)


def test_frames_are_told_apart() -> None:
    token = wire.decode(wire.encode_token("a", 1, "3"))
    response = {"jsonrpc": "2.0", "id": 3, "result": {}}
    assert wire.is_token(token)
    assert not wire.is_response(token)
    assert wire.is_response(response)
    assert not wire.is_response(wire.request(3, "ping"))
    assert "id" not in wire.notification("notifications/initialized")


@pytest.mark.slow
@given(st.lists(st.text(min_size=1)))
def test_a_transcript_is_the_tokens_in_their_order(tokens: list[str]) -> None:
    transcript, position = wire.Transcript(), 0
    for token in tokens:
        position += len(token)
        transcript.add(token, position)
    assert transcript.text == "".join(tokens)
    assert transcript.position == len(transcript.text)


@pytest.mark.parametrize("position", [2, 4, 0])
def test_a_token_that_was_lost_or_repeated_is_noticed(position: int) -> None:
    transcript = wire.Transcript()
    transcript.add("ab", 2)
    with pytest.raises(wire.TokenLost) as caught:
        transcript.add("c", position)
    assert (caught.value.expected, caught.value.position) == (3, position)
    assert transcript.text == "ab"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("line\r\nend", "line\nend"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\x00b\x7f", "a␀b␡"),
        ("\x9b31m", "\ufffd31m"),
        ("safe\u202eevil\u2066", "safe\ufffdevil\ufffd"),
        ("\ud800", "\ufffd"),
        ("naïve 😀 العربية", "naïve 😀 العربية"),
    ],
)
def test_what_would_act_is_shown_instead(text: str, shown: str) -> None:
    assert wire.visible(text) == shown


@pytest.mark.slow
@given(st.text())
def test_visible_text_stays_as_it_is_and_can_be_sent(text: str) -> None:
    shown = wire.visible(text)
    assert wire.visible(shown) == shown
    shown.encode()


def test_the_heading_is_the_protocols() -> None:
    said = "Generated Summary for Janet Lee (ID: 25):\n\n"
    assert wire.heading("Janet Lee", "25") == said
    assert wire.heading("Janet\r\nLee", "25") == said
