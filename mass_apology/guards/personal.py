"""Which of a file's columns a letter shows."""

from __future__ import annotations

import re
from collections.abc import Sequence

_JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])(?:salutation|name)(?!\w)")


def columns_used(templates: Sequence[str], columns: Sequence[str], name_column: str) -> list[str]:
    """The columns that the templates mention in their Jinja: ``customer.plan``, ``row["order id"]``, the name.

    ``incident`` and ``sender`` hold no columns, even where a fact has a column's name.
    """
    code = " ".join(part for text in templates for part in _JINJA.findall(text))
    return [column for column in columns if _mentions(code, column) or (column == name_column and _NAME.search(code))]


def _mentions(code: str, column: str) -> bool:
    pattern = rf"""(?:(?<!\bincident)(?<!\bsender)\.|["']){re.escape(column)}(?!\w)"""
    return re.search(pattern, code) is not None
