import pytest

from server.models.lines import Garbled, error_in, parse


@pytest.mark.parametrize("line", [b"", b"7", b'"text"', b"{", b"\xff\xfe{}", b"[" * 100_000])
def test_only_an_object_is_a_line(line: bytes) -> None:
    with pytest.raises(Garbled):
        parse(line)


def test_half_a_character_is_no_reason_to_lose_the_line() -> None:
    assert parse(rb'{"response": "\ud83d"}') == {"response": "\ud83d"}


def test_an_error_is_read_in_both_forms() -> None:
    assert error_in(b'{"error": "busy"}') == "busy"
    assert error_in(b'{"error": {"message": "busy"}}') == {"message": "busy"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]"])
def test_an_answer_without_an_error_says_nothing(body: bytes) -> None:
    assert error_in(body) == ""
