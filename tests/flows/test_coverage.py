"""What each person was told of what the law asks for is judged in their own letter, and timed from becoming aware."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from live import campaign_folder, customers, relay, send, write_toml
from smtp_fakes import Relay
from test_purge import Clock, clock, purged  # noqa: F401 (a fixture)

from mass_apology.evidence.verify_pack import verify
from mass_apology.flows.evidence.packing import PackOptions, pack
from mass_apology.flows.report.coverage import CoverageSum, aware_at
from mass_apology.flows.report.report import cover
from mass_apology.flows.report.result_columns import COVERAGE_COLUMNS, names
from mass_apology.ledger import Result
from mass_apology.model import Delivery
from mass_apology.workspace.workspace import Workspace

LETTER = """Subject: A breach of your data, {{ customer.name }}

{{ salutation }}

A breach: somebody copied our files. We blocked the access. Our data protection officer answers.
{% if customer.minutes > 6 %}This can lead to fraud. Please change your password.{% endif %}
"""
DAY = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    """Ten letters, of which four lack two of the contents."""
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
    (folder / "templates" / "sorry" / "en.md").write_text(LETTER, encoding="utf-8")
    (folder / "templates" / "sorry" / "scenario.toml").write_text('legal_pack = "gdpr-34"\n', encoding="utf-8")
    send(folder)
    return folder


def covered(folder: Path, to: str = "cover.csv") -> tuple[CoverageSum, list[dict[str, str]]]:
    found = cover(Workspace.open(folder), folder.parent / to, force=True)
    with (folder.parent / to).open(encoding="utf-8", newline="") as file:
        return found, list(csv.DictReader(file))


def test_each_letter_is_made_again_octet_for_octet_and_judged_by_itself(sent: Path, live: Relay) -> None:
    # The letters left before now.
    aware = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30, minutes=1)
    write_toml(sent, live.sink.url, incident={"aware_at": aware})  # which is no part of what left
    found, rows = covered(sent)
    assert (found.legal_pack, found.contents, found.letters, found.octets, found.files) == ("gdpr-34", 5, 10, 10, 0)
    assert found.complete == 4
    assert sorted(found.missing.values()) == [6, 6]
    assert found.aware_at == aware
    assert found.first_minutes is not None
    assert 1800 <= found.first_minutes <= (found.last_minutes or 0)
    assert tuple(rows[0]) == names(COVERAGE_COLUMNS)
    assert [row["contents_given"] for row in rows] == ["3"] * 6 + ["5"] * 4
    assert rows[0]["contents_missing"].startswith("the likely consequences (GDPR, Art. 33(3)(c)); what the people")
    assert {row["judged_by"] for row in rows} == {"the octets that left"}
    assert all(int(row["minutes_from_aware"]) >= 1800 for row in rows)


def test_a_letter_whose_template_changed_is_not_judged(sent: Path) -> None:
    (sent / "templates" / "sorry" / "en.md").write_text(LETTER + "\nOne more thing.\n", encoding="utf-8")
    found, rows = covered(sent)
    assert (found.letters, found.octets, found.files, found.complete, found.missing) == (10, 0, 0, 0, {})
    assert found.first_minutes is None
    assert {(row["contents_given"], row["judged_by"], row["status"]) for row in rows} == {("", "", "ACCEPTED")}


def test_octets_that_cannot_be_made_again_leave_the_same_files(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mass_apology.flows.report.coverage._delivery", with_another_id)
    found, rows = covered(sent)
    assert (found.octets, found.files, found.complete) == (0, 10, 4)
    assert {row["judged_by"] for row in rows} == {"the files that it was made from"}


def with_another_id(result: Result) -> Delivery:
    return Delivery(
        id=1,
        address=result.address,
        name=result.name,
        language=result.language,
        time_zone=result.time_zone,
        lines=result.lines,
        rows=result.rows,
        message_id="<0@acme.example>",
    )


def test_a_pack_of_evidence_has_it(sent: Path) -> None:
    packed = pack(Workspace.open(sent), PackOptions(to=sent.parent / "pack.zip"))
    judged = verify(Path(packed.written), (), None, None)
    assert judged.wrong == []
    assert any("coverage/" in sentence for sentence in judged.unproven)
    with zipfile.ZipFile(packed.written) as archive:
        lines = [json.loads(line) for line in archive.read("coverage/first.jsonl").splitlines()]
        asked = json.loads(archive.read("coverage/first-contents.json"))
    assert (asked["legal_pack"], len(asked["contents"])) == ("gdpr-34", 5)
    assert [line["given"] for line in lines] == [3] * 6 + [5] * 4
    assert {line["judged_by"] for line in lines} == {"the octets that left"}


def test_a_purged_ledger_keeps_times_and_no_contents(sent: Path, clock: Clock) -> None:  # noqa: F811 (the fixture)
    purged(sent, clock)
    found, rows = covered(sent)
    assert (found.legal_pack, found.letters, found.octets) == ("", 10, 0)
    assert {row["address"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("fact", "moment"),
    [
        (DAY, DAY),
        (datetime(2026, 11, 20, 10), datetime(2026, 11, 20, 9, tzinfo=UTC)),  # noqa: DTZ001 (as TOML has it)
        (date(2026, 11, 20), datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("this morning", None),
        (None, None),
    ],
)
def test_becoming_aware_is_a_moment(fact: object, moment: datetime | None) -> None:
    assert aware_at(fact, ZoneInfo("Europe/Warsaw")) == moment
