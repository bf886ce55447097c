"""CPU time in nanoseconds: the clock of `psutil` and `os.times` has steps of 10 ms."""

import time
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """What the threads of a process have run so far (Linux, proc(5): /proc/PID/schedstat).

    Threads that have ended no longer count, so it can be a little less than the truth.
    """
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Stopwatch:
    """Wall time, our own CPU time, and that of another process, from here to `stop`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.server = cpu_seconds(pid)
        self.client = time.process_time()
        self.start = time.perf_counter()

    def stop(self, tokens: int) -> dict[str, float]:
        """Tokens a second, and microseconds of CPU a token on each side."""
        seconds = time.perf_counter() - self.start
        client, server = time.process_time() - self.client, cpu_seconds(self.pid) - self.server
        return {
            "value": tokens / seconds,
            "server us/token": server / tokens * 1e6,
            "client us/token": client / tokens * 1e6,
        }
