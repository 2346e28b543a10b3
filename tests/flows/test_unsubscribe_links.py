"""Each recipient's letter names them where they unsubscribe; whoever looks at a test letter names nobody."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.test import rehearse
from mass_apology.model import Severity
from mass_apology.workspace.workspace import Workspace

URL = "smtp+plain://127.0.0.1:1"
ROWS = [dict(row, token=f"tok{number}") for number, row in enumerate(customers(3))]


def test_each_letter_has_an_address_of_its_own(tmp_path: Path) -> None:
    with relay() as live:
        url = "https://firm.example/u?t={{ customer.token }}"
        folder = campaign_folder(tmp_path, live.sink.url, ROWS, message={"list_unsubscribe": [url]})
        asyncio.run(
            rehearse(Workspace.open(folder), ["me@firm.example"], Choice(sample=1), on_progress=lambda *_: None)
        )
        (tried,) = [message_from_bytes(each.data) for each in live.received]
        assert "List-Unsubscribe" not in tried
        assert send(folder).sent == 3
        letters = {each.recipients[0]: message_from_bytes(each.data) for each in live.received[1:]}
        for number, row in enumerate(ROWS):
            letter = letters[row["email"]]
            assert letter["List-Unsubscribe"] == f"<https://firm.example/u?t=tok{number}>"
            assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_letters_token_is_that_of_its_message_id(tmp_path: Path) -> None:
    with relay() as live:
        message = {"list_unsubscribe": ["mailto:stop@firm.example?subject={token}"]}
        folder = campaign_folder(tmp_path, live.sink.url, customers(2), message=message)
        send(folder)
        for each in live.received:
            letter = message_from_bytes(each.data)
            token = letter["Message-ID"].strip("<>").partition("@")[0]
            assert letter["List-Unsubscribe"] == f"<mailto:stop@firm.example?subject={token}>"
            assert "List-Unsubscribe-Post" not in letter


@pytest.mark.parametrize(
    "url",
    [
        "https://staging.firm.example/u",
        "https://firm.local/u",
        "https://10.0.0.1/u",
        "mailto:stop@firm.local",
        "https://localhost/u",
    ],
)
def test_an_address_that_nobody_can_reach_is_told_in_a_trial_too(tmp_path: Path, url: str) -> None:
    folder = campaign_folder(tmp_path, URL, customers(2), message={"list_unsubscribe": [url]})
    checked = asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )
    (group,) = [group for group in checked.groups if group.code == "internal-links"]
    assert group.severity is Severity.WARNING
    assert "list_unsubscribe" in group.examples[0].where


def test_a_row_without_its_value_is_an_error_about_it(tmp_path: Path) -> None:
    rows = [*ROWS, {**ROWS[0], "email": "customer9@d2.example", "name": "Customer Nine", "token": ""}]
    message = {"list_unsubscribe": ["https://firm.example/u?t={{ customer.token }}"]}
    folder = campaign_folder(tmp_path, URL, rows, message=message)
    checked = asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )
    (group,) = [group for group in checked.groups if group.severity is Severity.ERROR]
    assert (group.code, group.lines) == ("letter-fails", (5,))
    assert "cannot be filled in" in group.examples[0].problem
