"""Workbooks of Excel 97 to 2003. ``workbooks/*.xls`` were written by xlwt; nothing that we have writes them.

Both hold a hidden sheet "Old" and then "Affected", the larger one with 400 more rows, so that it has no small stream.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from recipient_files import Load

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.settings import ColumnType

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "workbooks"


@pytest.mark.parametrize("name", ["seen.xls", "seen-many.xls"])
def test_an_old_workbook_is_read_as_it_is_seen(load_file: Load, name: str) -> None:
    loaded = load_file(FOLDER / name)
    assert loaded.recipients[0].row == {
        "email": "a@x.example",
        "name": "Łucja",
        "account": "00123",
        "share": "10%",
        "credit": "4.50 €",
        "day": "2026-11-20",
        "flag": "TRUE",
        "minutes": "192",
    }
    assert [(f.line, f.code, f.problem) for f in loaded.findings if f.severity is Severity.ERROR] == [
        (3, "formula-unsaved", "Cell H3 holds a formula whose result was not saved."),
        (4, "row-hidden", "The row is hidden or filtered out in the workbook."),
        (5, "cell-error", "Cell B5 shows #N/A."),
        (7, "cell-merged", "Cell B7 is part of the merged cells B6:B7, whose value stands once."),
    ]
    assert "'Affected', is used" in loaded.layout.findings[0].problem
    assert [r.row.get("account") for r in loaded.recipients[2:4]] == ["00123", "00000" if "many" in name else None][
        : len(loaded.recipients) - 2
    ]


def test_a_declared_type_reads_what_is_stored(load_file: Load) -> None:
    loaded = load_file(FOLDER / "seen.xls", types={"credit": ColumnType.DECIMAL})
    assert loaded.column("credit") == ["4.5", "", "1234567.891"]


@pytest.mark.parametrize("octet", [b"\x09\x08\x10\x00\x00\x05", b"\x09\x08\x10\x00\x00\x07"])
def test_what_is_not_understood_is_read_with_a_warning_or_refused(
    tmp_path: Path, load_file: Load, octet: bytes
) -> None:
    path = tmp_path / "affected.xls"
    path.write_bytes((FOLDER / "seen.xls").read_bytes().replace(b"\x09\x08\x10\x00\x00\x06", octet))
    try:
        loaded = load_file(path)
    except InputError as error:
        assert "affected.xls is not a workbook" in error.problem  # noqa: PT017 (either is right)
    else:
        assert ("values-only", Severity.WARNING) in [(f.code, f.severity) for f in loaded.layout.findings]
