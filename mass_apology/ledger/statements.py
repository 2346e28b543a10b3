"""SQL statements by name, from the ``.sql`` files beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_HEADING = re.compile(r"^-- name: ([a-z-]+)\n", re.MULTILINE)


def read_sql(file: str) -> str:
    """The text of an ``.sql`` file of this package."""
    return (files(__package__) / file).read_text("utf-8")


def statements(file: str) -> Mapping[str, str]:
    """The statements of a file, each under a heading such as ``-- name: add-note``; text before them is skipped."""
    _, *parts = _HEADING.split(read_sql(file))
    return dict(zip(parts[::2], parts[1::2], strict=True))
