"""``docs``: pages that come with the package, laid out on a terminal and plain in a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from shell import command
from typer.testing import CliRunner

from mass_apology.cli import screen
from mass_apology.cli.app import app
from mass_apology.errors import DocsError
from mass_apology.flows import docs

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"


def test_every_page_is_listed_with_its_first_line() -> None:
    listed = CliRunner().invoke(app, ["docs"]).output.splitlines()
    assert [line.split()[0] for line in listed[:-1]] == sorted(path.stem for path in DOCS.glob("*.md"))
    assert ["reconcile", "The relay's log"] in [line.split(maxsplit=1) for line in listed]


@pytest.mark.parametrize("name", ["guards", "guards.md", "Guards"])
def test_a_page_goes_into_a_pipe_as_it_is(name: str) -> None:
    assert CliRunner().invoke(app, ["docs", name]).output == (DOCS / "guards.md").read_text(encoding="utf-8")


def test_a_page_is_laid_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(screen, "console", lambda: Console(force_terminal=True, width=200, color_system="standard"))
    screen.show_markdown("# Guards\n\n| code | accident |\n|---|---|\n| `too-late` | a letter of yesterday |\n")
    shown = capsys.readouterr().out
    assert "\x1b[" in shown
    assert "|---|" not in shown
    assert "too-late" in shown
    assert max(map(len, shown.splitlines())) < 200


def test_an_unknown_page_is_one_sentence_that_names_near_ones() -> None:
    done = command("docs", "guard")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "There is no page 'guard'; near it: guards.",
        "  → For the names of all pages: mass-apology docs",
    ]


def test_a_word_that_is_no_page_leads_to_those_that_have_it() -> None:
    with pytest.raises(DocsError, match="'out-of-office'; near it: bounces"):
        docs.read("out-of-office")


def test_nothing_is_near_a_word_that_no_page_has() -> None:
    with pytest.raises(DocsError, match=r"^There is no page 'qqqq'\.$"):
        docs.read("qqqq")


def test_no_page_leads_out_of_the_folder() -> None:
    with pytest.raises(DocsError):
        docs.read("../README")
