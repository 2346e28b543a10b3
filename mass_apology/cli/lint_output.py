"""The findings of ``lint``: for a terminal, as SARIF 2.1.0 (OASIS), and as GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mass_apology import __version__
from mass_apology.cli.findings import STYLES
from mass_apology.cli.screen import say
from mass_apology.model import Severity
from mass_apology.quantities import counted
from mass_apology.wording.finding import headline

if TYPE_CHECKING:
    from mass_apology.flows.lint.lint import FileFinding, LintResult

_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SHOWN = 160  # characters of a passage


def show(found: LintResult) -> None:
    """Print all findings, and their number."""
    for each in found.findings:
        say(f"{each.file}:{each.line}:{each.column} {each.severity.value} {each.rule}", style=STYLES[each.severity])
        say(f"  {told(each)}")
        say(f"  {each.why}")
        if each.better:
            say(f"  → {each.better}")
    number = counted(len(found.findings), "finding") if found.findings else "nothing is wrong"
    say(f"{counted(found.letters, 'letter')} read: {number}.")


def told(finding: FileFinding) -> str:
    """What was found, as one line: the passage and what it is."""
    said = headline(finding.title, finding.passage, _SHOWN)
    return said if finding.passage else f"{said}."


def sarif(found: LintResult) -> dict[str, Any]:
    """A SARIF log; its passages are regions."""
    rules = {each.rule: each for each in found.findings}
    driver = {
        "name": "mass-apology",
        "version": __version__,
        "rules": [
            {"id": rule, "shortDescription": {"text": each.title}, "fullDescription": {"text": each.why}}
            for rule, each in sorted(rules.items())
        ],
    }
    return {
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{"tool": {"driver": driver}, "results": [_result(each) for each in found.findings]}],
    }


def _result(finding: FileFinding) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.passage:
        region["snippet"] = {"text": finding.passage}
    location = {"physicalLocation": {"artifactLocation": {"uri": finding.file}, "region": region}}
    return {
        "ruleId": finding.rule,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": _sentences(finding)},
        "locations": [location],
    }


def github(found: LintResult) -> Iterator[str]:
    """Workflow commands: "::error file=…,line=…::…"."""
    for each in found.findings:
        place = f"file={_property(each.file)},line={each.line},col={each.column},title={_property(each.rule)}"
        yield f"::{_GITHUB_LEVELS[each.severity]} {place}::{_data(_sentences(each))}"


def _sentences(finding: FileFinding) -> str:
    better = f" Better: {finding.better}" if finding.better else ""
    return f"{told(finding)} {finding.why}{better}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
