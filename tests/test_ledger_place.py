"""Where a campaign's ledger is, by its campaign.toml: what is told where it cannot be had, and that a stop still is."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest

from mass_apology.campaign import read_campaign, read_ledger_settings
from mass_apology.errors import CampaignError, LedgerError, PasswordError
from mass_apology.ledger.sqlite import SqliteStore
from mass_apology.workspace.ledger_store import ledger_store

CAMPAIGN = """\
name = "trial"
template = "sorry"
recipients = "affected.csv"
[sender]
from = "Anna <anna@acme.example>"
[relay]
url = "smtp+plain://127.0.0.1"
"""
DATABASE = '[ledger]\nurl = "postgresql://anna@127.0.0.1:1/letters"\n'


def campaign(folder: Path, *tables: str) -> Path:
    (folder / "campaign.toml").write_text(CAMPAIGN + "".join(tables), encoding="utf-8")
    return folder


def test_it_is_a_file_unless_a_database_is_named(tmp_path: Path) -> None:
    assert isinstance(ledger_store(tmp_path), SqliteStore)
    assert isinstance(ledger_store(campaign(tmp_path, "# no ledger here\n")), SqliteStore)
    assert ledger_store(campaign(tmp_path, DATABASE)).place == "the database postgresql://anna@127.0.0.1:1/letters"


@pytest.mark.parametrize("broken", ["[relay\n", 'rate = "50/s\n', "= 5\n"])
def test_a_mistake_elsewhere_does_not_hide_it(tmp_path: Path, broken: str) -> None:
    campaign(tmp_path, DATABASE, broken)
    name, settings = read_ledger_settings(tmp_path)
    assert (name, settings.url) == ("trial", "postgresql://anna@127.0.0.1:1/letters")


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"postgresql://anna@127\.0\.0\.1:1/letters does not answer: ") as told:
        ledger_store(campaign(tmp_path, DATABASE)).exists()
    assert "\n" not in told.value.problem


@pytest.mark.usefixtures("no_psycopg")
def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="psycopg is not installed") as told:
        ledger_store(campaign(tmp_path, DATABASE))
    assert "`scale`" in told.value.next_step


def test_the_driver_is_imported_for_a_database_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *rest: object) -> object:
        assert not name.startswith("psycopg")
        return imported(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert not ledger_store(campaign(tmp_path)).exists()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[ledger]\nurl = "postgresql://anna:s3cret@db/l"\n', "holds a password"),
        ('[ledger]\nurl = "postgresql://db/l"\npassword = "s3cret"\n', "does not say where the password is kept"),
        ('[ledger]\npassword = "env:X"\n', "names no database"),
        ('[ledger]\nca_file = "ca.pem"\n', "names no database"),
        ('[ledger]\nlease = "1 minute"\n', "names no database"),
        ('[ledger]\nurl = "postgresql://db/l"\nlease = "1 second"\n', "from 2 seconds to 1 hour"),
        ('[ledger]\nurl = "postgresql://db/l"\nlease = "soon"\n', "no duration"),
        ('[ledger]\nfile = "x"\n', "ledger"),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_all_others(tmp_path: Path, table: str, told: str) -> None:
    campaign(tmp_path, table)
    with pytest.raises(CampaignError, match=told) as refused:
        read_campaign(tmp_path)
    assert "s3cret" not in f"{refused.value.problem} {refused.value.next_step}"


def test_a_place_of_its_password_that_is_none_is_told_where_nothing_else_is_looked_at(tmp_path: Path) -> None:
    campaign(tmp_path, DATABASE, 'password = "s3cret"\n')
    with pytest.raises(CampaignError, match="does not say where the password is kept") as refused:
        ledger_store(tmp_path)
    assert "s3cret" not in f"{refused.value.problem} {refused.value.next_step}"


def test_a_lease_that_cannot_be_used_is_told_where_nothing_else_is_looked_at(tmp_path: Path) -> None:
    campaign(tmp_path, DATABASE, 'lease = "2 hours"\n')
    with pytest.raises(CampaignError, match="from 2 seconds to 1 hour"):
        ledger_store(tmp_path)


def test_its_password_is_read_from_where_it_is_kept(tmp_path: Path) -> None:
    campaign(tmp_path, DATABASE, 'password = "file:kept"\n')
    with pytest.raises(PasswordError, match="kept"):
        ledger_store(tmp_path)
    (tmp_path / "kept").write_text("open sesame\n")
    (tmp_path / "kept").chmod(0o600)
    assert "sesame" not in ledger_store(tmp_path).place
