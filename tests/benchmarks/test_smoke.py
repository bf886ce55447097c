"""Gross regressions only: each side against its floor in one run, and three times what is usual."""

import pytest

from tests.benchmarks import start, token_path
from tests.benchmarks.measurement import Measurement, in_turn

pytestmark = pytest.mark.slow
GROSS = 3


def ratio(measured: Measurement) -> float:
    ratios = measured.ratios("ours")
    return ratios[len(ratios) // 2]


async def test_a_frame_costs_about_what_a_bare_server_asks_for_it() -> None:
    measured = await token_path.full_speed(2_000, 5, slow_peers=False)
    assert ratio(measured) > 0.7 / GROSS, measured


async def test_a_token_is_hardly_later_than_from_a_bare_server() -> None:
    measured = await token_path.latency(10, 60, 3)
    medians = [measured.median(side, "p50 ms") for side in ("ours", measured.floor)]
    assert medians[0] < GROSS * 1.3 * medians[1], measured


async def test_a_client_does_not_wait_for_the_streams_of_others() -> None:
    measured = await token_path.neighbours(5, 20, 1)
    assert measured.median("ours") < measured.median(token_path.TUTORIAL), measured


async def test_ten_who_ask_at_once_wait_little_longer_than_one() -> None:
    measured = await token_path.together(10, 25, 1)
    assert ratio(measured) < GROSS * 1.1, measured


async def test_importing_the_library_stays_far_below_importing_the_sdk() -> None:
    measured = Measurement("Start", "import", "s", "import mcp")
    sides = {"import mcp": start.importing("mcp"), "ours": start.importing("mcp_kernel_tools")}
    assert ratio(await in_turn(measured, sides, 3)) < GROSS * 0.03, measured


async def test_the_server_starts_in_a_few_times_the_time_of_the_sdks_own() -> None:
    measured = Measurement("Start", "first answer", "s", "SDK server")
    sides = {"SDK server": start.sdk_first_answer, "ours": start.our_first_answer}
    assert ratio(await in_turn(measured, sides, 2)) < GROSS * 2, measured
