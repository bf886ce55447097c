"""`asyncio.run(...)` inside a notebook cell, for those who want it; nothing else here needs it."""

import importlib.util
import warnings


def allow_nested_loops() -> None:
    """Let `asyncio.run(...)` and `loop.run_until_complete(...)` work where a loop already runs.

    Uses nest_asyncio2, which ipykernel 7 brings. With its predecessor nest_asyncio, cells that are
    queued meanwhile (Run All) may never run, so that one comes with a warning.
    """
    if importlib.util.find_spec("nest_asyncio2"):
        import nest_asyncio2  # type: ignore[import-untyped]  # noqa: PLC0415 - not always there

        nest_asyncio2.apply()
        return
    import nest_asyncio  # noqa: PLC0415

    warnings.warn(
        "nest_asyncio can lose cells that wait in the queue: `pip install nest-asyncio2`.",
        RuntimeWarning,
        stacklevel=2,
    )
    nest_asyncio.apply()
