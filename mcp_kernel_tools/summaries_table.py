"""The saved summaries as a table that refreshes in place.

    table = SummariesTable(client.list_summaries)     # any page(offset, limit, query)
    table                                             # shown where the cell is
    table.refresh(new="25")                           # the row of patient 25 is marked

It asks for one page at a time, so it is as quick with a hundred thousand summaries as with ten, and
it knows no network: a page comes from the callable that it was given. Pages are fetched on a thread
of their own, so a slow one keeps nothing waiting; of several on their way the last is shown.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mcp_kernel_tools.answers import SavedSummary, SummaryPage
from mcp_kernel_tools.wire import visible

ROWS = 10
EXCERPT = 160
"""Characters of a summary in its row; opening the row shows all of them."""

FetchPage = Callable[[int, int, str], SummaryPage]
_HERE = Path(__file__).parent


class SummariesTable(anywidget.AnyWidget):
    """Newest first, with a filter; a click or a key opens a row and shows the whole summary.

    Args:
        page: called as `page(offset, limit, query)`.
        label: the table's name.
        rows: how many rows a page has.
    """

    _esm = _HERE / "summaries_table.js"
    _css = _HERE / "summaries_table.css"
    label = traitlets.Unicode().tag(sync=True)
    page = traitlets.Dict().tag(sync=True)
    """What is shown: offset, limit, total, query, rows, new (a patient id), failure."""

    def __init__(
        self, page: FetchPage, *, label: str = "Saved summaries", rows: int = ROWS
    ) -> None:
        self._fetch = page
        self._rows = rows
        self._offset = 0
        self._query = ""
        self._new = ""
        self._asked = 0
        self._summaries: dict[str, SavedSummary] = {}
        self._lock = threading.Lock()
        self._context = copy_context()
        super().__init__(label=label, page=self._shown(0, {}, ""))
        self.on_msg(self._on_message)

    def refresh(self, *, new: str | None = None) -> threading.Thread:
        """Fetch and show the page again.

        Args:
            new: the patient whose summary was just saved: the first page is shown, unfiltered, with
                this row marked.

        Returns:
            The thread that does it, for those who want to wait.
        """
        if new is not None:
            self._offset, self._query, self._new = 0, "", new
        return self._start_fetching()

    def turn_to(self, offset: int, query: str = "") -> threading.Thread:
        """Show the page that begins with row `offset` of those that match `query`."""
        self._offset, self._query = max(0, offset), query
        return self._start_fetching()

    def _start_fetching(self) -> threading.Thread:
        with self._lock:
            self._asked += 1
            asked = (self._asked, self._offset, self._query)
        context: Context = self._context.copy()
        thread = threading.Thread(
            target=context.run, args=(self._show, *asked), name="summaries-table", daemon=True
        )
        thread.start()
        return thread

    def _show(self, number: int, offset: int, query: str) -> None:
        try:
            page = self._fetch(offset, self._rows, query)
        except Exception as error:  # noqa: BLE001  # whatever it is, the table says it
            self._put(number, {**self.page, "failure": visible(f"{error}" or repr(error))})
        else:
            self._put(number, self._shown(offset, page, query), page["summaries"])

    def _put(
        self, number: int, shown: dict[str, Any], summaries: Sequence[SavedSummary] | None = None
    ) -> None:
        with self._lock:
            if number != self._asked:
                return
            if summaries is not None:
                self._summaries = {saved["patient_id"]: saved for saved in summaries}
            self.page = shown

    def _shown(self, offset: int, page: Mapping[str, Any], query: str) -> dict[str, Any]:
        return {
            "offset": offset,
            "limit": self._rows,
            "total": page.get("total"),
            "query": query,
            "rows": [_row(saved) for saved in page.get("summaries", ())],
            "new": self._new,
            "failure": "",
        }

    def _on_message(self, _: object, message: Mapping[str, Any], __: object) -> None:
        if message.get("kind") == "turn":
            self.turn_to(int(message["offset"]), str(message["query"]))
        elif message.get("kind") == "open":
            self._send_whole(str(message["id"]))

    def _send_whole(self, patient_id: str) -> None:
        with self._lock:
            saved = self._summaries.get(patient_id)
        if saved is not None:
            text = visible(saved["summary"] or "")
            self.send({"kind": "opened", "id": patient_id, "text": text})


def _row(saved: SavedSummary) -> dict[str, Any]:
    return {
        "id": saved["patient_id"],
        "name": visible(saved["name"] or ""),
        "excerpt": _excerpt(visible(saved["summary"] or "")),
        "model": visible(saved["model"] or ""),
        "how": saved["how"] or "",
        "saved_at": saved["saved_at"] or "",
    }


def _excerpt(text: str) -> str:
    line = " ".join(text[: 2 * EXCERPT].split())
    return line if len(text) <= EXCERPT else line[:EXCERPT].rstrip() + " …"
