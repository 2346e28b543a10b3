"""SQL stands in files, and each statement is there because something runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

import mass_apology.ledger
from mass_apology.system.statement_files import layered_statements, statements

_ROOM = Path(mass_apology.ledger.__file__).parent
_FILES = sorted(str(file.relative_to(_ROOM)) for file in _ROOM.glob("*/*.sql") if "schema" not in file.name)
_PYTHON = "".join(file.read_text("utf-8") for file in _ROOM.rglob("*.py"))


@pytest.mark.parametrize("file", _FILES)
def test_every_statement_is_used(file: str) -> None:
    folder, _, name = file.partition("/")
    named = statements(f"mass_apology.ledger.{folder}", name)
    assert named
    unused = [name for name in named if f'"{name}"' not in _PYTHON]
    # staged_plan.py asks for "count-…" by what is counted
    assert [name for name in unused if f'_count("{name.removeprefix("count-")}")' not in _PYTHON] == []


def test_a_databases_own_statements_stand_in_place_of_the_common_ones() -> None:
    layers = (("mass_apology.ledger.in_sql", ""), ("mass_apology.ledger.sqlite", "sqlite_"))
    merged = layered_statements(layers, "records.sql")
    assert {"results", "usage-since"} <= merged.keys()
    with pytest.raises(FileNotFoundError, match=r"nowhere\.sql is in none of"):
        layered_statements(layers, "nowhere.sql")
