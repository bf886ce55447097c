"""The demo of the terminal: one summary from the first token to the file, and what it took."""

import time
from dataclasses import dataclass, field

from mcp_kernel_tools.answers import SOURCES, Saved, Summary
from mcp_kernel_tools.shown_stream import show_stream
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

PING_EVERY = 0.05
"""Seconds between two pings, so that they take no time from the stream."""


@dataclass(slots=True)
class Watch:
    """When the tokens came, and how long pings took meanwhile.

    A frame bears no time of sending, so the way of a token cannot be timed itself. What is timed is
    a WebSocket ping on the same connection while the tokens stream: half of its round trip is the
    time of one way through both programs' event loops and the socket, as each token takes it.
    """

    client: SyncClient
    began: float = field(default_factory=time.monotonic)
    first: float | None = None
    last: float = 0.0
    pings: list[float] = field(default_factory=list)
    _pinged: float = 0.0

    def tokens_came(self) -> None:
        self.last = time.monotonic() - self.began
        if self.first is None:
            self.first = self.last
        if self.last - self._pinged >= PING_EVERY or not self.pings:
            self.pings.append(self.client.ping())
            self._pinged = self.last

    def network(self, share: float) -> float:
        """Milliseconds from one program to the other that `share` of the tokens stay below."""
        ordered = sorted(self.pings)
        return ordered[round(share * (len(ordered) - 1))] / 2 * 1000


def run_demo(client: SyncClient, patient_id: str, *, start_seconds: float | None) -> None:
    """Stream, save, and print the table.

    Args:
        client: A client of a server.
        patient_id: Whose summary.
        start_seconds: What the start of the server took, its model loaded; None: it ran already.

    Raises:
        KernelToolsError: any step failed; then nothing is saved.
    """
    teller = Teller()
    record = client.get_patient(patient_id)
    about = ", ".join(filter(None, (record["name"], record["age"], record["gender"])))
    teller.say(f"Patient {record['patient_id']}: {about}; {record['symptoms']}\n")
    watch = Watch(client)
    summary = show_stream(client, patient_id, teller, watch.tokens_came)
    total = time.monotonic() - watch.began
    saved = client.update_patient_summary(patient_id, summary)
    teller.say(f"\nSaved{' in place of an earlier one' if saved['replaced'] else ''}.\n")
    for name, value in rows(summary, watch, total, saved, start_seconds):
        teller.say(f"  {name:<22}{value}")


def rows(
    summary: Summary, watch: Watch, total: float, saved: Saved, start_seconds: float | None
) -> list[tuple[str, str]]:
    """The table: what was measured, and its value with the unit."""
    first = watch.first or 0.0
    streaming = watch.last - first
    rate = f"{(summary.tokens - 1) / streaming:.1f}" if streaming > 0 else "-"
    ended = "the model's own end" if summary.finish_reason == "stop" else "its token limit"
    start = "ran already" if start_seconds is None else f"{start_seconds:.2f} s, model loaded"
    return [
        ("model", f"{summary.model} ({ended})"),
        ("text", SOURCES[summary.source]),
        ("server", start),
        ("first token", f"{first:.2f} s"),
        ("total", f"{total:.2f} s"),
        ("tokens", f"{summary.tokens}"),
        ("tokens/s", f"{rate} after the first"),
        ("network per token", _network(watch)),
        ("CSV write", f"{saved['seconds'] * 1000:.1f} ms"),
    ]


def _network(watch: Watch) -> str:
    low, high = watch.network(0.5), watch.network(0.95)
    return f"{low:.2f} ms p50, {high:.2f} ms p95 (half of a ping, {len(watch.pings)} pings)"
