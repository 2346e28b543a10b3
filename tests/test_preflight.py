"""Findings are gathered by code: of what is mended one by one each is kept, of rows the first few and their lines."""

from __future__ import annotations

import pytest

from mass_apology.cli.findings import _show_group
from mass_apology.model import Finding, Severity
from mass_apology.preflight import EXAMPLES, MOST_PLACES, Findings, Group


def group(count: int, *, of_rows: bool) -> Group:
    findings = Findings()
    findings.add(
        Finding(
            code="fact-unfinished",
            severity=Severity.WARNING,
            where=f"fact {number}",
            problem="It has no full stop.",
            advice="Write a whole sentence.",
            line=number if of_rows else None,
        )
        for number in range(1, count + 1)
    )
    (only,) = findings.groups()
    return only


@pytest.mark.parametrize("count", [1, EXAMPLES, EXAMPLES + 1, MOST_PLACES])
def test_every_fact_with_a_fault_is_named(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    _show_group(group(count, of_rows=False))
    said = capsys.readouterr().out
    assert said.count("It has no full stop.") == count
    assert "more" not in said


def test_of_very_many_facts_the_others_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    _show_group(group(MOST_PLACES + 7, of_rows=False))
    assert "and 7 more" in capsys.readouterr().out


def test_of_rows_the_first_are_shown_and_the_lines_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    _show_group(group(EXAMPLES + 1, of_rows=True))
    said = capsys.readouterr().out
    assert said.count("It has no full stop.") == EXAMPLES
    assert "lines 1, 2, 3, 4, 5, 6" in said
