"""A person takes refusals back: just those, after the typed number, and noted; ``send`` then writes to them once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_rows
from smtp_fakes import FaultyConversation, Relay

from mass_apology.errors import ConfirmationError, InputError, LedgerError
from mass_apology.flows.feedback.retry import (
    Found,
    Retried,
    RetryOptions,
    retry,
)
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Status
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LENIENT = {"refusals": 0.9}
SPAM, DEAD = b"554 5.7.1 Rejected as spam %d", b"550 5.1.1 No such user"


class Mood:
    """Refuses some customers until it is told not to: every tenth as spam, every seventh as unknown."""

    def __init__(self) -> None:
        self.mended = threading.Event()

    def __call__(self, _conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb != "RCPT" or self.mended.is_set():
            return None
        number = int(argument.partition(b"customer")[2].partition(b"@")[0])
        if number % 10 == 0:
            return b"554 5.7.1 Rejected as spam, letter " + b"abcdefg"[number // 10 : number // 10 + 1]
        return DEAD if number % 7 == 0 else None


@pytest.fixture
def mood() -> Mood:
    return Mood()


@pytest.fixture
def live(mood: Mood) -> Iterator[Relay]:
    with relay(fault=mood) as listening:
        yield listening


@pytest.fixture
def refused(tmp_path: Path, live: Relay) -> Path:
    """Of 40 customers 0, 10, 20 and 30 were refused as spam; 7, 14, 21, 28 and 35 are unknown."""
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(40), limits=LENIENT, relay={"connections": 1})
    send(folder)
    assert statuses(folder) == {"ACCEPTED": 31, "REFUSED": 9}
    return folder


def taken_back(folder: Path, person: Person | None = None, **options: object) -> tuple[Found, Retried]:
    shown: list[Found] = []
    retried = retry(Workspace.open(folder), RetryOptions(**options), shown.append, (person or Person()).count)
    return shown[0], retried


def due(folder: Path) -> set[str]:
    return {result.address.partition("@")[0] for result in results(folder) if result.status is Status.DEFERRED}


def notes(folder: Path) -> list[str]:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        return [note.what for note in ledger.notes()]


@pytest.mark.parametrize("code", ["5.7.1", "554"])
def test_those_with_the_code_are_written_to_again_and_nobody_else(
    refused: Path, live: Relay, mood: Mood, code: str
) -> None:
    found, retried = taken_back(refused, code=code)
    assert (found.letters, retried.letters, found.suppressed) == (4, 4, 0)
    assert retried.command == "mass-apology send"
    assert sum(found.said.values()) == 4
    assert all("554 5.7.1 Rejected as spam" in said for said in found.said)
    assert due(refused) == {"customer0", "customer10", "customer20", "customer30"}
    assert len(live.received) == 31  # nothing was sent by it
    mood.mended.set()
    ended = send(refused)
    assert (ended.sent, ended.due) == (4, 0)
    assert statuses(refused) == {"ACCEPTED": 35, "REFUSED": 5}
    assert set(Counter(one.recipients for one in live.received).values()) == {1}


def test_those_of_whom_a_condition_holds(refused: Path) -> None:
    found, _ = taken_back(refused, where="minutes > 20")
    assert found.letters == 5
    assert due(refused) == {f"customer{n}" for n in (20, 21, 28, 30, 35)}


def test_code_and_condition_together(refused: Path) -> None:
    taken_back(refused, code="5.1.1", where="name == 'Customer 14' or name == 'Customer 20'")
    assert due(refused) == {"customer14"}


def test_all_of_them(refused: Path, mood: Mood) -> None:
    found, _ = taken_back(refused)
    assert found.letters == 9
    mood.mended.set()
    assert send(refused).sent == 9
    assert statuses(refused) == {"ACCEPTED": 40}


def test_it_is_noted_by_whom_and_which(refused: Path) -> None:
    before = time.time()
    _, retried = taken_back(refused, code="5.1.1", where="minutes < 20")
    with SqliteRecords.open(refused / "ledger.sqlite", "trial") as ledger:
        note = ledger.notes()[-1]
    assert note.at >= before
    assert note.what == (
        f"{retried.by} took back 2 refusals of the wave first, code 5.1.1 and where minutes < 20: rows 9, 16"
    )


@pytest.mark.parametrize("typed", ["", "8", "10", "yes"])
def test_another_number_changes_nothing(refused: Path, typed: str) -> None:
    before = notes(refused)
    with pytest.raises(ConfirmationError, match=r"9 refused letters were found, but .* nothing was changed") as stopped:
        taken_back(refused, Person(types=typed))
    assert "--confirm 9" in stopped.value.next_step
    assert due(refused) == set()
    assert notes(refused) == before


def test_the_number_can_be_given(refused: Path) -> None:
    with pytest.raises(ConfirmationError, match="the number given was 3"):
        taken_back(refused, confirm=3)
    taken_back(refused, Person(types="no"), confirm=9)
    assert len(due(refused)) == 9


def test_who_is_on_the_suppression_list_stays_refused(refused: Path, live: Relay, mood: Mood) -> None:
    stopped = Entry.of("customer10@d3.example", Reason.REQUESTED, at=time.time(), source="a call")
    with Suppressions.open(shared_path()) as store:
        store.add(stopped)
    found, retried = taken_back(refused, code="5.7.1")
    assert (found.letters, found.suppressed, retried.letters) == (3, 1, 3)
    mood.mended.set()
    send(refused)
    assert statuses(refused) == {"ACCEPTED": 34, "REFUSED": 6}
    assert ("customer10@d3.example",) not in {one.recipients for one in live.received}
    with pytest.raises(ConfirmationError, match="on the suppression list"):
        taken_back(refused, code="5.7.1")


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"code": "5.9.9"}, ConfirmationError, "No letter of the wave first is REFUSED as was asked for"),
        ({"wave": "second"}, ConfirmationError, "No letter of a wave second was ever planned"),
        ({"where": "plan == 'pro'"}, InputError, "plan"),
        ({"where": "minutes >"}, InputError, "^--where, minutes >, cannot be used"),
    ],
)
def test_what_chooses_nobody_or_cannot_be_used_says_so(
    refused: Path, options: dict[str, str], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        taken_back(refused, **options)
    assert due(refused) == set()


def test_without_a_ledger_there_is_nothing_to_take_back(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1:1", customers(3))
    with pytest.raises(LedgerError):
        taken_back(folder)
    assert not (folder / "ledger.sqlite").exists()


def test_a_letter_taken_back_may_be_refused_again_and_taken_back_again(refused: Path, live: Relay) -> None:
    for _ in range(2):
        taken_back(refused, code="5.1.1")
        send(refused)
        assert statuses(refused) == {"ACCEPTED": 31, "REFUSED": 9}
    assert len(live.received) == 31


def test_who_left_the_file_stays_refused_with_what_the_relay_said(refused: Path, live: Relay, mood: Mood) -> None:
    write_rows(refused / "affected.csv", [row for n, row in enumerate(customers(40)) if n not in {7, 10}])
    send(refused)
    found, retried = taken_back(refused)
    assert (found.letters, found.left_file, retried.letters) == (7, 2, 7)
    mood.mended.set()
    send(refused)
    assert statuses(refused) == {"ACCEPTED": 38, "REFUSED": 2}
    with pytest.raises(ConfirmationError, match="2 to customers who are no longer in the recipients file"):
        taken_back(refused)


def test_a_letter_withheld_later_no_longer_has_the_code_of_its_refusal(refused: Path, live: Relay) -> None:
    taken_back(refused, code="5.1.1")
    write_rows(refused / "affected.csv", [row for n, row in enumerate(customers(40)) if n != 7])
    send(refused, withhold_missing=True)
    withheld = next(each for each in results(refused) if each.address == "customer7@d0.example")
    assert (withheld.status, withheld.code, withheld.enhanced_code) == (Status.WITHHELD, None, None)
    assert withheld.reply == "no longer in the recipients file"
