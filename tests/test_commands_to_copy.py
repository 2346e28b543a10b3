"""Commands that a sentence names can be copied into a shell, whatever the paths in them are called."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import mass_apology
from mass_apology.errors import shell_command
from mass_apology.guards.lost_ledger import LedgerFacts, ledger_findings

ODD = ["/srv/a b", "/srv/it's", '/srv/"x"', "/srv/$HOME", "/srv/a;rm", "/srv/a\nb", "-C"]
_UNQUOTED = re.compile(r"mass-apology [^\"']*\{[^}]*(?:folder|path|source|made_in|log|file|recipients|to|address)\}")


@pytest.mark.parametrize("path", ODD)
def test_a_shell_reads_a_path_as_one_word(path: str) -> None:
    assert shlex.split(shell_command("send", "-C", path)) == ["mass-apology", "send", "-C", path]


@pytest.mark.parametrize("path", ODD)
def test_where_a_copied_ledger_s_campaign_goes_on(path: str) -> None:
    facts = LedgerFacts(
        path="ledger.sqlite", campaign="acme", here="/b", made_in=path, original=True, log_letters=1, log=path
    )
    advice = " ".join(finding.advice for finding in ledger_findings(facts))
    assert shell_command("send", "-C", path) in advice
    assert shell_command("reconcile", "--from-log", path) in advice


def test_no_sentence_names_a_path_unquoted() -> None:
    for module in Path(mass_apology.__file__).parent.rglob("*.py"):
        assert _UNQUOTED.findall(module.read_text(encoding="utf-8")) == [], module
    assert _UNQUOTED.search('f"Go on there: mass-apology send -C {facts.made_in}"')
