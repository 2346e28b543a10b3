"""A whole campaign on each kind of ledger, by the flows themselves: the port is all that they know of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, write_rows
from memory_store import MemoryStore
from postgres_server import shared_server
from returned_mail import bounce
from smtp_fakes import FaultyConversation, Nth, Relay

from mass_apology.flows import control
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.feedback.retry import RetryOptions, retry
from mass_apology.flows.follow_up.consent import agree
from mass_apology.flows.follow_up.follow_up import run as follow_up
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.report.report import report
from mass_apology.ledger import Control, Store
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace import ledger_store
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

ACCEPTED, BOUNCED, DEFERRED, IN_DOUBT = Status.ACCEPTED, Status.BOUNCED, Status.DEFERRED, Status.IN_DOUBT
REFUSED, WITHHELD = Status.REFUSED, Status.WITHHELD

DAY = 86_400.0
LATER = "Subject: How it went on\n\n{{ salutation }}\n\nWe have mended it, {{ customer.name }}.\n"
FOLLOW_UP = '\n[[follow_up]]\nname = "later"\ntemplate = "later"\nafter = "3 days"\n'
ALWAYS = {"hours": "00:00-24:00", "weekdays": "mon-sun"}


class Clock:
    """The time that all of the program sees."""

    def __init__(self) -> None:
        self.at = 1_795_000_000.0  # a Wednesday noon in November 2026

    def __call__(self) -> float:
        return self.at


class Stops(Person):
    """Stops the run from another terminal, once the relay has so many letters."""

    def __init__(self, folder: Path, live: Relay, letters: int) -> None:
        super().__init__()
        self._stop = partial(control.request, folder, Control.STOP)
        self._live, self._letters = live, letters

    def progress(self, _: object) -> None:
        if len(self._live.received) >= self._letters:
            assert self._stop()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture(params=["SQLite", "memory", "PostgreSQL"])
def folder(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An empty folder, whose campaign has that kind of ledger."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path_factory.mktemp("state")))
    if request.param == "memory":
        stores: dict[Path, MemoryStore] = {}
        monkeypatch.setattr(ledger_store, "SqliteStore", lambda path: stores.setdefault(path, MemoryStore(str(path))))
    if request.param == "PostgreSQL":
        (tmp_path / "url").write_text(shared_server().new_database())
    yield tmp_path / "trial"
    assert (tmp_path / "trial" / ledger_store.LEDGER_NAME).exists() == (request.param == "SQLite")


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def faults(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    """Customer 7 has moved, and customer 9 is greylisted."""
    if verb == "RCPT" and b"customer7@" in argument:
        return b"550 5.1.1 No such user"
    if verb == "RCPT" and b"customer9@" in argument:
        return b"451 4.7.1 Try later"
    return None


def counts(folder: Path, wave: str = FIRST_WAVE) -> dict[Status, int]:
    """As the report has them; where they differ from the status, it is no report."""
    found = report(Workspace.open(folder), None, None, force=False, wave=wave).counts
    if wave == FIRST_WAVE:
        assert {
            status: count for status, count in campaign_status(Workspace.open(folder)).counts.items() if count
        } == found
    return dict(found)


def store(folder: Path) -> Store:
    return ledger_store.ledger_store(folder)


def in_database(folder: Path) -> dict[str, dict[str, object]]:
    """The table of campaign.toml that says so, where the ledger is to be in one."""
    url = folder.with_name("url")
    return {"ledger": {"url": url.read_text()}} if url.exists() else {}


def message_id_of(folder: Path, address: str) -> str:
    with store(folder).read("trial") as records:
        return next(each.message_id for each in records.results(FIRST_WAVE) if each.address == address)


def bounced(folder: Path, number: int) -> Path:
    address = f"customer{number}@d{number % 7}.example"
    (folder / "returned.eml").write_text(bounce(address, message_id_of(folder, address)))
    return folder / "returned.eml"


def test_from_the_plan_to_the_purge(folder: Path, live: Relay, clock: Clock) -> None:
    rows = [*customers(12), {"email": "nobody", "name": "Nobody", "minutes": "1"}]
    campaign_folder(folder, live.sink.url, rows, schedule=ALWAYS, **in_database(folder))
    (folder / "templates/later").mkdir()
    (folder / "templates/later/en.md").write_text(LATER, encoding="utf-8")
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(FOLLOW_UP)

    checked = asyncio.run(check(Workspace.open(folder), CheckOptions(), None, force=False, on_progress=lambda *_: None))
    assert (checked.letters, checked.set_aside, checked.due) == (12, 1, None)
    with store(folder).read("trial") as records:
        assert records.digest_parts == {}

    live.fault = faults
    send(folder, Stops(folder, live, 10), skip_bad_rows=True)
    assert counts(folder) == {ACCEPTED: 10, REFUSED: 1, DEFERRED: 1, WITHHELD: 1}

    # The greylisted letter goes a day later, and its reply gets lost.
    clock.at += DAY
    live.fault = Nth(".", 1, lambda conversation: conversation.close())
    send(folder, skip_bad_rows=True)
    assert counts(folder) == {ACCEPTED: 10, REFUSED: 1, IN_DOUBT: 1, WITHHELD: 1}
    live.fault = None
    assert send(folder, skip_bad_rows=True, resend_in_doubt=True).sent == 1
    assert counts(folder) == {ACCEPTED: 11, REFUSED: 1, WITHHELD: 1}

    # The file grows, a row is mended, and the refusal is taken back.
    retry(Workspace.open(folder), RetryOptions(code="5.1.1", confirm=1), lambda _: None, lambda _: "1")
    write_rows(folder / "affected.csv", customers(13))
    assert send(folder).sent == 2
    assert counts(folder) == {ACCEPTED: 13}

    bounces = bounced(folder, 3)
    for _ in range(2):
        settle(Workspace.open(folder), str(bounces), on_progress=lambda *_: None)
    assert counts(folder) == {ACCEPTED: 12, BOUNCED: 1}

    assert outlook(Workspace.open(folder)).waves[0].letters == 12
    asyncio.run(agree(Workspace.open(folder), "later", lambda _: "", confirm=12, on_progress=lambda *_: None))
    clock.at += 3 * DAY + 1
    sent = [
        sum(wave.ended.sent for wave in follow_up(Workspace.open(folder), Person()).waves if wave.ended)
        for _ in range(2)
    ]
    assert sent == [12, 0]
    assert counts(folder, "later") == {ACCEPTED: 12}
    assert campaign_status(Workspace.open(folder)).waves["later"][ACCEPTED] == 12
    thread = f"In-Reply-To: {message_id_of(folder, 'customer0@d0.example')}".encode()
    assert sum(thread in each.data for each in live.received) == 1

    first, later = live.numbers[:-12], sorted(live.numbers[-12:])
    assert sorted(first) == list(range(13))
    assert later == [number for number in range(13) if number != 3]

    # Nobody is named any more when all is over.
    clock.at += 91 * DAY
    purged = purge(Workspace.open(folder), PurgeOptions(older_than="90 days", confirm=13), lambda _: "")
    assert (purged.people, purged.files) == (13, ("affected.csv", "returned.eml"))
    with store(folder).read("trial") as records:
        assert {each.address for each in records.results(FIRST_WAVE)} == {""}
    assert counts(folder) == {ACCEPTED: 12, BOUNCED: 1}
