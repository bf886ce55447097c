import asyncio

import pytest

from mcp_kernel_tools.form_status import SECONDS_BETWEEN, Progress, StatusLine


async def shown(line: StatusLine, text: str) -> None:
    """Until the line shows `text`."""
    seen = asyncio.Event()
    line.widget.observe(lambda _: seen.set(), "value")
    async with asyncio.timeout(5):
        while text not in line.widget.value:
            seen.clear()
            await seen.wait()


def test_before_the_first_token_progress_is_the_wait() -> None:
    assert Progress(started=10).describe(now=11.24) == "Waiting for the first token: 1.2 s"


def test_the_rate_does_not_count_the_wait() -> None:
    progress = Progress(started=0)
    for now in (5.0, 5.5, 6.0):
        progress.add(now)
    assert progress.describe(now=6.0) == "3 tokens, 2 tokens/s"


def test_one_token_has_no_rate() -> None:
    progress = Progress(started=0)
    progress.add(5.0)
    assert progress.describe(now=6.0) == "1 token"


async def test_news_are_shown_at_once_and_read_out() -> None:
    line = StatusLine("Ready.")
    line.say("Saved.")
    await shown(line, "Saved.")
    assert "aria-live" not in line.widget.value  # what holds it is, and stays


async def test_figures_are_shown_but_not_read_out() -> None:
    line = StatusLine("Ready.")
    line.count("34 tokens")
    await shown(line, "34 tokens")
    assert 'aria-live="off"' in line.widget.value


async def test_a_failure_is_one_line_and_told_in_a_word() -> None:
    line = StatusLine("Ready.")
    line.fail("The server\nis <gone>.")
    await shown(line, "<strong>Failed.</strong> The server is &lt;gone&gt;.")


@pytest.mark.slow
async def test_of_texts_that_come_too_fast_the_last_is_shown_half_a_second_later() -> None:
    line = StatusLine("Ready.")
    times: list[float] = []
    loop = asyncio.get_running_loop()
    line.widget.observe(lambda _: times.append(loop.time()), "value")
    line.say("first")
    await shown(line, "first")
    for number in range(100):
        line.count(f"{number} tokens")
    await shown(line, "99 tokens")
    assert len(times) == 2
    assert times[1] - times[0] >= SECONDS_BETWEEN - 0.01
