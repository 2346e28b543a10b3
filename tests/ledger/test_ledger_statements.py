"""SQL stands in files, and each statement is there because something runs it."""

from __future__ import annotations

from importlib.resources import files

import pytest

import mass_apology.ledger.sqlite as package
from mass_apology.ledger.sqlite.statements import statements

_FILES = [file.name for file in files(package).iterdir() if file.name.endswith(".sql") and file.name != "schema.sql"]
_PYTHON = "".join(file.read_text("utf-8") for file in files(package).iterdir() if file.name.endswith(".py"))


@pytest.mark.parametrize("file", _FILES)
def test_every_statement_is_used(file: str) -> None:
    named = statements(file)
    assert named
    unused = [name for name in named if f'"{name}"' not in _PYTHON]
    # planning.py asks for "count-…" by what is counted
    assert [name for name in unused if f'_count("{name.removeprefix("count-")}")' not in _PYTHON] == []
