"""Bad rows are written with their causes, mended where a person likes to, and read back in the place of the others."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from openpyxl import load_workbook
from smtp_fakes import Relay

from mass_apology.errors import InputError, OutputError
from mass_apology.flows import operator
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.workspace.workspace import Workspace


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    """Line 4 has a bad address, line 7 a field too many; both of customers with good ones."""
    made = campaign_folder(tmp_path / "trial", live.sink.url, customers(8))
    (path,) = made.glob("*.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace("@", " at ")
    lines[6] += ",surplus"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


def checked(folder: Path, rows: Path | None = None) -> Check:
    options = CheckOptions(offline=True, bad_rows=rows)
    return asyncio.run(check(Workspace.open(folder), options, None, force=False, on_progress=lambda *_: None))


def name_mended(folder: Path, name: str) -> None:
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    (folder / "campaign.toml").write_text(f'mended = "{name}"\n{text}', encoding="utf-8")


def mend_csv(path: Path, mend: Callable[[dict[str, str]], None]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        mend(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def right_address(row: dict[str, str]) -> None:
    row["email"] = row["email"].replace(" at ", "@")


def test_bad_rows_come_with_line_causes_advice_and_cells(folder: Path) -> None:
    checked(folder, folder / "rows.csv")
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["email"], row["beyond_the_columns"]) for row in rows] == [
        ("4", "customer2 at d2.example", ""),
        ("7", "customer5@d5.example", "surplus"),
    ]
    assert all(row["causes"] and row["what_to_do"] for row in rows)
    assert "to the right of the header" in rows[1]["causes"] or "fields" in rows[1]["causes"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_mended_rows_take_the_place_of_the_bad_ones(folder: Path, live: Relay, suffix: str) -> None:
    rows = folder / f"rows{suffix}"
    assert not checked(folder, rows).sendable
    if suffix == ".csv":
        mend_csv(rows, right_address)
    else:
        with closing(load_workbook(rows)) as book:
            sheet = book.active
            assert sheet is not None
            column = [cell.value for cell in sheet[1]].index("email") + 1
            sheet.cell(2, column).value = "customer2@d2.example"
            book.save(rows)
    name_mended(folder, rows.name)
    found = checked(folder)
    assert (found.sendable, found.letters, found.rows_read) == (True, 8, 8)
    assert send(folder).sent == 8
    assert {each.recipients[0] for each in live.received} == {f"customer{n}@d{n % 7}.example" for n in range(8)}


def test_mended_rows_are_part_of_what_is_confirmed(folder: Path) -> None:
    checked(folder, folder / "rows.csv")
    mend_csv(folder / "rows.csv", right_address)
    name_mended(folder, "rows.csv")
    before = checked(folder).code
    mend_csv(folder / "rows.csv", lambda row: row.update(email=row["email"].replace("customer", "client")))
    assert checked(folder).code != before


def test_a_row_that_is_still_bad_is_still_named(folder: Path) -> None:
    checked(folder, folder / "rows.csv")
    name_mended(folder, "rows.csv")
    found = checked(folder, folder / "again.csv")
    assert not found.sendable
    with (folder / "again.csv").open(encoding="utf-8", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]


def test_rows_of_another_version_are_refused(folder: Path) -> None:
    checked(folder, folder / "rows.csv")
    name_mended(folder, "rows.csv")
    with next(folder.glob("affected*.csv")).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"rows\.csv: the row for line 4 was written from another version of"):
        checked(folder)


@pytest.mark.parametrize(("line", "said"), [("four", "'four' is no line"), ("99", "no row that begins in line 99")])
def test_a_line_that_is_none_is_refused(folder: Path, line: str, said: str) -> None:
    checked(folder, folder / "rows.csv")
    mend_csv(folder / "rows.csv", lambda row: row.update(line=line) if row["line"] == "4" else None)
    name_mended(folder, "rows.csv")
    with pytest.raises(InputError, match=said):
        checked(folder)


def test_a_file_that_is_not_there_or_is_another_is_named(folder: Path) -> None:
    name_mended(folder, "rows.csv")
    with pytest.raises(InputError, match=r"There is no file .*rows\.csv"):
        checked(folder)
    (folder / "rows.csv").write_text("email,name\na@b.example,A\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no column 'line'"):
        checked(folder)


def test_a_table_of_no_format_is_refused_at_once(folder: Path) -> None:
    with pytest.raises(OutputError, match="does not end in"):
        checked(folder, folder / "rows.txt")


def test_all_rows_of_duplicates_are_written_and_name_each_other(folder: Path) -> None:
    (path,) = folder.glob("*.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    shared = "customer0@d0.example,Somebody Else,3"
    path.write_text("\n".join([*lines[:3], shared, *lines[7:]]) + "\n", encoding="utf-8")
    checked(folder, folder / "rows.csv")
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["name"]) for row in rows] == [("2", "Customer 0"), ("4", "Somebody Else")]
    assert [re.findall(r"\(See also (.*?)\)", row["causes"]) for row in rows] == [["line 4."] * 2, ["line 2."] * 2]
    assert all("share customer0@d0.example" in row["causes"] for row in rows)


def test_writing_many_bad_rows_tells_its_progress(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int | None]] = []
    monkeypatch.setattr(operator, "_OFTEN", 1)
    clock = count(0, 2)
    monkeypatch.setattr(operator.time, "monotonic", lambda: float(next(clock)))
    options = CheckOptions(offline=True, bad_rows=folder / "rows.csv")
    progress = lambda *each: seen.append(each)  # noqa: E731
    asyncio.run(check(Workspace.open(folder), options, None, force=False, on_progress=progress))
    assert seen[-2:] == [("writing bad rows", 1, 2), ("writing bad rows", 2, 2)]
