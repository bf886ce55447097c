from typing import Any, cast

import pytest

from server.progress_notices import Notices, open_notices

pytestmark = pytest.mark.slow


class Session:
    def __init__(self) -> None:
        self.reported: list[tuple[int, int, str]] = []

    async def report_progress(self, done: int, total: int, words: str) -> None:
        self.reported.append((done, total, words))


class Request:
    """As the SDK hands one to a tool."""

    def __init__(self, **meta: Any) -> None:
        self.session, self.meta, self.request = Session(), meta, None


async def test_the_last_state_is_told_before_the_response() -> None:
    request = Request(progress_token=1)
    async with open_notices(cast(Any, request)) as tell:
        for done in range(1, 1001):
            tell(done, 1000, f"{done} done")
    assert request.session.reported[-1] == (1000, 1000, "1000 done")
    assert len(request.session.reported) < 10


async def test_who_did_not_ask_is_told_nothing() -> None:
    request = Request()
    async with open_notices(cast(Any, request)) as tell:
        tell(1, 2, "1 done")
    assert not request.session.reported


async def test_a_failure_passes_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with open_notices(cast(Any, Request(progress_token=1))):
            raise KeyError


async def test_progress_only_grows() -> None:
    request = Request(progress_token=1)
    notices = Notices(cast(Any, request))
    for done in (1, 1, 2):
        notices.tell(done, 2, "")
        await notices.send()
    assert [done for done, _, _ in request.session.reported] == [1, 2]
