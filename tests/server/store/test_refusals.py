"""What the system refuses, in words."""

import errno
from pathlib import Path

import pytest
from filelock import FileLock

from server.errors import StoreFailed
from server.store import refusals
from server.store.refusals import NOTHING_SAVED, explained


@pytest.mark.parametrize(
    ("number", "told", "step"),
    [
        (errno.ENOSPC, "The disk is full", "Free some space"),
        (errno.EDQUOT, "The disk is full", "Free some space"),
        (errno.EACCES, "The summaries may not be written", "Make their file and folder writable"),
        (errno.EROFS, "The summaries may not be written", "Make their file and folder writable"),
        (errno.EISDIR, "There is a folder where the file", "Name a file"),
        (errno.EIO, "The disk refused", "Look after the disk"),
        (None, "The disk refused", "Look after the disk"),
    ],
)
def test_an_error_of_the_system_says_what_was_kept_and_what_to_do(
    number: int | None, told: str, step: str
) -> None:
    with pytest.raises(StoreFailed) as failed, explained(NOTHING_SAVED):
        raise OSError(number, "a reason", "/home/ann/secret.csv") if number else OSError("a reason")
    assert failed.value.message.startswith(told)
    assert failed.value.message.endswith(f"; {NOTHING_SAVED}.")
    assert failed.value.next.startswith(step)
    assert "secret" not in str(failed.value)


def test_a_lock_that_is_held_is_another_programs(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with FileLock(lock), pytest.raises(StoreFailed, match="Another program"), explained("kept"):
        FileLock(lock, timeout=0).acquire()


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), explained("kept"):
        raise ZeroDivisionError


def test_every_refusal_is_one_sentence_with_a_step() -> None:
    for refusal in (
        refusals.malformed(7),
        refusals.not_utf8(),
        refusals.columns_missing(["name"], ("patient_id", "name", "summary")),
        refusals.separated_by("tabs"),
        refusals.read_only(),
        refusals.restless(),
        refusals.damaged_entry(),
    ):
        assert isinstance(refusal, StoreFailed)
        assert refusal.message.count(".") == 1, refusal.message
        assert refusal.message.endswith(".")
        assert refusal.next.endswith(".")
