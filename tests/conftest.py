"""What holds for all tests, and which of their modules a run imports.

A module is quick, slow or for a real mail server as a whole. What is not quick says so in a line of its own,
``pytestmark = pytest.mark.slow`` or ``pytestmark = pytest.mark.mta``, and a run whose ``-m`` does not want it never
imports it: each of xdist's workers imports all there is, and that took longer than the quick tests themselves.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression
from hypothesis import settings

from mass_apology.system.state_folder import STATE_VARIABLE

# A test never asserts a time, and hypothesis would: 200 ms an example, which a busy machine may need.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_MARK_OF_MODULE = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a module that ``-m`` does not want; pytest decides on all else, and takes a file that it is given."""
    wanted: str = config.option.markexpr
    if not wanted or collection_path.suffix != ".py":
        return None
    marks = _MARK_OF_MODULE.findall(collection_path.read_text(encoding="utf-8"))
    return None if Expression.compile(wanted).evaluate(lambda name, **_: name in marks) else True


@pytest.fixture
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of this test alone."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv(STATE_VARIABLE, str(folder))
    return folder


@pytest.fixture
def no_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `scale` is not installed: what imports psycopg is imported anew, and cannot be."""
    importlib.import_module("mass_apology.ledger.postgres")
    room = importlib.import_module("mass_apology.ledger")
    monkeypatch.setattr(room, "postgres", room.postgres)  # importing it anew replaces what other tests go by
    for module in [name for name in sys.modules if name.startswith("mass_apology.ledger.postgres")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "psycopg", None)
