"""A model's address: read from the forms that people write, and whether it is this machine."""

import ipaddress

import httpx

from ..errors import Invalid

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (nothing is bound here)
"""What a server listens on to mean every address, and what a client calls to reach it here."""


def read_address(text: str, default_port: int | None = None) -> str:
    """`text` as a base URL without a slash at its end.

    Takes what `OLLAMA_HOST` may hold: a URL, `host:port`, a bare host or IPv6 address, and the
    addresses that a server binds (0.0.0.0, ::). As in Ollama's source (envconfig.Host), the default
    port is for addresses without a scheme.

    Raises:
        Invalid: this is no address of an HTTP server.
    """
    text = text.strip()
    try:
        url = httpx.URL(text if "://" in text else f"http://{_bracketed(text)}")
        port = url.port or (None if "://" in text else default_port)
        url = url.copy_with(host=_ANY.get(url.host, url.host), port=port, query=None, fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise _not_an_address() from error
    right = url.scheme in ("http", "https") and url.host and not url.userinfo
    if not right or not 0 < (port or 80) < 65_536:
        raise _not_an_address()
    return str(url).rstrip("/")


def is_local(address: str) -> bool:
    """Whether the base URL `address` is on this machine; a name other than localhost is not."""
    host = httpx.URL(address).host
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def refuse_remote(address: str) -> None:
    """Keep patient text on this machine.

    Raises:
        Invalid: `address` is on another machine, or may be.
    """
    if not is_local(address):
        raise Invalid(
            "The model's address is not on this machine, so a record would leave it.",
            next="Use a model on this machine, or allow it on purpose: --allow-remote-model.",
        )


def _bracketed(text: str) -> str:
    """With the brackets that a bare IPv6 address needs in a URL, and a host where there is none."""
    if text.startswith(":") and text.count(":") == 1:
        return f"127.0.0.1{text}"
    return f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text


def _not_an_address() -> Invalid:
    return Invalid(
        "The model's address is not the address of an HTTP server.",
        next="Write it like http://localhost:11434.",
    )
