"""The documents are kept: every setting, every command and every status has its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from mass_apology import settings
from mass_apology.letter.markup import (
    compiled_letter,
    expression_size,
    html_layout,
    rendering_work,
    source,
)
from mass_apology.letter.message import attach
from mass_apology.model import Status
from mass_apology.system import bounded_toml

ROOT = Path(__file__).parent.parent
TABLES = [value for value in vars(settings).values() if isinstance(value, type) and value.__name__.endswith("Settings")]


@pytest.mark.parametrize("table", [settings.Campaign, *TABLES], ids=lambda table: table.__name__)
def test_every_setting_is_documented(table: type[msgspec.Struct]) -> None:
    page = (ROOT / "docs/campaign.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`\[?([a-z_]+)\]?`", page))
    assert {field.encode_name for field in msgspec.structs.fields(table)} <= documented


def test_every_status_is_in_the_glossary() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    assert all(status in page for status in Status)


def _power(number: int) -> str:
    """``10**30`` → "10³⁰"."""
    digits = str(number)
    assert digits.strip("0") == "1"
    return "10" + str(len(digits) - 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


LIMITS = {
    "campaign.toml": f"{bounded_toml.MAX_OCTETS // 1024} KB",
    "tables and lists in it, inside one another": f"{bounded_toml.MAX_DEPTH}",
    "its keys and items of lists, together": f"{bounded_toml.MAX_ENTRIES:,}",
    "one text": f"{bounded_toml.MAX_TEXT:,} characters",
    "one key": f"{bounded_toml.MAX_KEY} characters",
    "attachments and images of a message together": f"{attach.LIMIT // 1_000_000} MB",
    "one image, and the logo": f"{attach.IMAGE_LIMIT // 1_000_000} MB",
    "a letter's file": f"{source.MAX_LETTER // 1024} KB",
    "a layout's file, a `scenario.toml`": f"{source.MAX_SIZE // 1024} KB",
    "one paragraph": f"{source.MAX_PARAGRAPH:,} characters",
    "a letter's tables": f"{source.MAX_CELLS:,} cells",
    "a layout": f"{html_layout.MAX_ELEMENTS:,} elements",
    "a file's expressions and statements": f"{expression_size.MAX_PIECES:,}",
    "one of them": f"{expression_size.MAX_WORDS} words and signs",
    "its steps; its brackets inside one another": f"{expression_size.MAX_DEPTH}; {expression_size.MAX_BRACKETS}",
    "conditions and loops inside one another": f"{expression_size.MAX_BLOCKS}",
    "`elif` in one `if`": f"{expression_size.MAX_BRANCHES}",
    "a number that is written out": f"{expression_size.MAX_DIGITS} characters",
    "a text or list that a letter puts together": f"{rendering_work.MAX_TEXT:,}",
    "a value, with all that is in it": f"{rendering_work.MAX_VALUE:,}",
    "a product; any whole number": f"{_power(rendering_work.MAX_NUMBER)}; {rendering_work.MAX_BITS:,} bits",
    "the work for one letter": f"{rendering_work.MAX_UNITS:,} characters, items and rounds; "
    f"{rendering_work.MAX_SECONDS} s",
    "a letter: subject, text and HTML": f"{compiled_letter.MAX_PIECES:,} pieces; "
    f"{compiled_letter.MAX_CHARACTERS:,} characters",
}


def test_the_limits_are_those_of_the_code() -> None:
    section = (ROOT / "docs/campaign.md").read_text(encoding="utf-8").split("\n## Limits\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert {of: most for of, most, _ in rows[1:]} == LIMITS


def test_every_limit_is_in_the_table() -> None:
    """Whoever adds a limit tells it: each module's constants are counted."""
    modules = (bounded_toml, expression_size, html_layout, rendering_work, compiled_letter, source)
    names = [name for module in modules for name in vars(module) if name.startswith("MAX_")]
    assert len(names) + len(["LIMIT", "IMAGE_LIMIT"]) == sum(len(most.split("; ")) for most in LIMITS.values()), sorted(
        names
    )
