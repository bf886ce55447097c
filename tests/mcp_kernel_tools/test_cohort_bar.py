import pytest

from mcp_kernel_tools import cohort_bar
from mcp_kernel_tools.cohort_bar import KEPT, Pace, TerminalBar, duration, shown, told
from mcp_kernel_tools.cohort_run import CohortProgress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_pace_is_taken_from_the_last_minute(clock: Clock) -> None:
    pace = Pace(clock)
    assert pace.left(100) is None
    clock.now = 1.0
    pace.add(1000)  # who was skipped
    for second in range(10, 120, 10):
        clock.now = float(second)
        pace.add(1000 + 2 * second)
    assert pace.rate == pytest.approx(2.0)
    assert pace.left(1420) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3599, "1 h 00 min"), (11_100, "3 h 05 min")],
)
def test_durations_read_well(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_state_has_rate_and_time_left(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now = 10.0
    pace.add(20)
    assert told(CohortProgress(20, 100, "20 done"), pace) == "20 done · 2.0/s · 40 s left"
    pace.add(100)
    assert "left" not in told(CohortProgress(100, 100, "100 done"), pace)


def test_a_terminal_shows_one_line_that_grows(clock: Clock) -> None:
    written: list[str] = []
    bar = TerminalBar(written.append, live=True, pace=Pace(clock))
    clock.now = 1.0
    bar.show(CohortProgress(1, 2, "1 of 2 \x1b[31m"))
    bar.end("2 of 2")
    assert written[0].startswith("\r████████████░░░░░░░░░░░░ 1 of 2 ␛[31m · 1.0/s")
    assert all(text.startswith("\r") for text in written)
    assert written[-1].endswith("\n")


def test_a_file_gets_the_end_alone() -> None:
    written: list[str] = []
    bar = TerminalBar(written.append, live=False)
    bar.show(CohortProgress(1, 2, "1 of 2"))
    bar.end("2 of 2")
    assert written == ["2 of 2\n"]


def test_a_callback_replaces_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    states: list[CohortProgress] = []
    stopped: list[bool] = []
    with shown(lambda: stopped.append(True), states.append) as show:
        show(CohortProgress(1, 2, "1 of 2"))
    assert states == [CohortProgress(1, 2, "1 of 2")]
    assert stopped == [True]
    assert not capsys.readouterr().out


def test_an_interrupt_stops_the_run_and_says_what_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped: list[bool] = []

    def run() -> None:
        with shown(lambda: stopped.append(True), None) as show:
            show(CohortProgress(1, 2, "1 of 2"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert stopped == [True]
    assert capsys.readouterr().out == f"Stopped at 1 of 2. {KEPT}\n"


def test_without_a_kernel_there_are_no_widgets() -> None:
    assert not cohort_bar.in_notebook()
    assert isinstance(cohort_bar.open_bar(None), TerminalBar)
