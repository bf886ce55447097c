"""The process of the embedded model: a program of its own that `embedded.py` starts.

It serves the OpenAI protocol on a free port of this machine, to whoever knows the key. Its settings
come as one JSON line on standard input, which then stays open: when it ends, the parent is gone and
so is this process. Its one line on standard output says where it listens, or why it does not.

    -> {"weights": "...", "key": "...", "slots": 1, "context_tokens": 2048, ...}
    <- {"address": "http://127.0.0.1:43210"}  or  {"error": "library"}, {"error": "weights"}

Run by its path, so that it starts under whatever name the package was imported.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""

_LIKELY_VICTIM = "500"
"""Linux, oom_score_adj: out of memory, the kernel ends the model before the notebook."""


def main() -> None:
    settings = json.loads(sys.stdin.buffer.readline())
    answers = _own_stdout()
    _die_with_parent(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the parent's to judge
    try:
        server = _serve(settings)
    except ImportError:
        _answer(answers, {"error": "library"})
    except (RuntimeError, ValueError):
        _answer(answers, {"error": "weights"})
    else:
        _answer(answers, {"address": server.listening_address})
        threading.Event().wait()


def _own_stdout() -> TextIO:
    """Keep standard output for the one answer; whatever a library prints there goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return answers


def _answer(answers: TextIO, answer: dict[str, str]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _die_with_parent(settings: dict[str, Any]) -> None:
    threading.Thread(target=_watch_stdin, daemon=True).start()
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_LIKELY_VICTIM, encoding="ascii")
        if settings["parent_pid"]:
            # The second line: also while the library holds the interpreter's lock for long.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != settings["parent_pid"]:
                os._exit(0)


def _watch_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)  # not sys.exit: the library's own threads are running


def _serve(settings: dict[str, Any]) -> Any:
    """The library's own server: it serves for as long as somebody refers to it."""
    import xllamacpp  # noqa: PLC0415 (its absence is an answer)

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["weights"]
    parameters.n_parallel = settings["slots"]
    parameters.n_ctx = settings["context_tokens"] * settings["slots"]  # the total of all slots
    parameters.n_batch = settings["batch_tokens"]
    parameters.cpuparams.n_threads = settings["threads"]
    parameters.cpuparams_batch.n_threads = settings["batch_threads"]
    parameters.hostnames = ["127.0.0.1"]
    parameters.api_keys = [settings["key"]]  # without one the port is open to every web page
    parameters.cache_ram_mib = 0
    parameters.endpoint_slots = False  # it would show other people's prompts
    parameters.ui = False
    parameters.verbosity = 0
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main()
