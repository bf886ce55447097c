"""What a server is started with: what the caller says, else the environment, else the defaults."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import platformdirs

from mcp_kernel_tools import handover
from mcp_kernel_tools.errors import BadArgument
from mcp_kernel_tools.running import RunningServer, version_of
from mcp_kernel_tools.settings import PREFIX
from mcp_kernel_tools.wire import APP_NAME

if TYPE_CHECKING:
    import pandas as pd

    AnyPath = str | os.PathLike[str]


PORTS = range(2**16)
TAKES_PORT = "a port from 0 (any that is free) to 65535"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerArguments:
    """Equal arguments make equal servers."""

    patients: str
    """A path, or the fingerprint of `table`."""
    table: "pd.DataFrame | None" = field(default=None, compare=False, repr=False)
    given: str = field(default="", compare=False)
    """The path as the caller wrote it."""
    patients_version: str = ""
    """Of the file that `patients` names, as `running.version_of` tells it."""
    summaries: str
    model: str
    """One model, or several separated by commas, the default one first."""
    cluster: str | None = None
    port: int
    columns: Mapping[str, str] | None

    @classmethod
    def of(
        cls,
        *,
        patients: "AnyPath | pd.DataFrame | None",
        summaries: "AnyPath | None",
        model: str | None,
        port: int | None,
        columns: Mapping[str, str] | None,
        environ: Mapping[str, str],
        models: Sequence[str] = (),
        cluster: str | None = None,
    ) -> Self:
        """The arguments of one call; None leaves one to the environment and the defaults.

        Raises:
            BadArgument: the patients are of a kind that is not taken, or there is no such port.
        """
        if patients is None:
            patients = environ.get(PREFIX + "PATIENTS") or _data() / "patients.csv"
        return cls(
            **_of_file(patients) if isinstance(patients, str | os.PathLike) else _of(patients),
            summaries=_whole(summaries or environ.get(PREFIX + "SUMMARIES") or _summaries()),
            model=_several(model, models) or environ.get(PREFIX + "MODEL") or "auto",
            cluster=cluster or environ.get(PREFIX + "CLUSTER") or None,
            port=_setting(environ, "PORT", _port, TAKES_PORT, 8765)
            if port is None
            else _given_port(port),
            columns=columns or _setting(environ, "COLUMNS", json.loads, "a JSON object", None),
        )

    def renewed(self) -> Self:
        """The same, with the file of patients as it is now."""
        if self.table is not None:
            return self
        return replace(self, patients_version=version_of(Path(self.patients)))

    def refuse_missing(self) -> None:
        """What can be known before a server is stopped for these arguments.

        Raises:
            BadArgument: the patients' file is not there.
        """
        path = Path(self.patients)
        if self.table is None and not path.exists():
            raise BadArgument(
                f"The patient table {self.given!r} was not found in {path.parent}; "
                "nothing was started or stopped.",
                next="Give the path of an existing file or folder.",
            )

    def changes(self, other: Self) -> list[str]:
        """What is different in `other`, in words."""
        names = [f.name for f in fields(self) if f.compare]
        changed = [name for name in names if getattr(self, name) != getattr(other, name)]
        if "patients" in changed:  # of course they have another version
            changed = [name for name in changed if name != "patients_version"]
        return [self._change(name, getattr(other, name)) for name in changed]

    def _change(self, name: str, now: object) -> str:
        if name in ("cluster", "model", "port"):
            return f"{name} {getattr(self, name)} → {now}"
        if name == "patients_version":
            return "the file of patients has changed"
        return f"other {name}"

    def served_by(self, server: RunningServer) -> bool:
        """Whether a server that runs has these patients, summaries, models and cluster."""
        return (
            server.patients == self.patients
            and server.patients_version in (None, self.patients_version)
            and server.summaries == self.summaries
            and server.model == self.model
            and server.cluster == self.cluster
            and server.columns == self.columns
        )

    def flags(self, patients: Path | str) -> list[str]:
        """The command line, with the patients in the file `patients`."""
        columns = ["--columns", json.dumps(dict(self.columns))] if self.columns else []
        return [
            *("--patients", str(patients), "--summaries", self.summaries),
            *("--model", self.model, "--port", str(self.port), *columns),
            *(("--cluster", self.cluster) if self.cluster else ()),
        ]


def _several(model: str | None, models: Sequence[str]) -> str:
    """The models as the command line takes them: `model` first, each of them once."""
    return ",".join(dict.fromkeys([model, *models] if model else models))


def _setting(
    environ: Mapping[str, str], name: str, parse: Callable[[str], Any], takes: str, default: Any
) -> Any:
    text = environ.get(PREFIX + name)
    try:
        return parse(text) if text else default
    except ValueError:
        raise ValueError(f"{PREFIX}{name}={text!r}: it takes {takes}") from None


def _given_port(port: int) -> int:
    if port not in PORTS:
        raise BadArgument(
            f"There is no port {port!r}; nothing was started or stopped.",
            next=f"Give {TAKES_PORT}.",
        )
    return port


def _port(text: str) -> int:
    if (port := int(text)) not in PORTS:
        raise ValueError(text)
    return port


def _of(table: "pd.DataFrame") -> dict[str, Any]:
    if not (hasattr(table, "columns") and hasattr(table, "to_csv")):
        raise BadArgument(
            f"The patients are a {type(table).__name__}; nothing was started or stopped.",
            next="Give the path of a file or folder, or a pandas DataFrame with a row per patient.",
        )
    return {"patients": handover.fingerprint(table), "table": table}


def _of_file(path: "AnyPath") -> dict[str, str]:
    whole = _whole(path)
    return {
        "patients": whole,
        "given": str(path),
        "patients_version": version_of(Path(whole)),
    }


def _whole(path: "AnyPath") -> str:
    return str(Path(path).expanduser().resolve())


def _data() -> Path:
    """The read-only data: in a checkout beside this package, in the wheel inside it."""
    package = Path(__file__).resolve().parent
    return package / "_data" if (package / "_data").is_dir() else package.parent / "data"


def _summaries() -> Path:
    installed = _data().name == "_data"
    folder = platformdirs.user_data_path(APP_NAME) if installed else _data()
    return folder / "patient_summaries.csv"
