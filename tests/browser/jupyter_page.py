"""JupyterLab in Chromium, for tests: started once, on loopback, with settings of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, WebSocket

READY_SECONDS = 60
RUN_ALL_SECONDS = 240
"""A notebook may start a server and load pandas and matplotlib on a machine that is busy."""
INSTALL = "Chromium is missing; install it with: apt-get install chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",  # CI runs as root in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LAB_SETTINGS = {
    # Every cell stays in the page, however far down it is.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}

KERNEL_IS_IDLE = """() => {
  const widget = window.jupyterapp?.shell?.currentWidget;
  const kernel = widget?.context?.sessionContext?.session?.kernel;
  return Boolean(widget?.context?.isReady && kernel?.status === "idle");
}"""
CELLS_HAVE_RUN = """() => {
  const widget = window.jupyterapp.shell.currentWidget;
  const cells = widget.content.widgets.filter((cell) => cell.model.type === "code");
  const kernel = widget.context.sessionContext.session?.kernel;
  const outputs = cells.flatMap((cell) => cell.model.outputs.toJSON());
  const failed = outputs.some((output) => output.output_type === "error"); // the rest is not run
  const ran = cells.every((cell) => cell.model.executionCount !== null);
  return kernel?.status === "idle" && (ran || failed);
}"""
NO_SPLASH = "() => !document.getElementById('jupyterlab-splash')"
THEME_IS = "(dark) => (document.body.dataset.jpThemeLight === 'false') === dark"
ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
RUN_CELL = """async (index) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index;
  await window.jupyterapp.commands.execute("notebook:run-cell");
}"""


def chromium() -> str | None:
    """The path of a Chromium: the one that $CHROMIUM names, else the system's."""
    return (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)


@dataclass
class Lab:
    """A running JupyterLab whose files lie in `folder`."""

    url: str
    folder: Path

    def write(self, name: str, *cells: str) -> Path:
        """A notebook with these code cells."""
        import nbformat  # takes seconds

        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": kernel},
        )
        path = self.folder / name
        nbformat.write(notebook, path)
        return path

    def read(self, name: str) -> Any:
        """The notebook as it lies on the disk."""
        import nbformat  # takes seconds

        return nbformat.read(self.folder / name, 4)


@contextmanager
def jupyterlab(folder: Path, port: int, settings: Mapping[str, str]) -> Iterator[Lab]:
    """JupyterLab on loopback without a password: for a test, for as long as the test lasts.

    Args:
        folder: where its notebooks and its own files lie.
        port: where it listens.
        settings: what its kernels find in their environment.
    """
    config = folder / ".jupyter"
    (config / "labconfig").mkdir(parents=True)
    (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(LAB_SETTINGS))
    root = Path(__file__).parents[2]
    environ = os.environ | {
        "JUPYTER_CONFIG_DIR": str(config),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        **settings,
    }
    flags = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={folder}",
    ]
    log_path = config / "lab.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *flags], stdout=log, stderr=log, env=environ
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, process, log_path)
        yield Lab(url, folder)
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    for _ in range(10 * READY_SECONDS):
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=1).close()
        except OSError:
            assert process.poll() is None, log_path.read_text()
            time.sleep(0.1)  # it has no event to wait for
        else:
            return
    raise AssertionError(f"JupyterLab did not start: {log_path.read_text()}")


@dataclass
class Traffic:
    """Frames and bytes on the kernel's websocket."""

    received: int = 0
    sent: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0

    @property
    def both_ways(self) -> int:
        return self.received_bytes + self.sent_bytes

    def watch(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", self._on_received)
            socket.on("framesent", self._on_sent)

    def reset(self) -> None:
        self.received = self.sent = self.received_bytes = self.sent_bytes = 0

    def _on_received(self, frame: str | bytes) -> None:
        self.received += 1
        self.received_bytes += len(frame)

    def _on_sent(self, frame: str | bytes) -> None:
        self.sent += 1
        self.sent_bytes += len(frame)


@dataclass
class NotebookPage:
    """One notebook, open in JupyterLab."""

    lab: Lab
    page: Page
    traffic: Traffic = field(default_factory=Traffic)

    def __post_init__(self) -> None:
        self.page.on("websocket", self.traffic.watch)

    def open(self, name: str) -> None:
        """Open the notebook and wait for its kernel."""
        self.page.goto(f"{self.lab.url}/lab/tree/{name}?reset")
        self.wait_for(KERNEL_IS_IDLE)

    def clear_outputs(self) -> None:
        """Make the notebook as if no cell had run."""
        self.command("editmenu:clear-all")

    def run_all(self) -> None:
        """Run all cells and wait until the last one has ended, or one has failed."""
        self.command("runmenu:run-all")
        self.wait_for(CELLS_HAVE_RUN, seconds=RUN_ALL_SECONDS)

    def run_cell(self, index: int) -> None:
        self.page.evaluate(RUN_CELL, index)

    def start_cell(self, index: int) -> None:
        """Run a cell without waiting for it."""
        self.page.evaluate(f"(index) => {{ ({RUN_CELL})(index); }}", index)

    @property
    def active_cell(self) -> int:
        index: int = self.page.evaluate(ACTIVE_CELL)
        return index

    def output(self, index: int) -> Locator:
        """The output area of a code cell."""
        return self.page.locator(".jp-CodeCell").nth(index).locator(".jp-Cell-outputArea")

    def save(self) -> None:
        self.command("docmanager:save")

    def restart_kernel(self) -> None:
        """Restart without a question."""
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
            ".restart()"
        )
        self.wait_for(KERNEL_IS_IDLE)

    def shut_kernel_down(self) -> None:
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
        )

    def change_theme(self, name: str) -> None:
        """Light or Dark.

        JupyterLab 4.6 covers the page for each change, and fails in the page ("removeChild") when
        the next change begins before that cover is gone.
        """
        self.wait_for(NO_SPLASH)
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        self.wait_for(THEME_IS, name == "Dark")
        self.wait_for(NO_SPLASH)

    def command(self, name: str, **arguments: Any) -> None:
        self.page.evaluate(
            "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => null)",
            [name, arguments],
        )

    def wait_for(
        self, condition: str, argument: Any = None, seconds: float = READY_SECONDS
    ) -> None:
        self.page.wait_for_function(condition, arg=argument, timeout=1000 * seconds)
