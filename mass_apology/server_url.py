"""Which server a URL means: its host and its port, and whether that is this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult


def host_and_port(parts: SplitResult, whose: str) -> tuple[str, int | None]:
    """The host, an IPv6 address without its brackets, and the port where one is given.

    Raises ``ValueError``, whose text is a sentence about ``whose`` URL ("the relay's") and never repeats the URL.
    """
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError(f"The port in {whose} URL is not a number of 1 to 65535.")
    if not parts.hostname or not _can_be_asked_for(parts.hostname):
        raise ValueError(f"{whose[0].upper()}{whose[1:]} URL names no host, or one that cannot be.")
    return parts.hostname, port


def joined(host: str, port: int) -> str:
    """``host:port``, as people and logs know it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_this_machine(host: str) -> bool:
    """Whether what is said to this host reaches no network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _can_be_asked_for(host: str) -> bool:
    try:
        return bool(host.encode("idna"))  # as the resolver does: "a..b" and labels of more than 63 characters fail
    except UnicodeError:
        return False
