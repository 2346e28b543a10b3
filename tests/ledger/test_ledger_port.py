"""What ``port.Sender`` promises, on every ledger that implements it, and a campaign that is sent with each of them."""

from __future__ import annotations

import ast
import asyncio
import inspect
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Protocol

import pytest
from ledger_samples import CAMPAIGN, NOON, bury_holder, mark, message_id, plan, recipient, statuses
from memory_ledger import MemoryLedger
from memory_letters import MemoryLetters
from msgspec.structs import replace
from smtp_fakes import FaultyConversation, Nth, Relay, message

from mass_apology.errors import FencedOut, IllegalTransition, LedgerError, LedgerLocked
from mass_apology.ledger import Control, planner, port, readers, writers
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.model import Delivery, Mark, Message, Status
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.sending.event_log import EventLog
from mass_apology.sending.gate import Gate
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.run_stats import RunStats
from mass_apology.settings import Campaign, RelaySettings, SenderSettings
from mass_apology.smtp.relay import run

PLANNED, DEFERRED, HANDING_OVER = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER
ACCEPTED, REFUSED, IN_DOUBT = Status.ACCEPTED, Status.REFUSED, Status.IN_DOUBT
LETTERS = 20


class Kind(Protocol):
    """A campaign with ``LETTERS`` letters due, whose ids are 1, 2, …, in one kind of ledger."""

    def open(self) -> SqliteLedger | MemoryLedger:
        """A session of its own, without the lock."""

    def statuses(self) -> dict[int, Status]:
        """Of every letter, as another session sees it."""

    def crash(self) -> None:
        """Whoever holds the lock has ended without giving it back."""

    def request(self, wanted: Control) -> None:
        """A person at another terminal asks for this."""


class InSqlite:
    def __init__(self, folder: Path, canary: Sequence[int]) -> None:
        self._path = folder / "ledger.sqlite"
        with SqliteLedger.create(self._path, CAMPAIGN) as ledger:
            ledger.acquire(NOON)
            plan(ledger, map(recipient, range(LETTERS)), canary=canary)

    def open(self) -> SqliteLedger:
        return SqliteLedger.open(self._path, CAMPAIGN)

    def statuses(self) -> dict[int, Status]:
        return statuses(self._path)

    def crash(self) -> None:
        bury_holder(self._path)

    def request(self, wanted: Control) -> None:
        with SqliteRecords.open(self._path, CAMPAIGN) as records:
            records.request(wanted)


class InMemory:
    def __init__(self, _: Path, canary: Sequence[int]) -> None:
        self._letters = MemoryLetters()
        self._letters.plan(map(_delivery, range(LETTERS)), canary)

    def open(self) -> MemoryLedger:
        return MemoryLedger(self._letters)

    def statuses(self) -> dict[int, Status]:
        return {number: letter.status for number, letter in self._letters.letters.items()}

    def crash(self) -> None:
        self._letters.is_held = False

    def request(self, wanted: Control) -> None:
        self._letters.wanted = wanted


def _delivery(number: int) -> Delivery:
    person = recipient(number)
    return Delivery(
        id=number + 1,
        address=person.address,
        name=person.name,
        language=person.language,
        time_zone=person.time_zone,
        lines=f"[{person.line}]",
        rows="[]",
        message_id=message_id(person.identity),
        number=number + 1,
    )


@pytest.fixture(params=[InSqlite, InMemory])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    return request.param(tmp_path, [4, 9])


@pytest.fixture
def ledger(kind: Kind) -> Iterator[SqliteLedger | MemoryLedger]:
    """A session that holds the lock."""
    session = kind.open()
    session.acquire(NOON)
    yield session
    if isinstance(session, SqliteLedger):
        with suppress(LedgerError):  # a test that broke it has looked at the error itself
            session.__exit__()


def close(session: SqliteLedger | MemoryLedger) -> None:
    session.release()
    if isinstance(session, SqliteLedger):
        session.__exit__()


def claim(ledger: port.Sender, limit: int = 100, now: float = NOON, *, canary_only: bool = False) -> list[int]:
    return [letter.id for letter in asyncio.run(ledger.claim(limit, now, canary_only=canary_only))]


def record(ledger: port.Sender, *marks: Mark) -> None:
    async def all_of_them() -> None:
        for each in marks:
            ledger.record(each)
        await ledger.flush()

    asyncio.run(all_of_them())


