from mcp_kernel_tools.teller import Teller


def told(*, live: bool) -> tuple[list[str], Teller]:
    written: list[str] = []
    return written, Teller(written.append, live=live)


def test_counts_on_a_terminal_in_one_line_that_goes_away() -> None:
    written, teller = told(live=True)
    teller.wait("Loading", 0.1)
    teller.wait("Loading", 1.26)
    teller.say("Ready.")
    assert written == [
        "\rLoading ... 0.1 s\x1b[K",
        "\rLoading ... 1.3 s\x1b[K",
        "\r\x1b[K",
        "Ready.\n",
    ]


def test_says_it_once_where_nothing_can_be_replaced() -> None:
    written, teller = told(live=False)
    for seconds in range(3):
        teller.wait("Loading", seconds)
    teller.say("Ready.")
    assert "".join(written) == "Loading ...\nReady.\n"


def test_text_goes_on_and_a_line_begins_below_it() -> None:
    written, teller = told(live=False)
    teller.text("Ann")
    teller.text(" is well.")
    teller.say("Saved.")
    teller.end()
    assert "".join(written) == "Ann is well.\nSaved.\n"


def test_counts_a_silence_behind_the_text_and_takes_it_back() -> None:
    written, teller = told(live=True)
    teller.text("Ann")
    teller.wait("Waiting", 0.5)
    assert written == ["Ann"]
    teller.wait("Waiting", 2)
    teller.text(" is")
    assert written[1:] == ["\x1b7 ... 2 s\x1b[K\x1b8", "\x1b[K", " is"]


def test_a_silence_in_a_plain_text_leaves_no_trace() -> None:
    written, teller = told(live=False)
    teller.text("Ann")
    teller.wait("Waiting", 9)
    assert written == ["Ann"]


def test_shows_nothing_that_acts() -> None:
    written, teller = told(live=True)
    teller.text("\x1b[2J")
    teller.say("\x07")
    assert "".join(written) == "␛[2J\n␇\n"
