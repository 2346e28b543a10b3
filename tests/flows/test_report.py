"""What is reported is what became of everyone, in every format."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from openpyxl import load_workbook
from smtp_fakes import FaultyConversation, Relay

from mass_apology import recipients
from mass_apology.errors import OutputError
from mass_apology.flows import operator
from mass_apology.flows.report.report import Report, report
from mass_apology.flows.report.result_columns import RESULT_COLUMNS, UNREACHED_COLUMNS, Table, names
from mass_apology.flows.tables import new_table, table_style
from mass_apology.ledger import Result
from mass_apology.model import Status
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.log_chain import head_of
from mass_apology.settings import Campaign, ColumnType, ReportSettings, SenderSettings
from mass_apology.workspace.workspace import Workspace


def refuse_some(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    """Customers 3 and 5 are unknown."""
    unknown = verb == "RCPT" and (b"customer3@" in argument or b"customer5@" in argument)
    return b"550 5.1.1 <x@d.example>: no such user here" if unknown else None


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay(fault=refuse_some) as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    """A campaign of 30 customers, two of them refused, with a row that was set aside."""
    rows = [dict(row, phone=f"+48 22 {number:03}", note="=1+1") for number, row in enumerate(customers(30))]
    rows.append(dict(rows[0], email="nobody at all", phone="+48 99"))
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows)
    ended = send(folder, skip_bad_rows=True)
    assert (ended.sent, ended.unreached) == (28, 2)
    return folder


def told(folder: Path, to: Path | None = None, unreached: Path | None = None, *, force: bool = False) -> Report:
    return report(Workspace.open(folder), to, unreached, force=force)


def test_the_sum_is_the_ledgers(sent: Path) -> None:
    found = told(sent)
    assert found.counts == {Status.ACCEPTED: 28, Status.REFUSED: 2, Status.WITHHELD: 1}
    assert (found.people, found.letters, found.set_aside, found.rows_set_aside, found.due) == (31, 30, 1, 1, 0)
    assert found.replies[0].count == 2
    assert found.code.count("-") == 2
    assert found.log_head == head_of(sent / "log.jsonl")
    told(sent, sent.parent / "page.html")
    assert found.log_head in (sent.parent / "page.html").read_text(encoding="utf-8")


def test_every_table_has_a_row_per_recipient(sent: Path, tmp_path: Path) -> None:
    for name in ("all.csv", "all.json", "all.jsonl", "all.xlsx"):
        told(sent, tmp_path / name)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == objects
    with closing(load_workbook(tmp_path / "all.xlsx", read_only=True)) as book:
        cells = list(book["recipients"].iter_rows(values_only=True))
    assert len(rows) == len(objects) == len(cells) - 1 == 31
    assert tuple(rows[0]) == tuple(objects[0]) == cells[0] == names(RESULT_COLUMNS)
    assert [row["status"] for row in rows] == [each["status"] for each in objects] == [row[4] for row in cells[1:]]


def test_the_docs_name_the_columns_of_results() -> None:
    docs = Path(__file__).parents[2] / "docs" / "ledger.md"
    listed = re.search(r"A row per customer: `([^`]+)`", docs.read_text(encoding="utf-8"))
    assert listed is not None
    assert tuple("".join(listed[1].split()).split(",")) == names(RESULT_COLUMNS)


def test_the_unreached_come_with_the_fields_of_their_rows(sent: Path, tmp_path: Path) -> None:
    told(sent, unreached=tmp_path / "letters.csv")
    with (tmp_path / "letters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["status"], row["address"], row["phone"]) for row in rows] == [
        ("REFUSED", "customer3@d3.example", "'+48 22 003"),
        ("REFUSED", "customer5@d5.example", "'+48 22 005"),
        ("WITHHELD", "nobody at all", "'+48 99"),
    ]
    assert "no such user here" in rows[0]["why"]
    assert rows[0]["note"] == "'=1+1"
    assert rows[2]["rows"] == "32"


@pytest.mark.parametrize(
    ("suffix", "style"),
    [
        (".csv", ReportSettings()),
        (".csv", ReportSettings(delimiter=";", bom=True)),
        (".csv", ReportSettings(delimiter="\t")),
        (".xlsx", ReportSettings()),
    ],
)
def test_the_unreached_read_again_as_recipients_have_the_same_values(
    tmp_path: Path, suffix: str, style: ReportSettings
) -> None:
    rows = [
        {"email": "a@one.example", "name": '"Łuk" Żak; A', "phone": "+48 22 555 01 23", "note": "=1+1", "n": "00123"},
        {"email": "b@one.example", "name": "-Ann", "phone": "'t", "note": "a;=b\n@c", "n": "-5"},
        {"email": "c@one.example", "name": "'t Hooft", "phone": "''", "note": "one\n- two\t+3", "n": "'s-x"},
    ]
    header = ["email", "name", "phone", "note", "n"]
    results = [
        Result(
            delivery=None,
            address=row["email"],
            name=row["name"],
            language="en",
            time_zone="",
            wave="first",
            status=Status.REFUSED,
            message_id="",
            attempts=1,
            lines="[2]",
            rows=json.dumps([row]),
            planned_at=0.0,
            reply="=550 no",
        )
        for row in rows
    ]
    campaign = Campaign(
        name="again",
        template="t",
        recipients="again.csv",
        sender=SenderSettings(from_="Anna <anna@acme.example>"),
        relay=RelaySettings(url="-"),
        report=style,
    )
    again = tmp_path / f"again{suffix}"
    table = Table(ours=UNREACHED_COLUMNS, rows=lambda result: result.rows, customers=header)
    with new_table(again, table.header, table_style(campaign), force=False) as write:
        for result in results:
            write(table.cells(result))
    with recipients.RecipientsFile(again) as file:
        layout = recipients.inspect(file, campaign)
        read = [each for batch in recipients.read(file, layout, campaign) for each in batch.recipients]
    assert [(each.address, each.name, each.row["why"]) for each in read] == [
        (row["email"], row["name"], "=550 no") for row in rows
    ]
    assert [{name: each.row.get(f"row_{name}", each.row[name]) for name in header} for each in read] == rows


def add_settings(folder: Path, toml: str) -> None:
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{toml}\n")


def test_tables_are_written_as_the_campaign_says(sent: Path, tmp_path: Path) -> None:
    add_settings(sent, '[report]\ncolumns = ["phone"]\ndelimiter = ";"\nbom = true')
    told(sent, tmp_path / "all.csv", tmp_path / "letters.csv")
    for name, last in (("all.csv", "'+48 22 000"), ("letters.csv", "'+48 22 003")):
        text = (tmp_path / name).read_bytes().decode("utf-8")
        assert text.startswith("\ufeff")
        header, first, *_ = csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=";")
        assert header.count("phone") == 1
        assert "note" not in header
        assert (header[-1], first[-1]) == ("phone", last)


def test_a_chosen_column_that_is_not_there_is_named(sent: Path, tmp_path: Path) -> None:
    add_settings(sent, '[report]\ncolumns = ["phone", "telephone"]')
    with pytest.raises(OutputError, match=r"\[report\] columns names 'telephone'"):
        told(sent, tmp_path / "all.csv")
    assert not list(tmp_path.glob("*all*"))


def test_times_are_the_campaigns_and_utc(sent: Path, tmp_path: Path) -> None:
    text = (sent / "campaign.toml").read_text(encoding="utf-8")
    (sent / "campaign.toml").write_text(f'time_zone = "Asia/Kathmandu"\n{text}', encoding="utf-8")
    told(sent, tmp_path / "all.csv", tmp_path / "letters.xlsx")
    told(sent, tmp_path / "all.xlsx")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        accepted = [row for row in csv.DictReader(file) if row["accepted_at"]]
    utc = datetime.fromisoformat(accepted[0]["accepted_at"])
    local = datetime.fromisoformat(accepted[0]["accepted_local"])
    assert utc.utcoffset() == timedelta(0)
    assert local == utc.replace(tzinfo=None) + timedelta(hours=5, minutes=45)
    with closing(load_workbook(tmp_path / "all.xlsx")) as book:
        sheet = book.active
        assert sheet is not None
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:{sheet.dimensions.split(':')[1]}")
        (column,) = [cell.column for cell in next(sheet.iter_rows(max_row=1)) if cell.value == "accepted_local"]
        assert sheet.cell(2, column).value == local
    with closing(load_workbook(tmp_path / "letters.xlsx")) as book:
        sheet = book.active
        assert sheet is not None
        assert (sheet.freeze_panes, sheet.auto_filter.ref is None) == ("A2", False)
        rows = [dict(zip(("status", "why"), row, strict=False)) for row in sheet.iter_rows(min_row=2, values_only=True)]
        assert [row["status"] for row in rows] == ["REFUSED", "REFUSED", "WITHHELD"]


def test_declared_dates_are_dates_in_excel(tmp_path: Path) -> None:
    campaign = Campaign(
        name="dates",
        template="t",
        recipients="a.csv",
        sender=SenderSettings(from_="Anna <anna@acme.example>"),
        relay=RelaySettings(url="-"),
        time_zone="Europe/Warsaw",
        types={"since": ColumnType.DATE, "down": ColumnType.DATETIME, "id": ColumnType.INT},
    )
    to = tmp_path / "dates.xlsx"
    with new_table(to, ["since", "down", "id"], table_style(campaign), force=False) as write:
        write(["2026-11-20", "2026-11-20T09:12Z", "007"])
        write(["20 Nov", "", "="])
        write(["1066-10-14", "2026-11-20T09:12", None])
    with closing(load_workbook(to)) as book:
        sheet = book.active
        assert sheet is not None
        assert list(sheet.iter_rows(min_row=2, values_only=True)) == [
            (datetime.fromisoformat("2026-11-20"), datetime.fromisoformat("2026-11-20T10:12"), "007"),
            ("20 Nov", None, "'="),
            ("1066-10-14", datetime.fromisoformat("2026-11-20T09:12"), None),
        ]


def test_the_call_list_has_a_column_for_notes(sent: Path, tmp_path: Path) -> None:
    told(sent, unreached=tmp_path / "letters.csv")
    header, first, *_ = csv.reader((tmp_path / "letters.csv").read_text(encoding="utf-8").splitlines())
    assert dict(zip(header, first, strict=True))["notes"] == ""


def test_page_and_unreached_are_written_in_one_pass(sent: Path, tmp_path: Path) -> None:
    found = told(sent, tmp_path / "report.html", tmp_path / "letters.csv")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert found.code in page
    assert "customer3@d3.example" in page
    assert "no such user here" in page
    assert "customer4@d4.example" not in page
    assert (tmp_path / "letters.csv").exists()


def test_table_and_unreached_are_written_in_one_pass(sent: Path, tmp_path: Path) -> None:
    told(sent, tmp_path / "all.csv", tmp_path / "letters.csv")
    assert len((tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()) == 32
    assert len((tmp_path / "letters.csv").read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize(("to", "unreached"), [("report.pdf", None), (None, "letters.html")])
def test_a_name_of_no_format_is_refused(sent: Path, tmp_path: Path, to: str | None, unreached: str | None) -> None:
    with pytest.raises(OutputError, match="does not end in"):
        told(sent, tmp_path / to if to else None, tmp_path / unreached if unreached else None)


def test_one_file_that_exists_stops_both(sent: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.csv").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        told(sent, tmp_path / "report.html", tmp_path / "letters.csv")
    assert not (tmp_path / "report.html").exists()
    assert (tmp_path / "letters.csv").read_text(encoding="utf-8") == "old"


def test_a_long_report_tells_its_progress(sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int | None]] = []
    monkeypatch.setattr(operator, "_OFTEN", 10)
    report(Workspace.open(sent), None, None, force=False, on_progress=lambda *each: seen.append(each))
    assert seen == []  # in less than a second
    clock = count(0, 2)
    monkeypatch.setattr(operator.time, "monotonic", lambda: float(next(clock)))
    report(Workspace.open(sent), None, None, force=False, on_progress=lambda *each: seen.append(each))
    assert seen == [("reading results", done, 31) for done in (10, 20, 30)]


def test_the_evidence_changes_with_any_accepted_letter(sent: Path, tmp_path: Path, live: Relay) -> None:
    told(sent, tmp_path / "one.html")
    other = campaign_folder(tmp_path / "other", live.sink.url, customers(30))
    send(other)
    told(other, tmp_path / "two.html")
    digests = [
        (tmp_path / name).read_text(encoding="utf-8").split("accepted letters")[1][:400]
        for name in ("one.html", "two.html")
    ]
    assert digests[0] != digests[1]
