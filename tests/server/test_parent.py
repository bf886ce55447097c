import os
import signal
import subprocess
import sys
import textwrap

import pytest

PARENT = """
    import os, subprocess, sys
    child = subprocess.Popen(
        [sys.executable, "-c", sys.argv[1]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    child.stdout.readline()
    print(child.pid, flush=True)
    sys.stdin.read()
"""
CHILD = """
import os, signal
from server.parent import stop_with_parent
stop_with_parent(stdin=False, parent=os.getppid())
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_child_does_not_outlive_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    try:
        import select

        assert select.select([child], [], [], 10)[0], "the child still runs"
    finally:
        os.close(child)
