"""The schema of an installation: brought up to date by who writes, and refused by who does not know it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, WAVE, recipient
from postgres_server import shared_server

from mass_apology.errors import LedgerError
from mass_apology.ledger.postgres import postgres_schema, postgres_store
from mass_apology.ledger.postgres.postgres_connections import Server
from mass_apology.ledger.postgres.postgres_statements import VERSION
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import TRANSITIONS


@pytest.fixture
def store(tmp_path: Path) -> PostgresStore:
    return PostgresStore(Server(conninfo=shared_server().new_database(), place="the database"), "trial", tmp_path)


def set_version(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    monkeypatch.setattr(postgres_schema, "VERSION", version)
    monkeypatch.setattr(postgres_store, "VERSION", version)


@pytest.mark.parametrize("how", ["read", "write", "exists"])
def test_an_old_schema_is_brought_up_to_date(store: PostgresStore, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    set_version(monkeypatch, 1)
    with store._opened() as connection:
        postgres_schema.bring_up_to_date(store._server, connection)
        store._make(connection, CAMPAIGN)
    set_version(monkeypatch, VERSION)
    if how == "exists":
        assert store.exists()
    else:
        (store.open if how == "write" else store.read)(CAMPAIGN).__exit__()
    with store.found() as connection:
        assert connection is not None
        assert connection.execute("SELECT max(version), count(*) FROM migration").fetchone() == (VERSION, VERSION)
    with store.read(CAMPAIGN) as records:
        assert list(records.results(WAVE)) == []


def test_a_newer_schema_is_refused_whatever_is_asked(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(CAMPAIGN).__exit__()
    set_version(monkeypatch, VERSION - 1)
    for act in (store.open, store.read, store.create):
        with pytest.raises(LedgerError, match=f"of version {VERSION}; this program reads version {VERSION - 1}"):
            act(CAMPAIGN)


def test_the_ways_of_letters_are_those_of_the_program(store: PostgresStore) -> None:
    store.create(CAMPAIGN).__exit__()
    with store.found() as connection:
        assert connection is not None
        ways = set(connection.execute("SELECT before, after FROM transition").fetchall())
    assert ways == {(before.value, after.value) for before, to in TRANSITIONS.items() for after in to}


def test_a_campaign_under_another_name_in_a_folder_that_has_one_is_refused(
    store: PostgresStore, tmp_path: Path
) -> None:
    with store.create(CAMPAIGN) as ledger:
        ledger.acquire(0.0)
        with store.planner(WAVE, str) as plan:
            plan.add([(recipient(1), "en")])
            plan.commit(ledger, digest_parts={"a": "b"}, header=(), canary=(), now=0.0)
    renamed = PostgresStore(store._server, "renamed", tmp_path)
    for act in (renamed.exists, lambda: renamed.open("renamed"), lambda: renamed.read("renamed")):
        with pytest.raises(LedgerError, match=f'belongs to the campaign "{CAMPAIGN}", not to "renamed"'):
            act()
    assert not PostgresStore(store._server, "renamed", tmp_path / "elsewhere").exists()
