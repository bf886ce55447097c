from mcp_kernel_tools.errors import KernelToolsError, RequestRefused, SummaryIncomplete, ToolFailed


def test_says_what_happened_and_then_what_to_do() -> None:
    assert str(KernelToolsError("It broke.", next="Mend it.")) == "It broke. Mend it."


def test_does_not_say_the_same_twice() -> None:
    told = "It broke; mend it."
    assert str(KernelToolsError(told, next="Mend it.")) == told
    assert str(KernelToolsError("It broke.")) == "It broke."


def test_carries_what_a_program_needs_to_go_on() -> None:
    assert ToolFailed("", kind="busy").kind == "busy"
    assert SummaryIncomplete("", text="Half").text == "Half"
    assert RequestRefused("", code=-32601).code == -32601


def test_what_to_do_begins_a_line_of_its_own_where_the_message_ends_one() -> None:
    assert str(KernelToolsError("It said:\n\nno\n\n", next="Mend it.")).endswith("no\n\nMend it.")
