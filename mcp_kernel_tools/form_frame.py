"""What the form needs of the page and ipywidgets cannot say."""

from pathlib import Path

import anywidget

_HERE = Path(__file__).parent


class FormFrame(anywidget.AnyWidget):
    """Shows nothing. On the page it tells JupyterLab that keys pressed in the form are the form's.

    Without its front end the form works as it does with it, but for that.
    """

    _esm = _HERE / "form_frame.js"

    def __init__(self) -> None:
        super().__init__(layout={"display": "none"})
