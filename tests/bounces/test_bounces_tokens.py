"""Tokens name one delivery, and nobody without the key can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.bounces.tokens import return_path, sign, token_in, verify

KEY = bytes(range(32))
deliveries = st.integers(0, 2**40 - 1)


@given(deliveries)
def test_a_token_names_its_delivery(delivery: int) -> None:
    token = sign(KEY, delivery)
    assert verify(KEY, token) == verify(KEY, token.upper()) == delivery
    assert verify(bytes(32), token) is None


@given(deliveries, st.integers(0, 23), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_token_names_nothing(delivery: int, at: int, letter: str) -> None:
    token = sign(KEY, delivery)
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or verify(KEY, changed) is None


@given(st.text(max_size=40))
def test_any_text_is_verified(token: str) -> None:
    assert verify(KEY, token) is None


@given(deliveries)
def test_a_return_path_survives_what_relays_do_to_it(delivery: int) -> None:
    path = return_path("bounces@acme.example", sign(KEY, delivery))
    assert len(path.partition("@")[0]) <= 64
    local_part = path.partition("@")[0]
    for seen in (
        path,
        path.upper(),
        f"prvs=1234abcdef={path}",
        f"SRS0=ab12=X7=acme.example={local_part}@relay.example",
    ):
        assert verify(KEY, token_in(seen)) == delivery


def test_other_addresses_hold_no_token() -> None:
    assert token_in("bounces@acme.example") == token_in("anna+holidays@acme.example") == token_in("") == ""


@pytest.mark.parametrize(("key", "delivery"), [(b"short", 1), (KEY, -1), (KEY, 2**40), (bytes(65), 1)])
def test_what_cannot_be_signed_is_said(key: bytes, delivery: int) -> None:
    with pytest.raises(ValueError, match=r"octets"):
        sign(key, delivery)
