"""By whose clock a letter shows times, and what ``check`` says where nobody tells."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from live import Row, campaign_folder, customers, relay, send

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.model import Finding, Severity
from mass_apology.workspace.workspace import Workspace

URL = "smtp+plain://127.0.0.1:1"
LETTER = (
    "Subject: Sorry\n\n{{ salutation }}\n\nIt failed from {{ incident.began | time }} to {{ incident.ended | time }}.\n"
)
INCIDENT = {"began": "2026-11-20T09:12:00Z", "ended": "2026-11-20T10:40:00Z"}


def campaign(folder: Path, cells: list[Row], url: str = URL, letter: str = LETTER, **tables: dict[str, object]) -> Path:
    rows = [{**row, **more} for row, more in zip(customers(len(cells)), cells, strict=True)]
    made = campaign_folder(folder, url, rows, **tables)
    (made / "templates/sorry/en.md").write_text(letter, encoding="utf-8")
    path = made / "campaign.toml"
    facts = "\n".join(f"{name} = {moment}" for name, moment in INCIDENT.items())
    path.write_text(
        path.read_text(encoding="utf-8").replace("[incident]\n", f"[incident]\n{facts}\n"), encoding="utf-8"
    )
    return made


def told(folder: Path) -> dict[str, Finding]:
    checked = asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )
    return {each.code: each for group in checked.groups for each in group.examples}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"time_zone": "Europe/Riga", "country": "PL"}, "11:12 to 12:40 EET"),
        ({"time_zone": "", "country": "PL"}, "10:12 to 11:40 CET"),
        ({"time_zone": "", "country": "uk"}, "09:12 to 10:40."),
        ({"time_zone": "", "country": "DE"}, "10:12 to 11:40 CET"),  # two zones, and nearly everybody in one
        ({"time_zone": "", "country": "US"}, "09:12 to 10:40 UTC"),
        ({"time_zone": "", "country": "Polska"}, "10:12 to 11:40 CET"),
        ({"time_zone": "", "country": "Polandia"}, "09:12 to 10:40 UTC"),
        ({"time_zone": "", "country": ""}, "09:12 to 10:40 UTC"),
    ],
)
def test_the_countrys_clock_counts_where_a_row_names_no_zone(tmp_path: Path, cells: Row, said: str) -> None:
    with relay() as live:
        assert send(campaign(tmp_path, [cells], live.sink.url)).sent == 1
        letter = message_from_bytes(live.received[0].data, policy=policy.default)
        assert said in letter.get_body(("plain",)).get_content().replace("\u00a0", " ")


@pytest.mark.parametrize(
    "span",
    ["incident.began | from_to(incident.ended)", "incident.began | since", "incident.ended | until | capfirst"],
)
def test_a_span_of_moments_tells_times_and_one_of_days_does_not(tmp_path: Path, span: str) -> None:
    letter = f"Subject: Sorry\n\n{{{{ salutation }}}}\n\nIt failed {{{{ {span} }}}}, we think.\n"
    folder = campaign(tmp_path, [{}], letter=letter)
    assert "times-in-utc" in told(folder)
    path = folder / "campaign.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("T09:12:00Z", "").replace("T10:40:00Z", ""), encoding="utf-8"
    )
    assert "times-in-utc" not in told(folder)


def test_letters_that_show_times_in_utc_are_counted(tmp_path: Path) -> None:
    cells = [{"country": code} for code in ("PL", "US", "US", "BR", "")]
    found = told(campaign(tmp_path, cells))["times-in-utc"]
    assert found.severity is Severity.WARNING
    assert found.problem.startswith("4 letters show times in UTC")
    assert "1 in BR, 2 in US, which have several time zones" in found.problem
    assert "time_zone or country under [columns]" in found.advice


def test_the_column_to_give_is_named(tmp_path: Path) -> None:
    found = told(campaign(tmp_path, [{"Land": "DE"}, {"Land": "DE"}]))["times-in-utc"]
    assert found.problem.startswith("2 letters show times in UTC")
    assert "country = 'Land'" in found.advice
    assert not told(campaign(tmp_path, [{"Land": "DE"}], columns={"country": "Land"}))


def test_nothing_is_said_where_every_row_tells_or_the_campaign_does(tmp_path: Path) -> None:
    assert not told(campaign(tmp_path, [{"country": "PL"}, {"country": "LV"}]))
    assert not told(campaign(tmp_path, [{}, {}], top={"time_zone": "Europe/Warsaw"}))


def test_nor_where_no_letter_shows_a_time(tmp_path: Path) -> None:
    letter = "Subject: Sorry\n\n{{ salutation }}\n\nOn {{ incident.began | date }} it failed.\n"
    assert not told(campaign(tmp_path, [{}], letter=letter))


def test_with_a_zone_for_all_a_country_of_several_is_told(tmp_path: Path) -> None:
    cells = [{"country": code} for code in ("PL", "US", "US", "")]
    found = told(campaign(tmp_path, cells, top={"time_zone": "Europe/Warsaw"}))
    assert list(found) == ["times-of-several-zones"]
    assert found["times-of-several-zones"].problem == (
        "2 letters show times by the clock of Europe/Warsaw: US has several time zones, and the rows name none."
    )
    assert found["times-of-several-zones"].severity is Severity.INFO
