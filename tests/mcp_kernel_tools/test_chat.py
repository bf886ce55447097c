import signal
import threading
import time
from collections.abc import Callable

import pytest

from mcp_kernel_tools.chat import Chat
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

pytestmark = pytest.mark.slow

Talk = Callable[..., str]


@pytest.fixture
def talk(server: Server) -> Talk:
    """What is on the screen after these answers; the end of the input leaves."""

    def talk(*answers: str) -> str:
        screen: list[str] = []
        typed = iter(answers)

        def ask(prompt: str) -> str:
            screen.append(prompt)
            if (answer := next(typed, None)) is None:
                raise EOFError
            screen.append(f"{answer}\n")
            return answer

        with SyncClient(server) as client:
            Chat(client, ask, Teller(screen.append, live=False)).run()
        return "".join(screen)

    return talk


def test_walks_from_a_word_to_a_saved_summary(talk: Talk, server: Server) -> None:
    screen = talk("Janet Lee", "1", "y", "quit")
    assert "200 patients, model recorded." in screen
    assert "1. Janet Lee, 62, Female; numbness in limbs" in screen
    assert "blood pressure  150/94" in screen
    assert "Janet Lee has numb limbs, swollen legs and joint pain.\n" in screen
    assert "Saved" in screen
    with SyncClient(server) as client:
        assert client.undo_summary(25)


def test_goes_back_a_step_on_b(talk: Talk) -> None:
    screen = talk("b", "Janet Lee", "b", "Janet Lee", "1", "b", "b", "quit")
    assert screen.count("Search the records for") == 4
    assert screen.count("Which one") == 4 - 1


def test_asks_again_for_what_it_does_not_understand(talk: Talk) -> None:
    screen = talk("", "no such word", "Janet Lee", "0", "x", "1", "perhaps", "n")
    assert "No record matches 'no such word'." in screen
    assert screen.count("A number from 1 to") == 2
    assert screen.count("Save this summary") == 2
    assert "Saved" not in screen


def test_tells_what_failed_and_goes_on(talk: Talk, server: Server) -> None:
    with SyncClient(server) as client:
        name = client.get_patient(27)["name"]
    screen = talk(name, "1", "quit")
    assert "It breaks off\n" in screen
    assert screen.count("Search the records for") == 2


def test_an_interrupt_stops_the_stream_and_nothing_else(talk: Talk, server: Server) -> None:
    def interrupt() -> None:
        with SyncClient(server) as watching:
            while not watching.server_status()["running"]:
                pass
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with SyncClient(server) as client:
        name = client.get_patient(26)["name"]
        threading.Thread(target=interrupt).start()
        screen = talk(name, "1", "quit")
        deadline = time.monotonic() + 1
        while client.server_status()["running"]:
            assert time.monotonic() < deadline, "the model still runs"
    assert "Stopped; the text is incomplete and not saved." in screen
    assert screen.count("Search the records for") == 2
