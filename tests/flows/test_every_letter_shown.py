"""The whole library as ``templates`` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.flows.templates.templates import show, situations
from mass_apology.languages import SHIPPED

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", [each.code for each in SHIPPED])
def test_every_letter_can_be_shown(tmp_path: Path, language: str) -> None:
    for each in situations(tmp_path, "en"):
        letter = show(tmp_path, each.name, language)
        assert letter.subject, each.name
        assert "Anna Kowalska" in letter.text, each.name
