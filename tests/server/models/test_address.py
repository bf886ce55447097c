import pytest

from server.errors import Invalid
from server.models.address import is_local, read_address, refuse_remote

FORMS = {
    "localhost": "http://localhost:11434",
    " localhost:8080 ": "http://localhost:8080",
    "localhost:8080/": "http://localhost:8080",
    ":8080": "http://127.0.0.1:8080",
    "0.0.0.0": "http://127.0.0.1:11434",
    "0.0.0.0:8080": "http://127.0.0.1:8080",
    "http://0.0.0.0:8080": "http://127.0.0.1:8080",
    "::1": "http://[::1]:11434",
    "[::1]:8080": "http://[::1]:8080",
    "[::]:8080": "http://[::1]:8080",
    "::": "http://[::1]:11434",
    "LOCALHOST": "http://localhost:11434",
    "http://localhost:8080/prefix/": "http://localhost:8080/prefix",
    "http://localhost:8080/?a=1#b": "http://localhost:8080",
    "https://gpu.example": "https://gpu.example",
    "gpu.example": "http://gpu.example:11434",
}


@pytest.mark.parametrize(("written", "meant"), FORMS.items(), ids=FORMS)
def test_reads_an_address_as_people_write_it(written: str, meant: str) -> None:
    assert read_address(written, 11434) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "http://",
        "ftp://localhost",
        "localhost:port",
        "localhost:99999",
        "http://user:word@localhost",
        "http://127.0.0.1@gpu.example",
        "http://gpu.example\\@127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_refuses_what_is_no_address(written: str) -> None:
    with pytest.raises(Invalid, match="http://localhost:11434"):
        read_address(written, 11434)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_knows_this_machine(host: str) -> None:
    assert is_local(f"http://{host}:1")
    refuse_remote(f"http://{host}:1")


@pytest.mark.parametrize(
    "host",
    [
        *("gpu.example", "10.0.0.1", "localhost.gpu.example", "127.0.0.1.gpu.example", "127.1"),
        *("2130706433", "0x7f.0.0.1", "localhost.", "[fe80::1]", "[::ffff:10.0.0.1]"),
    ],
)
def test_takes_everything_else_for_elsewhere(host: str) -> None:
    with pytest.raises(Invalid, match="--allow-remote-model"):
        refuse_remote(read_address(f"http://{host}:1"))
