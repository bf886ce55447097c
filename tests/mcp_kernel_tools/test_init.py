import subprocess
import sys

import pytest

import mcp_kernel_tools


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `statement`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", mcp_kernel_tools.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(mcp_kernel_tools, name).__module__.startswith("mcp_kernel_tools.")
    assert name in dir(mcp_kernel_tools)


def test_the_public_names_are_these() -> None:
    assert mcp_kernel_tools.__all__ == [
        "AccessRefused",
        "BadArgument",
        "Client",
        "ConnectionLost",
        "KernelToolsError",
        "RequestRefused",
        "Server",
        "ServerNotRunning",
        "Summary",
        "SummaryForm",
        "SummaryIncomplete",
        "SyncClient",
        "ToolFailed",
        "allow_nested_loops",
        "load_ipython_extension",
        "start_server",
    ]


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mcp_kernel_tools.nothing  # noqa: B018


@pytest.mark.slow
def test_the_package_loads_nothing_but_itself() -> None:
    loaded = loaded_after("import mcp_kernel_tools")
    assert {name for name in loaded if name.startswith("mcp_kernel_tools")} == {"mcp_kernel_tools"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SyncClient", "Client", "start_server"])
def test_clients_and_launcher_load_no_widgets_and_no_tables(name: str) -> None:
    heavy = {"ipywidgets", "anywidget", "IPython", "pandas", "matplotlib", "mcp", "server"}
    assert not heavy & loaded_after(f"from mcp_kernel_tools import {name}")


@pytest.mark.slow
def test_a_terminal_loads_no_widgets() -> None:
    assert not {"ipywidgets", "anywidget", "IPython"} & loaded_after("import mcp_kernel_tools.cli")
