"""Finds signs of an unfinished template or fact: draft marks, test words, examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mass_apology.guards.domains import reserved_domains

# Most words count only in capitals: "bank draft" is ordinary English, and "todo" is Spanish for "all".
_MARKS = re.compile(
    r"\b(?:DRAFT|ENTWURF|BROUILLON|BORRADOR|BOZZA|CZERNOWIK|BRUDNOPIS|SZKIC|WERSJA ROBOCZA|ЧЕРНОВИК|MUSTAND"
    r"|MELNRAKSTS|ΠΡΟΣΧΕΔΙΟ|TODO|FIXME|XXX+|TBD|TBC)\b"
    r"|[\[(](?i:draft|entwurf|wersja robocza|brudnopis|черновик)[\])]"
    r"|(?i:\blorem ipsum\b|\btest,? test\b|\bтест,? тест\b|\basdf\w*|\b(blah?|бла|μπλα)[ -]\1\b)"
)
_TO_A_COLLEAGUE = re.compile(r"@\w+")  # "@Anna please check this"
_HEADER = re.compile(
    r"(?:draft: *(?:yes|true|on|1)|status: *draft|subject: *(?:draft|entwurf|черновик) *[:–—-].*)", re.I
)

_SENTENCE_END = (".", "!", "?", "…")


def draft_marks(text: str) -> list[tuple[int, str]]:
    """The number and the mark of every line of a template that has a draft mark."""
    return [
        (number, mark[0].strip())
        for number, line in enumerate(text.split("\n"), start=1)
        if (mark := _HEADER.fullmatch(line.strip()) or _MARKS.search(line))
    ]


def draft_facts(incident: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The path and the mark of every fact that has a draft mark."""
    texts = ((path, value) for path, value in facts(incident) if isinstance(value, str))
    return [(path, mark[0]) for path, text in texts if (mark := _MARKS.search(text) or _TO_A_COLLEAGUE.match(text))]


def example_facts(incident: Mapping[str, Any], examples: Mapping[str, Any]) -> list[str]:
    """The paths of facts that repeat the scenario's examples: whole sentences, several values, or its domains.

    One short value that is equal, such as a position, is not a finding.
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
    """The values of an example: a sentence has one for each language, any other example one."""
    if isinstance(example, Mapping):
        return list(example.values())
    return [] if example is None or isinstance(example, (bool, int, float)) else [example]


def moments(incident: Mapping[str, Any]) -> dict[str, datetime]:
    """Path → moment, of the facts that are moments with an offset; ``campaign`` refuses others."""
    return {path: value for path, value in facts(incident) if isinstance(value, datetime) and value.tzinfo is not None}
