"""Which modules a run of the tests imports: tests/conftest.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMES = {"neither": "", "slow": "pytestmark = pytest.mark.slow\n", "mta": "pytestmark = pytest.mark.mta\n"}

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("wanted", "imported"),
    [
        ("not slow and not mta", {"neither"}),
        ("slow and not mta", {"slow"}),
        ("not mta", {"neither", "slow"}),
        ("mta", {"mta"}),
        ("", {"neither", "slow", "mta"}),
    ],
)
def test_only_what_is_wanted_is_imported(pytester: pytest.Pytester, wanted: str, imported: set[str]) -> None:
    pytester.makeconftest((TESTS / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = slow\n    mta\n")
    pytester.makepyfile(
        **{
            f"test_{name}": f"import pathlib, pytest\npathlib.Path({name!r}).touch()\n{mark}def test_it():\n    pass\n"
            for name, mark in NAMES.items()
        }
    )
    pytester.runpytest_inprocess("-m", wanted).assert_outcomes(passed=len(imported))
    assert {name for name in NAMES if (pytester.path / name).exists()} == imported


def test_a_mark_is_of_the_whole_module_and_stands_in_its_own_line() -> None:
    """Anywhere else, the module would be imported for nothing or left out altogether."""
    mark = re.compile(r"\bmark\.(slow|mta)\b")
    line = re.compile(r"^pytestmark = pytest\.mark\.(slow|mta)$", re.MULTILINE)
    modules = {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__)}
    assert {str(path) for path, text in modules.items() if len(mark.findall(text)) != len(line.findall(text))} == set()
    assert {str(path) for path, text in modules.items() if len(line.findall(text)) > 1} == set()
