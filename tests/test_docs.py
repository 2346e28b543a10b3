"""The documents are kept: every setting, every command and every status has its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from mass_apology import settings
from mass_apology.model import Status

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
