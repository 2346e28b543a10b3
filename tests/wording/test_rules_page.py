"""docs/wording-rules.md is what the rules say: `python tests/wording/write_rules_page.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

from write_rules_page import page


def test_the_page_is_made_from_the_rules() -> None:
    written = Path(__file__).parents[2] / "docs/wording-rules.md"
    assert written.read_text(encoding="utf-8") == page(), "run: python tests/wording/write_rules_page.py"
