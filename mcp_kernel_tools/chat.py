"""The walk through the toolkit on a terminal: search, pick, read, watch the summary grow, save.

Each step is a method that returns the next one. `b` goes back one step, `quit` (or the end of the
input) leaves, Ctrl-C while a summary streams stops the stream only.
"""

import sys
from collections.abc import Callable
from typing import Any

from mcp_kernel_tools.answers import Match, Matches, Record, Summary
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.narration import write_stdout
from mcp_kernel_tools.shown_stream import show_stream
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

Step = Callable[[], Any]
"""Returns the next step."""
SHOWN = 10
"""Matches on one screen."""


class Quit(Exception):
    """The person leaves."""


class Back(Exception):
    """The person wants the step before."""


def read_line(prompt: str) -> str:
    """A line of input; where nobody types it is shown, so that the talk can be read afterwards."""
    line = input(prompt)
    if not sys.stdin.isatty():
        write_stdout(f"{line}\n")
    return line


class Chat:
    """One walk.

    Args:
        client: A client of a server.
        ask: Asks the person for a line.
        teller: Tells the person.
    """

    def __init__(
        self,
        client: SyncClient,
        ask: Callable[[str], str] = read_line,
        teller: Teller | None = None,
    ) -> None:
        self._client = client
        self._line = ask
        self._teller = teller or Teller()
        self._matches: Matches
        self._record: Record
        self._summary: Summary

    def run(self) -> None:
        """Walk until the person leaves; what fails is told, and the walk begins anew."""
        status = self._client.server_status()
        self._teller.say(f"{status['patients']} patients, model {status['model']['name']}.")
        step: Step = self.search
        while True:
            try:
                step = step()
            except KernelToolsError as problem:
                self._teller.say(f"{problem}")
                step = self.search
            except (Quit, EOFError):
                self._teller.say()
                return

    def search(self) -> Step:
        try:
            keyword = self._ask("\nSearch the records for")
        except Back:
            return self.search
        if not keyword:
            return self.search
        self._matches = self._client.find_patients(keyword, SHOWN)
        if not self._matches["patients"]:
            self._teller.say(f"No record matches {keyword!r}.")
            return self.search
        return self.pick

    def pick(self) -> Step:
        matches = self._matches["patients"]
        self._teller.say(f"{len(matches)} of {self._matches['total']} matches:\n")
        for number, match in enumerate(matches, 1):
            self._teller.say(f"{number:>3}. {_match(match)}")
        return self._choose

    def _choose(self) -> Step:
        matches = self._matches["patients"]
        try:
            answer = self._ask(f"\nWhich one, 1 to {len(matches)}")
        except Back:
            return self.search
        if not answer.isdecimal() or not 1 <= int(answer) <= len(matches):
            self._teller.say(f"A number from 1 to {len(matches)}, please.")
            return self._choose
        self._record = self._client.get_patient(matches[int(answer) - 1]["patient_id"])
        return self.read

    def read(self) -> Step:
        fields = {**self._record, **self._record["other"]}
        del fields["other"]
        self._teller.say()
        for name, text in fields.items():
            if text:
                self._teller.say(f"  {name.replace('_', ' '):<16}{text}")
        self._teller.say()
        return self.summarize

    def summarize(self) -> Step:
        try:
            self._summary = show_stream(self._client, self._record["patient_id"], self._teller)
        except KeyboardInterrupt:
            self._teller.say("Stopped; the text is incomplete and not saved.")
            return self.search
        return self.save

    def save(self) -> Step:
        try:
            answer = self._ask("\nSave this summary, y or n")
        except Back:
            return self.pick
        if answer.lower() in ("y", "yes"):
            patient_id = self._record["patient_id"]
            saved = self._client.update_patient_summary(patient_id, self._summary)
            self._teller.say(
                "Saved, in place of an earlier one." if saved["replaced"] else "Saved."
            )
        elif answer.lower() not in ("n", "no"):
            return self.save
        return self.search

    def _ask(self, question: str) -> str:
        answer = self._line(f"{question} (b goes back, quit leaves): ").strip()
        if answer.lower() == "quit":
            raise Quit
        if answer.lower() == "b":
            raise Back
        return answer


def _match(match: Match) -> str:
    why = ", ".join(
        f"{word['field'].replace('_', ' ')}: {word['word']}" for word in match["matched"]
    )
    about = ", ".join(filter(None, (match["name"], match["age"], match["gender"])))
    return f"{about}; {match['symptoms']} [{why}]"
