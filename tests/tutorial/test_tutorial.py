"""Somebody who types the tutorial's commands gets what it says that they get."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tutorial.carried_out import PAGE, ROOT, Block, blocks, carry_out, differs

pytestmark = pytest.mark.slow


@pytest.mark.timeout(1000)
def test_its_commands_print_what_it_says(tmp_path: Path) -> None:
    printed = carry_out(tmp_path)
    assert len(printed) == len(blocks()) >= 10
    assert [(line, said) for block, said in zip(blocks(), printed, strict=True) if (line := differs(block, said))] == []
    for page in ("preview.html", "report.html", "unreached.csv"):
        assert (tmp_path / "acme-outage" / page).stat().st_size


@pytest.mark.parametrize(
    ("quoted", "printed", "difference"),
    [
        ("4 letters", "4 letters", ""),
        ("4 letters", "5 letters", "4 letters"),
        ("at 127.0.0.1:25", "at 127.0.0.1:33427", ""),
        ("…\nb", "a\nb", ""),
        ("b", "a\nb", "b"),
        ("a", "a\nb", "(nothing) where it prints b"),
        ("a\n…", "a\nb", ""),
        ("b\n…\na", "a\nb", "b"),
    ],
)
def test_a_quoted_line_that_is_not_printed_is_found(quoted: str, printed: str, difference: str) -> None:
    assert differs(Block("", quoted.splitlines()), printed) == difference


def test_its_pictures_are_those_that_the_command_makes() -> None:
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", PAGE.read_text(encoding="utf-8")))
    assert shown == {f"pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()}
    assert shown == {"pictures/preview.png", "pictures/report.png"}
