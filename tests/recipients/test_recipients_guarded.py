"""Whatever a file does to what reads it, the command goes on with a sentence about the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from processes_seen import children_of
from recipient_files import Load, campaign_of

from mass_apology import recipients
from mass_apology.errors import InputError

pytestmark = pytest.mark.slow

Reader = Callable[[str], Path]


@pytest.fixture
def read_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """An old workbook whose reader does what the text says when it is imported."""

    def made(body: str) -> Path:
        lib = tmp_path / "lib"
        lib.mkdir()
        (lib / "python_calamine.py").write_text(f"import os, signal, sys\n{body}\n")
        monkeypatch.syspath_prepend(lib)  # the reading process finds modules where this one does
        path = tmp_path / "affected.xls"
        path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
        return path

    return made


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("os.abort()", r"affected.xls is damaged, or made to do damage: its reader ended by SIGABRT\."),
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"ended by SIGSEGV\."),
        ("os.kill(os.getpid(), signal.SIGKILL)", r"needs more memory to be read than there is\."),
        ("os._exit(3)", r"ended by exit status 3\."),
        ("while True: pass", r"takes far longer to read than a file of its size should, and was given up\."),
        ("bytearray(1 << 40)", r"needs more memory to be read than such a file should\."),
        ("x = []\nwhile True: x.append(bytearray(1 << 26))", r"needs more memory to be read|takes far longer to read"),
        ("class PanicException(BaseException): ...\nraise PanicException('far cell')", r"PanicException far cell\."),
        ("sys.setrecursionlimit(10**6)\ndef f(): f()\nf()", r"affected.xls (is damaged|needs more memory|takes far)"),
        ("raise KeyError('xl')", r"is damaged: its reader ended with KeyError 'xl'\."),
    ],
)
def test_what_ends_the_reader_is_a_sentence(
    read_by: Reader, load_file: Load, capfd: pytest.CaptureFixture[str], body: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as error:
        load_file(read_by(body))
    assert error.value.next_step.endswith(".")
    assert capfd.readouterr() == ("", "")


def test_what_a_reader_prints_is_not_taken_for_rows(read_by: Reader, load_file: Load) -> None:
    path = read_by("print('\\0\\0\\0\\1x' * 1000, flush=True)\nos.write(1, b'noise')\nraise ValueError('not mine')")
    with pytest.raises(InputError, match="ended with ValueError not mine"):
        load_file(path)


def test_leaving_off_early_leaves_no_process(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(5000):
        book.worksheets[0].append(["email" if not number else f"u{number}@x.example"] + ["x" * 50] * 9)
    for column in range(2, 11):
        book.worksheets[0].cell(1, column).value = f"c{column}"
    path = tmp_path / "affected.xlsx"
    book.save(path)
    before = set(children_of(os.getpid()))  # other tests' servers
    with recipients.RecipientsFile(path) as file:
        layout = recipients.inspect(file, campaign_of())
        rows = recipients.read(file, layout, campaign_of(), chunk_rows=10)
        assert len(next(rows).recipients) == 10
        (reader,) = set(children_of(os.getpid())) - before
        rows.close()  # type: ignore[attr-defined]
    assert reader not in children_of(os.getpid())


def test_a_file_that_changes_between_two_looks_is_told(tmp_path: Path) -> None:
    def saved(*rows: list[str]) -> Path:
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(tmp_path / "affected.xlsx")
        return tmp_path / "affected.xlsx"

    path = saved(["email", "name"], ["a@x.example", "Anna"])
    with recipients.RecipientsFile(path) as file:
        layout = recipients.inspect(file, campaign_of())
        saved(["A title"], ["email", "other", "name"], ["a@x.example", "x", "Anna"])
        with pytest.raises(InputError, match="was changed after it was inspected"):
            list(recipients.read(file, layout, campaign_of()))
