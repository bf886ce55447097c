"""What the server is told at its start: flags, and the environment behind them.

Every field has the environment variable `MCP_KERNEL_TOOLS_` + its name in capitals; the command
line (`__main__.py`) overrides it. Limits and timeouts have no flag.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

from mcp_kernel_tools.wire import APP_NAME

PREFIX = "MCP_KERNEL_TOOLS_"
VERSION = version(APP_NAME)
_NEXT_MODEL = re.compile(r",\s*(?=(?:auto|embedded)\s*(?:,|$)|(?:ollama|openai|replay):)")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

PORTS = range(2**16)
TAKES_PORT = "a port from 0 (any that is free) to 65535"


class BadSetting(ValueError):
    """A setting cannot be used as it is; the message names it and says what it takes."""


def data_folder() -> Path:
    """The read-only data: beside `server/`, `data/` in a checkout and `_data/` in the wheel."""
    root = Path(__file__).resolve().parent.parent
    return root / "_data" if (root / "_data").is_dir() else root / "data"


def default_summaries() -> Path:
    """Beside the data in a checkout; in the user's own data folder when installed from a wheel."""
    data = data_folder()
    folder = platformdirs.user_data_path(APP_NAME) if data.name == "_data" else data
    return folder / "patient_summaries.csv"


def _flag(text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
        "": False,
    }
    return words[text.strip().lower()]


def read_columns(text: str) -> dict[str, str]:
    """The table's own column names -> ours, from a JSON object.

    Raises:
        ValueError: it is none.
    """
    columns = json.loads(text)
    if not isinstance(columns, dict):
        raise ValueError(text)
    return {str(key): str(value) for key, value in columns.items()}


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_port(text: str) -> int:
    """A port.

    Raises:
        ValueError: there is no such port.
    """
    if (port := int(text)) not in PORTS:
        raise ValueError(text)
    return port


def _positive(text: str) -> float:
    if (number := float(text)) <= 0:
        raise ValueError(text)
    return number


def _setting(default: Any, parse: Callable[[str], Any], takes: str) -> Any:
    return field(default=default, metadata={"parse": parse, "takes": takes})


def _text(default: str | None) -> Any:
    return _setting(default, str, "text")


def _path(default: Path | None) -> Any:
    return _setting(default, Path, "a path")


def _count(default: int | None) -> Any:
    return _setting(default, int, "a whole number")


def _seconds(default: float) -> Any:
    return _setting(default, _positive, "a number of seconds above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The server's settings; `Settings()` is what `python -m server` starts with."""

    host: str = _text("127.0.0.1")
    port: int = _setting(8765, read_port, TAKES_PORT)
    patients: Path = _path(data_folder() / "patients.csv")
    summaries: Path = _path(default_summaries())
    cache: Path = _path(platformdirs.user_cache_path(APP_NAME))
    """Where the index of a large table is kept, so that the next start need not make it anew."""
    stdio: bool = _setting(False, _flag, "1 or 0")
    token: str | None = _text(None)
    no_token: bool = _setting(False, _flag, "1 or 0")
    model: str = _text("auto")
    """One model, or several separated by commas; `models` has them one by one."""
    cluster: str | None = _text(None)
    record: Path | None = _path(None)
    grammar: bool = _setting(True, _flag, "1 or 0")
    """Whether models that take a grammar write under the clause grammar of the record."""
    columns: Mapping[str, str] | None = _setting(None, read_columns, "a JSON object of names")
    allow_origin: tuple[str, ...] = _setting((), _list, "origins, separated by commas")
    allow_host: tuple[str, ...] = _setting((), _list, "hosts, separated by commas")
    allow_remote_model: bool = _setting(False, _flag, "1 or 0")

    join_tokens: bool = _setting(True, _flag, "1 or 0")
    waiting_characters: int = _count(256 * 1024)
    """How much of a summary waits for a slow reader before the model is paused."""
    reader_seconds: float = _seconds(30)
    """A reader that takes nothing for so long is dropped."""
    model_seconds: float = _seconds(120)
    """A model that gives no token for so long has failed."""
    model_slots: int | None = _count(None)
    """Generations at a time; None: as many as the model serves."""
    model_queue: int = _count(64)
    """Requests that may wait for the model; one more is told that it is busy."""
    max_frame: int = _count(4 * 2**20)
    """Bytes of one WebSocket message, or of one HTTP request's body."""
    max_connections: int = _count(1000)
    handshake_seconds: float = _seconds(10)
    """A connection that has not asked for anything by then is closed."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings that `environ` gives, defaults for the rest.

        Raises:
            BadSetting: a variable has a value that cannot be read.
        """
        given = {}
        for setting in fields(cls):
            name = PREFIX + setting.name.upper()
            if name in environ:
                given[setting.name] = _parse(name, environ[name], setting.metadata)
        return cls(**given)

    @property
    def models(self) -> tuple[str, ...]:
        """The models, the default one first. A comma parts them where a kind of model follows."""
        return tuple(_NEXT_MODEL.split(self.model))

    def secret(self) -> str | None:
        """The token that clients must send: the given one, else a random one; None with `no_token`.

        Raises:
            BadSetting: `no_token` on an address that other machines reach.
        """
        if not self.no_token:
            return self.token or secrets.token_urlsafe(32)
        if self.host not in LOOPBACK_HOSTS:
            raise BadSetting(
                f"--no-token works on a loopback address only, not on {self.host}: "
                "leave --no-token out, or use --host 127.0.0.1"
            )
        return None


def _parse(name: str, text: str, metadata: Mapping[str, Any]) -> Any:
    try:
        return metadata["parse"](text)
    except (ValueError, KeyError):
        raise BadSetting(f"{name}={text!r}: it takes {metadata['takes']}") from None
