"""What names one letter is found wherever relays leave it, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.bounces.tokens import LEAST_RELAY_ID, relay_id_in, token_in
from mass_apology.letter.message.headers import message_id

KEY = bytes(range(32))
SES_ID = "0102018c5f2e1a3b-1f2e3d4c-5b6a-4788-99aa-bbccddeeff00-000000"
identities = st.integers(-(2**63), 2**63 - 1)


@given(identities)
def test_a_return_path_survives_what_relays_do_to_it(identity: int) -> None:
    token = message_id(KEY, "first", identity, "acme.example").strip("<>").partition("@")[0]
    local_part = f"bounces+{token}"
    for seen in (
        f"{local_part}@acme.example",
        f"{local_part}@acme.example".upper(),
        f"prvs=1234abcdef={local_part}@acme.example",
        f"btv1==123abc={local_part}@acme.example",
        f"SRS0=ab12=X7=acme.example={local_part}@relay.example",
        f"SRS1=cd34=relay.example==ab12=X7=acme.example={local_part}@other.example",
        f"team+{local_part}@acme.example",
    ):
        assert token_in(seen) == token


@pytest.mark.parametrize(
    "address",
    [
        "bounces@acme.example",
        "anna+holidays@acme.example",
        "",
        "bounces+0123456789abcdef@acme.example",
        "MicrosoftExchange0123456789abcdef0123456789abcdef@acme.example",
        "anna@0123456789abcdef0123456789abcdef.example",
        "bounces+0123456789abcdef0123456789abcdef0@acme.example",
    ],
)
def test_other_addresses_hold_no_token(address: str) -> None:
    assert token_in(address) == ""


@given(st.text(max_size=100))
def test_any_text_may_be_asked(text: str) -> None:
    assert len(token_in(text)) in {0, 32}
    assert relay_id_in(text) == ""


@pytest.mark.parametrize("domain", ["eu-west-1.amazonses.com", "email.amazonses.com", "EU-WEST-1.AmazonSES.com"])
def test_an_id_of_ses_is_found_in_its_message_id(domain: str) -> None:
    assert relay_id_in(f"<{SES_ID}@{domain}>") == SES_ID
    assert len(SES_ID) >= LEAST_RELAY_ID


@pytest.mark.parametrize(
    "other",
    [
        f"<{SES_ID}@acme.example>",
        f"<{SES_ID}@amazonses.com.acme.example>",
        f"<{SES_ID}@notamazonses.com>",
        "<4XYZ@eu-west-1.amazonses.com>",
        "<Ok@eu-west-1.amazonses.com>",
        f"{SES_ID}@eu-west-1.amazonses.com",
    ],
)
def test_no_other_message_id_names_a_relay_s_letter(other: str) -> None:
    assert relay_id_in(other) == ""
