from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

import pytest

from mcp_kernel_tools import subshell


@dataclass
class Kernel:
    """As much of ipykernel's as matters: what it does now, for the thread that asks."""

    _shell_parent: ContextVar[dict[str, Any]] = field(
        default_factory=lambda: ContextVar("shell_parent")
    )

    def get_parent(self) -> dict[str, Any]:
        return self._shell_parent.get()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr(subshell, "_kernel", lambda: kernel)
    return kernel


def test_outside_cells_a_widget_speaks_for_no_cell(kernel: Kernel) -> None:
    kernel._shell_parent.set({"header": {"msg_type": "execute_request"}})
    outside = subshell.outside_cells()
    assert outside.run(kernel.get_parent) == {}
    assert kernel.get_parent() != {}


def test_without_a_kernel_the_context_is_the_callers() -> None:
    mark: ContextVar[str] = ContextVar("mark")
    mark.set("here")
    assert subshell.outside_cells().run(mark.get) == "here"


def test_a_click_that_reaches_the_cells_own_thread_waits_for_them(kernel: Kernel) -> None:
    kernel._shell_parent.set({"header": {"msg_type": "comm_msg"}})
    assert subshell.waits_for_cells()


def test_a_click_by_a_program_in_a_cell_does_not_wait(kernel: Kernel) -> None:
    kernel._shell_parent.set({"header": {"msg_type": "execute_request"}})
    assert not subshell.waits_for_cells()


def test_a_click_on_another_thread_does_not_wait(kernel: Kernel) -> None:
    import threading

    kernel._shell_parent.set({"header": {"msg_type": "comm_msg"}})
    answers: list[bool] = []
    context = copy_context()
    thread = threading.Thread(target=lambda: answers.append(context.run(subshell.waits_for_cells)))
    thread.start()
    thread.join()
    assert answers == [False]


def test_without_a_kernel_nothing_waits() -> None:
    assert not subshell.waits_for_cells()
