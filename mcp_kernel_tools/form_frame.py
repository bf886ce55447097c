"""What the form needs of the page and ipywidgets cannot say."""

from pathlib import Path

import anywidget

_HERE = Path(__file__).parent


class FormFrame(anywidget.AnyWidget):
    """Shows nothing, and stands in the row of the status line.

    It tells JupyterLab that keys pressed in the form are the form's, and screen readers that this
    row speaks. Where its front end cannot load, the form works without these two.
    """

    _esm = _HERE / "form_frame.js"

    def __init__(self) -> None:
        super().__init__(layout={"display": "none"})
