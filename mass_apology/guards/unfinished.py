"""Signs that a template, or a fact that it tells, is not finished: a draft's marks, test words, examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mass_apology.guards.domains import reserved_domains

# Most words count in capitals only: a bank draft is a thing, and "todo" is Spanish for "all".
_MARKS = re.compile(
    r"\b(?:DRAFT|ENTWURF|BROUILLON|BORRADOR|BOZZA|CZERNOWIK|BRUDNOPIS|WERSJA ROBOCZA|ЧЕРНОВИК"
    r"|TODO|FIXME|XXX+|TBD|TBC)\b"
    r"|[\[(](?i:draft|entwurf|wersja robocza|brudnopis|черновик)[\])]"
    r"|(?i:\blorem ipsum\b|\btest,? test\b|\bтест,? тест\b|\basdf\w*)"
)
_HEADER = re.compile(
    r"(?:draft: *(?:yes|true|on|1)|status: *draft|subject: *(?:draft|entwurf|черновик) *[:–—-].*)", re.I
)

_SENTENCE_END = (".", "!", "?", "…")


def draft_marks(text: str) -> list[tuple[int, str]]:
    """Every line of a template that shows it to be unfinished: the line's number and the words."""
    return [
        (number, mark[0].strip())
        for number, line in enumerate(text.split("\n"), start=1)
        if (mark := _HEADER.fullmatch(line.strip()) or _MARKS.search(line))
    ]


def draft_facts(incident: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every fact that is not finished: its path and the words."""
    texts = ((path, value) for path, value in facts(incident) if isinstance(value, str))
    return [(path, mark[0]) for path, text in texts if (mark := _MARKS.search(text))]


def example_facts(incident: Mapping[str, Any], examples: Mapping[str, Any]) -> list[str]:
    """The paths of facts that are examples: whole sentences of the scenario, several of its values, or its domains.

    A single short value may well be the same in earnest, such as a position.
    """
    same = {path: value for path, value in facts(incident) if value in _values(examples.get(path.rpartition(".")[2]))}
    sentences = [path for path, value in same.items() if isinstance(value, str) and value.endswith(_SENTENCE_END)]
    fictional = [path for path, value in facts(incident) if isinstance(value, str) and reserved_domains(value)]
    several = len({path.rpartition(".")[2] for path in same}) > 1
    return sorted({*(same if several else sentences), *fictional})


def facts(incident: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every fact with its path below ``[incident]``: "service", "pl.harm"."""
    for name, value in incident.items():
        if isinstance(value, Mapping):
            yield from facts(value, f"{path}{name}.")
        else:
            yield path + name, value


def _values(example: Any) -> list[Any]:
    """An example's values: a sentence has one for each language. Moments are told apart from texts by their type."""
    if isinstance(example, Mapping):
        return list(example.values())
    return [] if example is None or isinstance(example, (bool, int, float)) else [example]


def moments(incident: Mapping[str, Any]) -> dict[str, datetime]:
    """The facts that are moments, by their path; those without an offset are refused elsewhere."""
    return {path: value for path, value in facts(incident) if isinstance(value, datetime) and value.tzinfo is not None}
