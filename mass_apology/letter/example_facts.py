"""The scenario's examples in the place of facts that a campaign does not give yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from mass_apology.letter.example_values import marked, stand_in
from mass_apology.letter.scenario import Fact, Gap


def with_examples(incident: Mapping[str, Any], facts: Mapping[str, Fact], gaps: Iterable[Gap]) -> dict[str, Any]:
    """``[incident]`` with examples where there are gaps."""
    filled = deepcopy(dict(incident))
    for gap in gaps:
        fact = facts[gap.fact]
        if fact.is_translated:
            told = fact.example_in(gap.language)
            filled[gap.language] = {**_table(filled, gap.language), gap.fact: marked(told)}
        else:
            filled[gap.fact] = stand_in(fact.type, fact.example)
            _table(filled, gap.language).pop(gap.fact, None)  # an unusable value, which would go first
    return filled


def _table(incident: Mapping[str, Any], language: str) -> dict[str, Any]:
    table = incident.get(language)
    return table if isinstance(table, dict) else {}
