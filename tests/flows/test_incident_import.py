"""Facts from an incident page: each with its source, what contradicts stays, and hostile JSON is a sentence."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mass_apology.errors import CampaignError, InputError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.event_loop import run
from mass_apology.flows.facts.incident_import import IncidentImported, import_incident, is_page
from mass_apology.flows.facts.incident_pages import read_pages
from mass_apology.workspace.workspace import Workspace

SAMPLES = Path("samples/incident-pages").absolute()
START, END = datetime(2026, 11, 20, 9, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, 24, 5, tzinfo=UTC)
INCIDENT = """[incident]
service = "Acme API"
started_at = 2026-11-20T09:12:00Z
ended_at = 2026-11-20T12:24:00Z
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A campaign that knows nothing of the incident yet."""
    folder = Path(shutil.copytree("samples/service-outage", tmp_path / "c"))
    told(folder, 'service = ""  # as customers know it\n')
    return folder


def told(folder: Path, facts: str) -> None:
    """Put these in the place of service, start and end."""
    shutil.copy("samples/service-outage/campaign.toml", folder)
    path = folder / "campaign.toml"
    text = path.read_text(encoding="utf-8")
    assert INCIDENT in text
    path.write_text(text.replace(INCIDENT, f"[incident]\n{facts}"), encoding="utf-8")


def taken(folder: Path, name: str, **options: Any) -> IncidentImported:
    return import_incident(Workspace.open(folder), str(SAMPLES / name), **options)


def text_of(folder: Path) -> str:
    return (folder / "campaign.toml").read_text(encoding="utf-8")


def incident(folder: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads(text_of(folder))["incident"]
    return found


def outcomes(found: IncidentImported) -> dict[str, str]:
    return {fact.key: fact.outcome.value for fact in found.facts}


@pytest.mark.parametrize(
    ("name", "page", "updates"),
    [
        ("statuspage.json", "Statuspage kctm4gbp9xmg", 4),
        ("pagerduty.json", "PagerDuty PT4KHLK", 0),
        ("pagerduty-log.json", "PagerDuty PT4KHLK", 3),
        ("incidentio.json", "incident.io INC-123", 0),
    ],
)
def test_start_end_component_and_updates_come_with_their_source(here: Path, name: str, page: str, updates: int) -> None:
    found = taken(here, name)
    facts = incident(here)
    assert (facts["service"], facts["started_at"], facts["ended_at"]) == ("Acme API", START, END)
    assert len(facts.get("updates", ())) == updates
    assert set(outcomes(found).values()) == {"written"}
    assert (found.goes_on, found.findings) == (False, ())
    lines = [line for line in text_of(here).splitlines() if f"# from {page}, " in line]
    assert len(lines) == 3 + bool(updates)
    assert all(f"({name})" in line for line in lines)
    assert "# as customers know it" in text_of(here)
    assert set(outcomes(taken(here, name)).values()) == {"same"}


def test_updates_are_in_order_on_one_line_and_without_markup(here: Path) -> None:
    taken(here, "statuspage.json")
    assert [(each["status"], each["text"]) for each in incident(here)["updates"]] == [
        ("investigating", "Requests to the API fail."),
        ("identified", "A wrong certificate is on our gateway."),
        ("monitoring", "We replaced the certificate & are watching."),
        ("resolved", "All requests are answered again."),
    ]


def test_letters_are_written_from_them(here: Path) -> None:
    taken(here, "statuspage.json")
    options = CheckOptions(offline=True)
    checked = run(check(Workspace.open(here), options, None, force=False, on_progress=lambda *_: None))
    assert {group.code for group in checked.groups if group.severity == "error"} == set()


def test_what_contradicts_stays_and_is_a_finding_until_it_is_overwritten(here: Path) -> None:
    told(here, 'service = "acme  api"\nstarted_at = 2026-11-20T08:00:00Z # from Bob\nended_at = 2026-11-20T12:24:00Z\n')
    before = text_of(here)
    found = taken(here, "pagerduty.json")
    assert outcomes(found) == {"started_at": "kept", "ended_at": "same", "service": "same"}
    assert text_of(here) == before
    (finding,) = found.findings
    assert (finding.code, finding.where) == ("fact-contradicts", "campaign.toml, [incident] started_at")
    assert "says 2026-11-20T08:00:00Z, and the page says 2026-11-20T09:12:00Z" in finding.problem
    assert outcomes(taken(here, "pagerduty.json", overwrite=True, dry_run=True))["started_at"] == "overwritten"
    assert text_of(here) == before
    taken(here, "pagerduty.json", overwrite=True)
    line = "started_at = 2026-11-20T09:12:00Z  # from PagerDuty PT4KHLK, created_at (pagerduty.json)\n"
    assert text_of(here) == before.replace("started_at = 2026-11-20T08:00:00Z # from Bob\n", line)


def test_a_page_that_goes_on_adds_its_updates_and_its_end_later(here: Path, tmp_path: Path) -> None:
    whole = json.loads((SAMPLES / "statuspage.json").read_text(encoding="utf-8"))
    early = json.loads(json.dumps(whole))
    early["incidents"][0].update(resolved_at=None, status="monitoring")
    early["incidents"][0]["incident_updates"] = early["incidents"][0]["incident_updates"][1:]
    path = tmp_path / "early.json"
    path.write_text(json.dumps(early), encoding="utf-8")
    found = import_incident(Workspace.open(here), str(path))
    assert (found.goes_on, "ended_at" in incident(here), len(incident(here)["updates"])) == (True, False, 3)
    found = taken(here, "statuspage.json")
    assert outcomes(found) == {"started_at": "same", "ended_at": "written", "service": "same", "updates": "overwritten"}
    assert (len(incident(here)["updates"]), found.findings) == (4, ())


def test_a_template_that_tells_days_gets_days_by_the_campaigns_clock(here: Path) -> None:
    path = here / "campaign.toml"
    text = text_of(here).replace('template = "service-outage"', 'template = "wrong-information"')
    path.write_text('time_zone = "Pacific/Auckland"\n' + text.replace("time_zone =", "# time_zone ="), encoding="utf-8")
    taken(here, "incidentio.json")
    assert (incident(here)["started_on"], incident(here)["ended_on"]) == (date(2026, 11, 20), date(2026, 11, 21))


def test_one_of_several_incidents_is_named(here: Path, tmp_path: Path) -> None:
    whole = json.loads((SAMPLES / "incidentio.json").read_text(encoding="utf-8"))
    whole["incidents"].append({**whole["incidents"][0], "reference": "INC-124", "name": "Another"})
    path = tmp_path / "two.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(InputError, match=r"2 incidents: INC-123 \(The API refuses requests\), INC-124") as refused:
        import_incident(Workspace.open(here), str(path))
    assert "--incident INC-123" in refused.value.next_step
    assert import_incident(Workspace.open(here), str(path), incident="INC-124").name == "Another"
    with pytest.raises(InputError, match="has no incident INC-125; did you mean"):
        import_incident(Workspace.open(here), str(path), incident="INC-125")


def test_standard_input_is_read_and_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    octets = (SAMPLES / "pagerduty.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + octets)))
    assert import_incident(Workspace.open(here), "-").id == "PT4KHLK"
    assert "created_at (standard input)" in text_of(here)


def test_a_webhook_and_a_single_answer_are_known() -> None:
    (inner,) = json.loads((SAMPLES / "statuspage.json").read_text(encoding="utf-8"))["incidents"]
    event = {"event": {"data": json.loads((SAMPLES / "pagerduty.json").read_text(encoding="utf-8"))["incident"]}}
    updates = {
        "incident_updates": [{"incident_id": "01F", "message": "It works.", "created_at": "2026-11-20T12:00:00Z"}]
    }
    for answer, page in (
        (inner, "Statuspage"),
        ([inner], "Statuspage"),
        (event, "PagerDuty"),
        (updates, "incident.io"),
    ):
        assert [each.page for each in read_pages(json.dumps(answer).encode(), "a.json")] == [page]


def test_a_maintenance_begins_when_it_is_scheduled_and_counts_where_there_is_no_incident() -> None:
    maintenance = {
        "id": "m1",
        "name": "Database",
        "created_at": "2026-11-10T09:00:00.000Z",
        "scheduled_for": "2026-11-20t04:00:00.000z",
        "scheduled_until": "2026-11-20T06:00:00.000Z",
        "started_at": None,
        "resolved_at": None,
        "incident_updates": [],
    }
    (incident,) = json.loads((SAMPLES / "statuspage.json").read_text(encoding="utf-8"))["incidents"]
    for answer in (
        {"scheduled_maintenances": [maintenance]},
        {"incidents": [], "scheduled_maintenances": [maintenance]},
    ):
        (found,) = read_pages(json.dumps(answer).encode(), "a.json")
        assert (found.start, found.start_from, found.end) == (
            datetime(2026, 11, 20, 4, tzinfo=UTC),
            "scheduled_for",
            None,
        )
    both = {"incidents": [incident], "scheduled_maintenances": [maintenance]}
    assert [each.id for each in read_pages(json.dumps(both).encode(), "a.json")] == [incident["id"]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_powershell_saved_is_read(encoding: str) -> None:
    text = (SAMPLES / "statuspage.json").read_text(encoding="utf-8")
    assert read_pages(text.encode(encoding), "a.json") == read_pages(text.encode(), "a.json")


def test_line_ends_mode_and_link_of_the_file_stay(here: Path) -> None:
    path = here / "campaign.toml"
    elsewhere = here / "shared.toml"
    elsewhere.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    elsewhere.chmod(0o664)
    path.unlink()
    path.symlink_to(elsewhere)
    assert set(outcomes(taken(here, "statuspage.json")).values()) == {"written"}
    assert path.is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o664
    assert re.search(rb"[^\r]\n", elsewhere.read_bytes()) is None


def test_a_full_disk_is_a_sentence_about_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = text_of(here)
    monkeypatch.setattr("mass_apology.system.whole_file.os.fsync", full)
    with pytest.raises(CampaignError, match=r"campaign\.toml cannot be written: No space left on device"):
        taken(here, "statuspage.json")
    assert text_of(here) == before


def test_a_list_of_something_else_is_told_as_it_is(here: Path) -> None:
    told(here, 'service = ["Acme", "API"]\n')
    (finding,) = taken(here, "pagerduty.json").findings
    assert 'campaign.toml says ["Acme", "API"]' in finding.problem


def hostile(**changes: object) -> bytes:
    whole = json.loads((SAMPLES / "statuspage.json").read_text(encoding="utf-8"))
    whole["incidents"][0].update(changes)
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b'{"incidents": [', "is no JSON"),
        (b"\xff\xfe{}", "is no JSON"),
        (b'{"a": NaN}', "is no JSON"),
        (b"[" * 100_000, "JSON|nested"),
        (b'{"incidents": ' + b"[" * 5000 + b"]" * 5000 + b"}", "no list of objects|JSON"),
        (b"[]", "no incident"),
        (b"{}", "no answer of"),
        (b"null", "no answer of"),
        (b'"text"', "no answer of"),
        (b'{"incident": 7}', "no answer of"),
        (b'{"incidents": {"a": 1}}', "no list of objects"),
        (b'{"incidents": [1, 2]}', "no list of objects"),
        (b'{"log_entries": []}', "0 incidents"),
        (b'{"event": {"data": []}}', "no answer of"),
        (hostile(started_at="yesterday"), "'yesterday' is no time"),
        (hostile(started_at=[7]), "is no time"),
        (hostile(started_at={"a": 1}), "is no time"),
        (hostile(started_at=17), "is no time"),
        (hostile(started_at="9999-12-31T23:59:59-12:00"), "is no time"),
        (hostile(started_at="2026-11-20T09:12:00"), "has no offset"),
        (hostile(incident_updates="none"), "no list of objects"),
        (hostile(incident_updates=[{"created_at": "x" * 100_000}]), "is no time"),
        (hostile(components=[{"name": "x" * 201}]), "more than 200 characters"),
        (hostile(incident_updates=[{"created_at": "2026-11-20T09:12:00Z", "body": "a"}] * 101), "101 updates"),
        (hostile(resolved_at="2026-11-19T09:12:00Z"), "before it began"),
    ],
)
def test_hostile_json_is_a_sentence_and_nothing_is_written(
    here: Path, tmp_path: Path, octets: bytes, words: str
) -> None:
    before = text_of(here)
    path = tmp_path / "page.json"
    path.write_bytes(octets)
    assert is_page(str(path))
    with pytest.raises(InputError, match=words) as refused:
        import_incident(Workspace.open(here), str(path))
    assert len(refused.value.problem) < 500
    assert text_of(here) == before


@pytest.mark.parametrize(
    "text",
    ['"]\n[relay]\nurl = "x', "a\u202eb\x00c\x7f", "'''", '"""', "\\", "{{ 7 * 7 }}", "<script>alert(1)</script>é"],
)
def test_a_text_of_the_page_is_nothing_but_text(here: Path, tmp_path: Path, text: str) -> None:
    relay = tomllib.loads(text_of(here))["relay"]
    path = tmp_path / "page.json"
    octets = hostile(components=[{"name": text}], id=text, name=text, incident_updates=[
        {"created_at": "2026-11-20T09:12:00Z", "status": text, "body": text * 300}
    ])  # fmt: skip
    path.write_bytes(octets)
    import_incident(Workspace.open(here), str(path))
    assert tomllib.loads(text_of(here))["relay"] == relay
    (update,) = incident(here)["updates"]
    assert len(update["text"]) <= 1000
    assert all(each.isprintable() for each in update["text"])
    assert "<script>" not in text_of(here)


def test_what_cannot_be_read_is_said(here: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        import_incident(Workspace.open(here), str(tmp_path / "nowhere.json"))
    (tmp_path / "large.json").write_bytes(b"[" + b" " * (9 << 20) + b"]")
    with pytest.raises(InputError, match="larger than"):
        import_incident(Workspace.open(here), str(tmp_path / "large.json"))
    assert not is_page(str(tmp_path / "facts.csv"))
