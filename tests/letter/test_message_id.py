"""Message-IDs: stable, distinct, valid, and keyed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.letter.message.headers import message_id, message_id_field

KEY = bytes(range(32))
identities = st.integers(-(2**63), 2**63 - 1)
waves = st.sampled_from(["first", "follow-up", "follow-up-2"]) | st.text(min_size=1, max_size=20)


def test_it_never_changes_between_versions() -> None:
    assert message_id(KEY, "first", 1, "acme.example") == "<547a9acc125fabd074b1d8757b7d9078@acme.example>"


@given(identities, waves)
def test_it_is_a_message_id(identity: int, wave: str) -> None:
    made = message_id(KEY, wave, identity, "acme.example")
    assert re.fullmatch(r"<[0-9a-f]{32}@acme\.example>", made)
    assert message_id_field(made) == f"Message-ID: {made}\r\n"
    assert made == message_id(KEY, wave, identity, "acme.example")


@given(st.lists(st.tuples(st.binary(min_size=16, max_size=64), waves, identities), unique=True, min_size=2))
def test_another_key_wave_or_recipient_is_another_id(letters: list[tuple[bytes, str, int]]) -> None:
    assert len({message_id(*each, "acme.example") for each in letters}) == len(letters)


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_is_long_enough_and_usable(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} octets"):
        message_id(bytes(size), "first", 1, "acme.example")