class TestSender:
    def test_each_letter_is_given_out_once_the_canary_first(self, ledger: port.Sender) -> None:
        assert claim(ledger, 1, canary_only=True) == [4]
        assert claim(ledger, canary_only=True) == [9]
        assert claim(ledger, canary_only=True) == []
        assert claim(ledger, 5) == [1, 2, 3, 5, 6]
        assert claim(ledger) == [7, 8, *range(10, 21)]
        assert claim(ledger) == []

    def test_a_letter_comes_with_its_address_and_message_id(self, ledger: port.Sender) -> None:
        letter = asyncio.run(ledger.claim(1, NOON))[0]
        person = recipient(0)
        assert (letter.address, letter.name, letter.language, letter.lines, letter.message_id, letter.attempts) == (
            person.address, person.name, "pl", "[2]", message_id(person.identity), 0,
        )  # fmt: skip

    def test_only_letters_of_the_wave(self, ledger: port.Sender) -> None:
        assert asyncio.run(ledger.claim(9, NOON, wave="second")) == []
        assert asyncio.run(ledger.next_due_at("second")) is None

    def test_a_deferred_letter_comes_back_when_it_is_due_and_once(self, ledger: port.Sender) -> None:
        claim(ledger)
        for attempt in (1, 2):
            record(ledger, mark(3, DEFERRED, due_at=NOON + 60 * attempt, attempts=attempt, at=NOON + attempt))
            assert asyncio.run(ledger.next_due_at()) == NOON + 60 * attempt
            assert claim(ledger, now=NOON + 60 * attempt - 1) == []
            (letter,) = asyncio.run(ledger.claim(9, NOON + 60 * attempt))
            assert (letter.id, letter.attempts, letter.first_tried_at) == (3, attempt, NOON + 1)
            assert asyncio.run(ledger.next_due_at()) is None
            assert claim(ledger, now=NOON + 600) == []

    def test_deferrals_go_before_planned_letters_and_share_the_limit(self, ledger: port.Sender) -> None:
        claim(ledger, 4)
        record(ledger, mark(1, DEFERRED, due_at=NOON - 1), mark(2, DEFERRED, due_at=NOON - 2))
        assert claim(ledger, 3) == [2, 1, 5]

    def test_a_claim_ends_with_its_session(self, kind: Kind, ledger: SqliteLedger | MemoryLedger) -> None:
        claim(ledger, 3)
        record(ledger, mark(2, REFUSED))
        close(ledger)
        successor = kind.open()
        assert claim(successor, 3) == [1, 3, 4]
        close(successor)

    def test_hand_over_returns_when_the_mark_is_durable(self, kind: Kind, ledger: port.Sender) -> None:
        asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
        assert kind.statuses()[1] is HANDING_OVER

    def test_outcomes_are_durable_after_a_flush(self, kind: Kind, ledger: port.Sender) -> None:
        record(ledger, mark(1, HANDING_OVER), mark(1, ACCEPTED), mark(2, HANDING_OVER), mark(2, DEFERRED))
        assert [kind.statuses()[number] for number in (1, 2, 3)] == [ACCEPTED, DEFERRED, PLANNED]

    @pytest.mark.parametrize("number", [1, 999])
    def test_what_has_no_way_stops_the_writing(self, kind: Kind, ledger: port.Sender, number: int) -> None:
        with pytest.raises(IllegalTransition, match=rf"delivery {number}|Delivery {number}"):
            record(ledger, mark(number, ACCEPTED))
        with pytest.raises(IllegalTransition):
            asyncio.run(ledger.hand_over(mark(2, HANDING_OVER)))
        with pytest.raises(IllegalTransition):
            claim(ledger)
        assert set(kind.statuses().values()) == {PLANNED}

    def test_whoever_was_taken_over_writes_nothing(self, kind: Kind, ledger: SqliteLedger | MemoryLedger) -> None:
        successor = kind.open()
        with pytest.raises(LedgerLocked):
            successor.acquire(NOON)
        kind.crash()
        successor.acquire(NOON)
        with pytest.raises(FencedOut):
            asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
        assert kind.statuses()[1] is PLANNED
        close(successor)

    def test_hand_overs_without_a_reply_become_in_doubt(self, kind: Kind, ledger: port.Sender) -> None:
        record(ledger, mark(1, HANDING_OVER), mark(2, HANDING_OVER), mark(2, ACCEPTED))
        kind.crash()
        successor = kind.open()
        successor.acquire(NOON)
        assert successor.recover(NOON) == 1
        assert [kind.statuses()[number] for number in (1, 2, 3)] == [IN_DOUBT, ACCEPTED, PLANNED]
        assert claim(successor, 1) == [3]
        close(successor)

    def test_who_listens_hears_of_claims_and_of_durable_marks(self, ledger: SqliteLedger | MemoryLedger) -> None:
        claimed: list[int] = []
        durable: list[Status] = []
        ledger.on_claim(lambda letters: claimed.extend(letter.id for letter in letters))
        ledger.on_durable(lambda marks: durable.extend(each.status for each in marks))
        assert claim(ledger, 2) == claimed == [1, 2]
        asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
        record(ledger, mark(1, ACCEPTED))
        assert durable == [HANDING_OVER, ACCEPTED]

    def test_the_last_request_reaches_the_sender(self, kind: Kind, ledger: port.Sender) -> None:
        assert asyncio.run(ledger.wanted()) is Control.RUN
        for wanted in (Control.PAUSE, Control.STOP, Control.RUN):
            kind.request(wanted)
            assert asyncio.run(ledger.wanted()) is wanted

    @pytest.mark.parametrize("wanted", [Control.PAUSE, Control.STOP])
    def test_a_request_is_void_for_the_next_holder(
        self, kind: Kind, ledger: SqliteLedger | MemoryLedger, wanted: Control
    ) -> None:
        kind.request(wanted)
        kind.crash()
        kind.request(wanted)
        successor = kind.open()
        successor.acquire(NOON)
        assert asyncio.run(successor.wanted()) is Control.RUN
        kind.request(wanted)
        assert asyncio.run(successor.wanted()) is wanted
        close(successor)


