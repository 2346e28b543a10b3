"""SQL statements by name, from ``.sql`` files that lie beside the modules which run them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: ([a-z-]+)\n", re.MULTILINE)


def read_sql(package: str, file: str) -> str:
    """The text of an ``.sql`` file of a package."""
    return (files(package) / file).read_text("utf-8")


@cache
def statements(package: str, file: str) -> Mapping[str, str]:
    """The statements of a file, each under a heading such as ``-- name: add-note``; text before them is skipped."""
    _, *parts = _HEADING.split(read_sql(package, file))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def layered_statements(layers: Sequence[tuple[str, str]], file: str) -> Mapping[str, str]:
    """The statements of several files: pairs of a package and what the file's name begins with there.

    Some of the layers need not have one; a later one's statements stand in place of an earlier one's. Raises
    ``FileNotFoundError`` where none has any.
    """
    having = [(package, prefix + file) for package, prefix in layers if (files(package) / (prefix + file)).is_file()]
    if not having:
        raise FileNotFoundError(f"{file} is in none of {', '.join(package for package, _ in layers)}")
    return {name: text for package, own in having for name, text in statements(package, own).items()}
