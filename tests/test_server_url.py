"""Hosts and ports of URLs that people write by hand."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.server_url import host_and_port, joined


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("imaps://anna@mail.acme.example/INBOX", ("mail.acme.example", None)),
        ("smtps://MAIL.acme.example:465", ("mail.acme.example", 465)),
        ("smtps://[::1]:2465", ("::1", 2465)),
        ("smtps://poczta.żółć.example:1", ("poczta.żółć.example", 1)),
    ],
)
def test_what_is_meant(url: str, found: tuple[str, int | None]) -> None:
    assert host_and_port(urlsplit(url), "the relay's") == found


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("smtps://host:", "The port in the relay's URL is not a number of 1 to 65535."),
        ("smtps://host:0", "The port in the relay's URL is not a number of 1 to 65535."),
        ("smtps://host:65536", "The port in the relay's URL is not a number of 1 to 65535."),
        ("smtps://host:hunter2", "The port in the relay's URL is not a number of 1 to 65535."),
        ("smtps://anna@", "The relay's URL names no host, or one that cannot be."),
        ("smtps://a..b", "The relay's URL names no host, or one that cannot be."),
        (f"smtps://{'a' * 64}", "The relay's URL names no host, or one that cannot be."),
    ],
)
def test_what_cannot_be(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match="relay's URL") as error:
        host_and_port(urlsplit(url), "the relay's")
    assert str(error.value) == problem


@given(st.ip_addresses().map(str), st.integers(1, 65535))
def test_what_is_joined_is_understood(host: str, port: int) -> None:
    assert host_and_port(urlsplit(f"smtps://{joined(host, port)}"), "the relay's") == (host, port)
