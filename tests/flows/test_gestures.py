"""A gesture fits what the customer pays, and what they lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from live import campaign_folder, customers

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.workspace.workspace import Workspace

NOWHERE = "smtp+plain://127.0.0.1:1"
GESTURE: dict[str, object] = {"amount": "credit", "value": "monthly", "loss": "minutes"}


def look(folder: Path, *, credit: str, monthly: str, minutes: str = "30", typed: bool = True) -> Check:
    rows = [{**row, "minutes": minutes, "credit": credit, "monthly": monthly} for row in customers(1)]
    types = {"credit": "decimal", "monthly": "decimal"} if typed else {}
    made = campaign_folder(folder, NOWHERE, rows, types=types, gesture=GESTURE)
    options = CheckOptions(offline=True)
    return asyncio.run(check(Workspace.open(made), options, None, force=False, on_progress=lambda *_: None))


def codes(found: Check) -> list[str]:
    return [each.code for each in found.groups if each.code.startswith("gesture")]


@pytest.mark.parametrize(
    ("credit", "monthly", "minutes", "code"),
    [
        ("10", "100000", "30", ["gesture-insulting"]),
        ("5000", "100", "30", ["gesture-extravagant"]),
        ("10", "100", "0", ["gesture-without-loss"]),
        ("", "100", "30", ["gesture-missing"]),
        ("0", "100", "30", ["gesture-missing"]),
        ("5", "100", "30", []),
        ("200", "100", "30", []),
        ("", "100", "0", []),
        ("10", "", "30", []),
    ],
)
def test_a_gesture_is_compared_with_the_customer(
    tmp_path: Path, credit: str, monthly: str, minutes: str, code: list[str]
) -> None:
    assert codes(look(tmp_path, credit=credit, monthly=monthly, minutes=minutes)) == code


def test_the_row_and_the_share_are_named(tmp_path: Path) -> None:
    found = look(tmp_path, credit="10", monthly="100000")
    (example,) = next(each for each in found.groups if each.code == "gesture-insulting").examples
    assert example.where == "affected.csv, line 2"
    assert "gets 10, 0.0% of 100000" in example.problem


def test_columns_that_are_no_numbers_stop_the_sending(tmp_path: Path) -> None:
    found = look(tmp_path, credit="10", monthly="100", typed=False)
    assert codes(found) == ["gesture-no-number"]
    assert not found.sendable
