"""``Workspace``: paths follow from the folder and campaign.toml, digests from the files as they are now."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.errors import CampaignError, SuppressionError
from mass_apology.suppression import shared_path
from mass_apology.workspace.workspace import Workspace

CAMPAIGN = """\
name = "outage"
template = "service-outage"
recipients = "affected.csv"
{more}

[sender]
from = "Anna Kowalska <anna@acme.example>"

[relay]
url = "smtp+plain://127.0.0.1:25"
{tables}
"""


def opened(folder: Path, more: str = "", tables: str = "") -> Workspace:
    (folder / "campaign.toml").write_text(CAMPAIGN.format(more=more, tables=tables), encoding="utf-8")
    return Workspace.open(folder)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {part for part in before | after if before.get(part) != after.get(part)}


def test_it_has_the_campaign_and_the_places_that_follow_from_it(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    assert workspace.campaign.name == "outage"
    assert workspace.recipients_path == tmp_path / "affected.csv"
    assert workspace.log_path == tmp_path / "log.jsonl"
    assert workspace.ledger_store.place == str(tmp_path / "ledger.sqlite")
    assert workspace.sender_domain == "acme.example"
    assert workspace.template_directories[0] == tmp_path / "templates"
    assert not workspace.ledger_store.exists()


def test_it_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        opened(tmp_path).folder = Path("elsewhere")  # type: ignore[misc]


def test_a_folder_without_a_campaign_is_none(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"There is no campaign\.toml"):
        Workspace.open(tmp_path)


def test_records_of_this_machine_name_the_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path)
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.open(Path())
    assert workspace.folder == Path()
    assert workspace.absolute_folder == tmp_path.resolve()


def test_a_list_of_the_campaigns_own_comes_before_the_machines(tmp_path: Path) -> None:
    assert opened(tmp_path).suppression_list == shared_path()
    workspace = opened(tmp_path, tables='[suppression]\nfile = "own.sqlite"')
    with pytest.raises(SuppressionError, match=r"There is no suppression list at .*own\.sqlite"):
        _ = workspace.suppression_list
    (tmp_path / "own.sqlite").touch()
    assert workspace.suppression_list == tmp_path / "own.sqlite"


def test_attachments_are_named_with_their_octets_and_a_plain_letter_has_no_logo(tmp_path: Path) -> None:
    (tmp_path / "terms.pdf").write_bytes(b"1234")
    (tmp_path / "logo.png").write_bytes(b"12")
    tables = '[message]\nattachments = ["terms.pdf"]\n[brand]\nlogo = "logo.png"'
    in_layout = opened(tmp_path, 'layout = "notice"', tables)
    assert in_layout.attached() == [("terms.pdf", 4), ("logo.png", 2)]
    plain = opened(tmp_path, 'layout = "plain"', tables)
    assert plain.attached() == [("terms.pdf", 4)]
    assert plain.attachment_paths == in_layout.attachment_paths  # a new logo is a change all the same


def test_a_digest_is_of_the_files_as_they_are_now(tmp_path: Path) -> None:
    (tmp_path / "terms.pdf").write_bytes(b"old")
    workspace = opened(tmp_path, tables='[message]\nattachments = ["terms.pdf"]')
    before = workspace.letter_parts("service-outage")
    (tmp_path / "terms.pdf").write_bytes(b"new")
    assert changed(before, workspace.letter_parts("service-outage")) == {"the attachments"}


def test_reopened_it_has_the_campaign_as_it_is_now(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    before = workspace.letter_parts("service-outage")
    opened(tmp_path, tables="[incident]\nservice = 'API'")
    assert workspace.letter_parts("service-outage") == before
    assert changed(before, workspace.reopened().letter_parts("service-outage")) == {"campaign.toml"}


def test_hours_are_a_part_of_a_further_wave_and_not_of_the_first_letters(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    first, further = workspace.letter_parts("service-outage"), workspace.wave_parts("service-outage")
    later = opened(tmp_path, tables='[schedule]\nhours = "10:00-12:00"')
    assert changed(first, later.letter_parts("service-outage")) == set()
    assert changed(further, later.wave_parts("service-outage")) == {"campaign.toml"}


def test_codes_and_languages_are_parts_only_where_there_are_some(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    assert not {"the codes", "the languages"} & workspace.letter_parts("service-outage").keys()
    (tmp_path / "codes.txt").write_text("A1\n", encoding="utf-8")
    with_codes = opened(tmp_path, tables='[codes]\nfile = "codes.txt"')
    assert "the codes" in with_codes.letter_parts("service-outage")
