import typing

from mcp_kernel_tools.wire import ErrorKind
from server import errors


def test_a_failure_reads_as_one_sentence_of_what_happened_and_what_to_do() -> None:
    failure = errors.Busy("The model is busy.", next="Try again later.")
    assert str(failure) == "The model is busy; try again later."


def test_every_kind_of_the_protocol_has_its_error() -> None:
    classes = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    kinds = {kind.kind for kind in classes if issubclass(kind, errors.Failure)}
    assert kinds == set(typing.get_args(ErrorKind))
