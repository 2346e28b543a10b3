"""No workbook and no Parquet file breaks a command, however it was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_judge import gets_a_sentence, tried

from bench.hostile import Hostile, customers_files
from bench.hostile_workbooks import parquet_files, workbook_files

pytestmark = pytest.mark.slow

WORKBOOKS = tried([*workbook_files()])
TABLES = tried([*parquet_files()])


@pytest.mark.parametrize("file", WORKBOOKS, ids=lambda file: file.name)
def test_a_workbook_gets_a_sentence(file: Hostile, tmp_path: Path) -> None:
    gets_a_sentence(file, tmp_path, "check", *([] if WORKBOOKS.index(file) % 4 else ["init"]))


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.name)
def test_a_table_gets_a_sentence(file: Hostile, tmp_path: Path) -> None:
    gets_a_sentence(file, tmp_path, "check", *([] if TABLES.index(file) % 4 else ["preview"]))


def test_there_are_many_files_and_each_has_its_name() -> None:
    names = [each.name for each in customers_files()]
    assert len(set(names)) == len(names) >= 250
