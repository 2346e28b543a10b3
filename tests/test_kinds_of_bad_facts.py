"""The bad facts that the critic is measured by are well described."""

from __future__ import annotations

import pytest

from bench.bad_facts import KINDS, bad_facts, languages


@pytest.mark.parametrize("language", languages())
def test_each_language_has_kinds_enough(language: str) -> None:
    assert len(bad_facts(language)) >= KINDS
