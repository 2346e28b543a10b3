"""``ledger move`` of a whole campaign, there and back: what a person sees stays the same.

Every interruption is mended by the same command."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from live import campaign_folder, customers, relay, send, stop_when, write_rows
from msgspec.structs import replace
from postgres_server import PostgresServer, shared_server
from returned_mail import bounce
from smtp_fakes import FaultyConversation, Nth, Relay

from mass_apology.errors import CampaignError, ConfirmationError, LedgerError, LedgerLocked, MassApologyError
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.ledger import move_ledger
from mass_apology.flows.ledger.move_ledger import Moved, MoveOptions
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.report.report import report
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.ledger.moving import Stage
from mass_apology.ledger.postgres.postgres_connections import SCHEMA
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.workspace import ledger_store
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


ALWAYS = {"hours": "00:00-24:00", "weekdays": "mon-sun"}
COMMENTED = "\n# The database of our team.\n[ledger]   # see the wiki\nurl = 'sqlite' # for now\n"


@pytest.fixture(autouse=True)
def _own_memory(own_state: Path) -> None:
    """What is sent here is remembered here only."""


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def url() -> str:
    return shared_server().new_database()


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    """A campaign with letters ACCEPTED, REFUSED, DEFERRED, IN_DOUBT, BOUNCED, PLANNED and WITHHELD."""
    rows = [*customers(12), {"email": "nobody", "name": "Nobody", "minutes": "1"}]
    campaign_folder(tmp_path / "trial", live.sink.url, rows, schedule=ALWAYS)
    with (tmp_path / "trial/campaign.toml").open("a") as file:
        file.write(COMMENTED)
    live.fault = Faults()
    send_until(tmp_path / "trial", live, 9, skip_bad_rows=True)
    live.fault = None
    (tmp_path / "trial/back.eml").write_text(bounce("customer3@d3.example", message_id_of(tmp_path / "trial", 3)))
    settle(Workspace.open(tmp_path / "trial"), str(tmp_path / "trial/back.eml"), on_progress=lambda *_: None)
    return tmp_path / "trial"


class Faults:
    """One has moved, one is greylisted, and the reply to another one is lost."""

    def __init__(self) -> None:
        self._lost = Nth(".", 5, lambda conversation: conversation.close())

    def __call__(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT" and b"customer7@" in argument:
            return b"550 5.1.1 No such user"
        if verb == "RCPT" and b"customer9@" in argument:
            return b"451 4.7.1 Try later"
        return self._lost(conversation, verb, argument)


def send_until(folder: Path, live: Relay, letters: int, **options: object) -> RunResult:
    """Send so many letters; who is greylisted would be waited for."""
    whole = len(live.received) + letters
    stop_when(folder, lambda: len(live.received) >= whole)
    return send(folder, **options)


def message_id_of(folder: Path, number: int) -> str:
    with ledger_store.ledger_store(folder).read("trial") as records:
        address = f"customer{number}@"
        return next(each.message_id for each in records.results(FIRST_WAVE) if each.address.startswith(address))


def results(folder: Path) -> list[dict[str, object]]:
    path = folder.with_name("results.jsonl")
    report(Workspace.open(folder), path, None, force=True, wave=FIRST_WAVE)
    return [json.loads(line) for line in path.read_text().splitlines()]


def counts(folder: Path) -> dict[Status, int]:
    return {status: count for status, count in campaign_status(Workspace.open(folder)).counts.items() if count}


def move(folder: Path, to: str, confirm: int = 12, **options: str) -> Moved:
    return move_ledger.move(
        Workspace.open(folder), MoveOptions(to=to, confirm=confirm, **options), lambda _: "", lambda *_: None
    )


def test_there_and_back_a_campaign_is_the_same(folder: Path, url: str, live: Relay) -> None:
    before, numbers, text = results(folder), counts(folder), (folder / "campaign.toml").read_text()
    assert set(numbers) >= {
        Status.ACCEPTED,
        Status.REFUSED,
        Status.DEFERRED,
        Status.BOUNCED,
        Status.WITHHELD,
        Status.IN_DOUBT,
    }

    moved = move(folder, url)
    assert moved.copied is not None
    assert sum(moved.copied.letters[FIRST_WAVE].values()) == 12
    assert (folder / "campaign.toml").read_text() == text.replace("'sqlite'", json.dumps(url))
    assert (results(folder), counts(folder)) == (before, numbers)
    assert move(folder, url).was_there

    # The file grows, and who has a letter gets no second one.
    write_rows(folder / "affected.csv", customers(13))
    assert send_until(folder, live, 1).sent == 1
    after, numbers = results(folder), counts(folder)

    assert move(folder, "sqlite", 13).to.startswith(str(folder / "ledger.sqlite"))
    assert (results(folder), counts(folder)) == (after, numbers)
    write_rows(folder / "affected.csv", customers(14))
    assert send_until(folder, live, 1).sent == 1
    assert len(set(live.numbers)) == len(live.numbers)
    assert set(live.numbers) <= {*range(14)} - {7, 9}


def test_where_it_was_everything_says_where_it_went(folder: Path, url: str) -> None:
    move(folder, url)
    (folder / "campaign.toml").write_text((folder / "campaign.toml").read_text().replace(json.dumps(url), '"sqlite"'))
    for use in (lambda: send(folder), lambda: counts(folder), lambda: results(folder), lambda: move(folder, "sqlite")):
        with pytest.raises(LedgerError, match=r"ledger was moved to the database postgresql://"):
            use()
    assert len(results_there(folder, url)) == 13


def results_there(folder: Path, url: str) -> list[object]:
    settings = replace(Workspace.open(folder).campaign.ledger, url=url)
    with ledger_store.store_by(settings, "trial", folder).read("trial") as records:
        return list(records.results(FIRST_WAVE))


@pytest.mark.parametrize("step", ["arrive", "leave", "put_to_use", "edit"])
@pytest.mark.parametrize("after", [False, True])
def test_an_interruption_at_any_step_is_mended_by_the_same_command(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    before, numbers = results(folder), counts(folder)
    for to in (url, "sqlite"):
        with monkeypatch.context() as patched:
            interrupt(patched, step, after=after)
            with pytest.raises(Killed):
                move(folder, to)
        assert one_counts(folder)
        if not (step == "edit" and after):
            assert not move(folder, to).was_there
        assert (results(folder), counts(folder)) == (before, numbers)


class Killed(BaseException):
    """In place of a signal."""


def interrupt(patched: pytest.MonkeyPatch, step: str, *, after: bool) -> None:
    """The next such step is the last thing that happens."""

    def dying(act: Callable[..., object]) -> Callable[..., object]:
        def die(*given: object, **named: object) -> object:
            if after:
                act(*given, **named)
            raise Killed

        return die

    if step == "edit":
        patched.setattr(move_ledger, "edit_campaign", dying(move_ledger.edit_campaign))
        return
    for store in (SqliteStore, PostgresStore):
        if step != "leave":
            patched.setattr(store, step, dying(getattr(store, step)))
            continue
        leaving = store.leaving

        def left(self: object, ledger: object, leaving: Callable[..., object] = leaving) -> object:
            found = leaving(self, ledger)
            found.leave = dying(found.leave)  # type: ignore[attr-defined]
            return found

        patched.setattr(store, "leaving", left)


def one_counts(folder: Path) -> bool:
    """Whether what campaign.toml names is in use, or says that it has gone."""
    there = Workspace.open(folder).ledger_store.standing()  # type: ignore[attr-defined]
    return there.relocation is None or there.relocation.stage is Stage.GONE


def refused(folder: Path, to: str, confirm: int = 12, **options: str) -> str:
    """The sentence; the ledger is in use afterwards as before."""
    before = (counts(folder), (folder / "campaign.toml").read_bytes())
    with pytest.raises(MassApologyError) as told:
        move(folder, to, confirm, **options)
    assert "\n" not in told.value.problem
    assert told.value.next_step
    assert before == (counts(folder), (folder / "campaign.toml").read_bytes())
    return told.value.problem


def test_what_cannot_be_is_one_sentence(folder: Path, url: str, tmp_path: Path) -> None:
    assert "none of a PostgreSQL database" in refused(folder, "mysql://db/letters")
    assert "holds a password" in refused(folder, "postgresql://anna:s3cret@db/letters")
    assert "cannot be read" in refused(folder, "postgresql://[")
    assert "names no database" in refused(folder, "postgresql://db")
    assert "does not answer" in refused(folder, "postgresql://anna@127.0.0.1:1/letters")
    assert "is not there" in refused(folder, url.replace("@/test", "@/nothing"))
    assert 'does not let us in: role "nobody' in refused(folder, url.replace("tester@", "nobody@"))
    assert "does not say where the password is kept" in refused(folder, url, password="s3cret")
    assert "kept" in refused(folder, url, password="file:kept")
    assert "12 letters, but the number given was 11" in refused(folder, url, 11)


def test_a_database_of_a_newer_version_is_left(folder: Path, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"CREATE TABLE {SCHEMA}.migration AS SELECT 99 AS version")
    assert "holds ledgers of version 99" in refused(folder, url)


def test_another_campaign_of_the_name_is_not_written_over(folder: Path, url: str, tmp_path: Path, live: Relay) -> None:
    other = campaign_folder(tmp_path / "other", live.sink.url, customers(2), schedule=ALWAYS, ledger={"url": url})
    send(other)
    assert "holds another ledger of a campaign of this name" in refused(folder, url)
    assert counts(other) == {Status.ACCEPTED: 2}


def test_an_unused_one_is(folder: Path, url: str, tmp_path: Path) -> None:
    ledger_store.store_by(replace(Workspace.open(folder).campaign.ledger, url=url), "trial", tmp_path / "other").create(
        "trial"
    ).__exit__()
    before = results(folder)
    move(folder, url)
    assert results(folder) == before


@pytest.mark.usefixtures("no_psycopg")
def test_without_the_driver_the_extra_is_named(folder: Path, url: str) -> None:
    assert "psycopg is not installed" in refused(folder, url)


def test_a_server_that_dies_on_the_way_leaves_the_old_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = PostgresServer()
    url = server.new_database()
    arrive = PostgresStore.arrive

    def dies(self: PostgresStore, name: str, contents: object, *rest: object) -> object:
        rows = contents.rows  # type: ignore[attr-defined]

        def dying(table: str) -> Iterator[object]:
            for row in rows(table):
                if table == "delivery":
                    server.stop()
                yield row

        contents.rows = dying  # type: ignore[attr-defined]
        return arrive(self, name, contents, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(PostgresStore, "arrive", dies)
        assert "the database postgresql://tester@" in refused(folder, url)
    server.start()
    move(folder, url)
    server.remove()


def test_it_waits_for_no_sender(folder: Path, url: str) -> None:
    with ledger_store.ledger_store(folder).open("trial") as ledger:
        ledger.acquire(time.time())
        with pytest.raises(LedgerLocked):
            move(folder, url)
    move(folder, url)


def test_a_ledger_that_was_set_back_is_not_moved(folder: Path, url: str, live: Relay) -> None:
    old = (folder / "ledger.sqlite").read_bytes()
    write_rows(folder / "affected.csv", customers(13))
    send_until(folder, live, 1)
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()
    (folder / "ledger.sqlite").write_bytes(old)
    with pytest.raises(ConfirmationError, match="Nothing was moved"):
        move(folder, url)


def test_a_table_that_cannot_be_edited_is_told_before(folder: Path, url: str) -> None:
    path = folder / "campaign.toml"
    path.write_text(path.read_text().replace(COMMENTED, "").replace('name = "trial"', 'name = "trial"\nledger = {}'))
    before = counts(folder)
    with pytest.raises(CampaignError, match=r"Cannot declare \('ledger',\) twice"):
        move(folder, url)
    assert counts(folder) == before


def test_a_purge_in_the_database_leaves_no_name_in_the_folder_either(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, live: Relay
) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4), schedule=ALWAYS)
    send(folder)
    move(folder, url, 4)
    now = time.time() + 91 * 86_400
    monkeypatch.setattr(time, "time", lambda: now)
    assert purge(Workspace.open(folder), PurgeOptions(older_than="90 days", confirm=4), lambda _: "").people == 4
    left = b"".join(path.read_bytes() for path in folder.glob("ledger.sqlite*"))
    assert b"customer3@" not in left
    move(folder, "sqlite", 4)
    assert {row["address"] for row in results(folder)} == {""}
