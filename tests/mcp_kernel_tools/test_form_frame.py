from mcp_kernel_tools.form_frame import FormFrame
from tests.front_end import front_end


def test_it_takes_no_room() -> None:
    with front_end():
        frame = FormFrame()
    assert frame.layout.display == "none"
