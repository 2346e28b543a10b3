"""Files are rooms of a readable size, and each file name says its subject by itself."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import mass_apology

PACKAGE = Path(mass_apology.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FACES = {"__init__.py", "__main__.py"}
SMALLEST, LARGEST = 25, 400
ONE_FILE = {"evidence/verify_pack.py"}  # it is taken out of a pack and runs by itself
TO_GROW = {"workspace/ledger_store.py"}  # it chooses the kind of ledger, and there is one so far


def lines(module: Path) -> int:
    return module.read_text(encoding="utf-8").count("\n")


def is_data(module: Path) -> bool:
    """Whether it does nothing by itself: constants, types, options."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return not any(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in ast.walk(tree))


def test_no_file_name_occurs_twice() -> None:
    names = Counter(file.name for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    assert {name for name, times in names.items() if times > 1} <= FACES


def test_no_module_is_larger_than_a_room() -> None:
    assert {str(module.relative_to(PACKAGE)) for module in MODULES if lines(module) > LARGEST} == ONE_FILE


def test_no_module_is_too_small_to_be_a_room() -> None:
    small = {module for module in MODULES if lines(module) < SMALLEST and module.name not in FACES}
    assert {str(module.relative_to(PACKAGE)) for module in small if not is_data(module)} <= TO_GROW


def test_every_room_says_what_is_in_it() -> None:
    faces = [module for module in MODULES if module.name == "__init__.py"]
    assert [face.parent.name for face in faces if not ast.get_docstring(ast.parse(face.read_text("utf-8")))] == []