class FakeRenderPool:
    async def write(self, deliveries: Sequence[Delivery], *, now: float, eightbit: bool) -> list[Message]:
        return [replace(message(each.id), delivery=each, sha256=bytes(32)) for each in deliveries]


def fault(lost: Nth) -> object:
    """Customer 7 has moved, customer 9 is greylisted once, and one reply to a dot gets lost."""
    greylisted = Nth("RCPT", 1, lambda _: b"451 4.7.1 Try later")

    def respond(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT" and b"customer7@" in argument:
            return b"550 5.1.1 No such user"
        if verb == "RCPT" and b"customer9@" in argument:
            return greylisted(conversation, verb, argument)
        return lost(conversation, verb, argument)

    return respond


async def send_due(ledger: port.Sender, relay: Relay, folder: Path) -> None:
    """One run, as ``flows.send`` makes it, without the wait for letters that are deferred."""
    async with relay.sink as sink:
        campaign = Campaign(
            name=CAMPAIGN,
            template="service-outage",
            recipients="affected.csv",
            sender=SenderSettings(from_="anna@acme.example"),
            relay=RelaySettings(url=sink.url, connections=2),
        )
        with closing(EventLog(folder / "log.jsonl")) as log:
            outbox = Outbox(ledger, FakeRenderPool(), eightbit=True, gate=Gate([]), longest_wait=0.0)
            dispatcher = Dispatcher(
                campaign=campaign,
                outbox=outbox,
                ledger=ledger,
                log=log,
                stats=RunStats(LETTERS),
                windows=RelayWindows([], []),
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(outbox.fill(dispatcher.withhold))
                await run(campaign.relay, None, dispatcher, dispatcher.allowed)
                dispatcher.close()
            await ledger.flush()
            assert dispatcher.failure is None


def test_a_whole_campaign(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay(fault=fault(Nth(".", 6, lambda conversation: conversation.close())))
    session = kind.open()
    session.acquire(NOON)
    asyncio.run(send_due(session, relay, tmp_path))
    first = kind.statuses()
    assert (first[8], first[10]) == (REFUSED, DEFERRED)
    assert sorted(map(list(first.values()).count, set(first.values()))) == [1, 1, 1, LETTERS - 3]
    close(session)

    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    successor = kind.open()
    successor.acquire(later)
    assert successor.recover(later) == 0
    asyncio.run(send_due(successor, relay, tmp_path))
    close(successor)
    last = kind.statuses()
    (doubtful,) = (number for number, status in last.items() if status is IN_DOUBT)
    assert {number for number, status in last.items() if status is ACCEPTED} == {*range(1, 21)} - {8, doubtful}
    assert sorted({*relay.numbers, doubtful - 1}) == [number for number in range(LETTERS) if number != 7]
    assert len(relay.numbers) == len(set(relay.numbers))


def test_no_protocol_is_larger_than_its_user_needs() -> None:
    for module in (port, readers, writers, planner):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
                assert len(methods) <= 10, node.name
