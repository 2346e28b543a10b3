"""A ledger that was lost is rebuilt from log.jsonl: who was written to is known again, and gets no second letter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_rows
from smtp_fakes import FaultyConversation, Nth, Relay

from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows import suppress
from mass_apology.flows.continuity.rebuild import Rebuilt, rebuild
from mass_apology.flows.feedback import retry
from mass_apology.model import Status
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 60
Harm = Callable[[Path], object]


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def delete_ledger(folder: Path) -> None:
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()


def delete_ledger_and_state(folder: Path) -> None:
    """The key of the Message-IDs is gone, too."""
    delete_ledger(folder)
    shutil.rmtree(os.environ[STATE_VARIABLE])


LOSSES = [delete_ledger, delete_ledger_and_state]
every_loss = pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)


def rebuilt(folder: Path) -> Rebuilt:
    return rebuild(Workspace.open(folder), folder / "log.jsonl", on_progress=lambda *_: None)


def message_ids(folder: Path) -> dict[str, str]:
    return {result.address: result.message_id for result in results(folder)}


def killed(folder: Path, live: Relay, at: int) -> None:
    """Kill the sender at a dot, before it is answered: of a canary's dots none is the last then, and no letter behind
    the canary was claimed. A kill that comes a little later finds all claimed, which then are in doubt."""
    campaign_folder(folder, live.sink.url, customers(LETTERS), relay={"rate": "60/s"})
    words = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(LETTERS)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(_: FaultyConversation) -> None:
        process.kill()
        process.wait()

    live.fault = Nth(".", at, kill)
    process.wait()
    live.fault = None


@every_loss
def test_a_whole_campaign_is_known_again(tmp_path: Path, live: Relay, lose: Harm) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(LETTERS))
    send(folder)
    before = message_ids(folder)
    lose(folder)
    found = rebuilt(folder)
    assert (found.accepted, found.in_doubt, found.unmatched, found.missing, found.due) == (LETTERS, 0, 0, 0, 0)
    assert statuses(folder) == {"ACCEPTED": LETTERS}
    assert message_ids(folder) == before
    assert send(folder).sent == 0
    assert len(live.received) == LETTERS


@every_loss
def test_customers_who_are_new_get_their_letter_and_the_others_none(tmp_path: Path, live: Relay, lose: Harm) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(LETTERS))
    send(folder)
    lose(folder)
    assert rebuilt(folder).whole
    write_rows(folder / "affected.csv", customers(LETTERS + 7))
    person = Person()
    assert send(folder, person).sent == 7
    assert person.asked == [7]
    assert person.checks[0] is not None  # the plan was made, looked at and confirmed anew
    assert sorted(live.numbers) == list(range(LETTERS + 7))


@every_loss
def test_after_a_kill_what_may_have_left_is_in_doubt_and_the_rest_is_sent(
    tmp_path: Path, live: Relay, lose: Harm
) -> None:
    folder = tmp_path / "c"
    killed(folder, live, 25)
    left = set(live.numbers)
    lose(folder)
    found = rebuilt(folder)
    assert found.whole
    assert found.accepted + found.in_doubt >= len(left)
    assert found.accepted + found.in_doubt + found.due == LETTERS
    ended = send(folder)
    assert ended.counts[Status.IN_DOUBT] == found.in_doubt
    assert max(Counter(live.numbers).values()) == 1
    known = {result.address for result in results(folder)}
    assert len(known) == LETTERS


@every_loss
def test_refused_and_deferred_letters_are_what_they_were(tmp_path: Path, lose: Harm) -> None:
    fault = Nth("RCPT", 3, lambda _: b"550 5.1.1 No such user")
    with relay(fault=fault) as live:
        folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
        send(folder)
        before = statuses(folder)
        assert before == {"ACCEPTED": 19, "REFUSED": 1}
        lose(folder)
        found = rebuilt(folder)
        assert (found.accepted, found.refused) == (19, 1)
        assert statuses(folder) == before
        assert send(folder).sent == 0


def test_an_older_copy_learns_what_it_lacks(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "c"
    killed(folder, live, 20)
    send(folder)
    assert statuses(folder)["PLANNED"] == 0
    delete_ledger(folder)
    shutil.rmtree(os.environ[STATE_VARIABLE])
    assert rebuilt(folder).whole
    shutil.copy(folder / "ledger.sqlite", tmp_path / "older.sqlite")
    write_rows(folder / "affected.csv", customers(LETTERS + 5))
    assert send(folder).sent == 5
    shutil.copy(tmp_path / "older.sqlite", folder / "ledger.sqlite")
    with pytest.raises(ConfirmationError, match="ledger-set-back"):
        send(folder)
    found = rebuilt(folder)
    assert (found.accepted, found.unmatched) == (5, 0)
    assert send(folder).sent == 0
    assert max(Counter(live.numbers).values()) == 1


class Phoned(Person):
    """Somebody asks not to be written to while the number is asked for."""

    def count(self, due: int) -> str:
        suppress.add("customer3@d3.example", "requested", "")
        return super().count(due)


def set_back_before_one_letter_left(folder: Path, older: Path, again: Callable[[], object]) -> None:
    """The ledger is copied, a letter that it knew to have ended leaves after all, and the copy takes its place."""
    shutil.copy(folder / "ledger.sqlite", older)
    before = statuses(folder)
    again()
    assert send(folder).sent == 1
    delete_ledger(folder)
    shutil.copy(older, folder / "ledger.sqlite")
    assert statuses(folder) == before
    assert rebuilt(folder).accepted == 1
    assert statuses(folder) == {"ACCEPTED": 5}
    assert send(folder).sent == 0


def test_a_refused_letter_that_left_later_is_accepted_in_an_older_ledger_too(tmp_path: Path) -> None:
    with relay(fault=Nth("RCPT", 3, lambda _: b"550 5.1.1 No such user")) as live:
        folder = campaign_folder(tmp_path / "c", live.sink.url, customers(5))
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 4, "REFUSED": 1}
        set_back_before_one_letter_left(
            folder,
            tmp_path / "older.sqlite",
            lambda: retry.retry(Workspace.open(folder), retry.RetryOptions(), lambda _: None, str),
        )
        assert sorted(live.numbers) == [0, 1, 2, 3, 4]


def test_a_letter_in_doubt_that_left_again_with_another_ledger_is_accepted_in_the_first_one(tmp_path: Path) -> None:
    with relay(fault=Nth(".", 2, lambda conversation: conversation.close())) as live:
        folder = campaign_folder(tmp_path / "c", live.sink.url, customers(5), relay={"connections": 1})
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 4, "IN_DOUBT": 1}
        (doubtful,) = (each for each in results(folder) if each.status is Status.IN_DOUBT)
        shutil.copy(folder / "ledger.sqlite", tmp_path / "first.sqlite")
        delete_ledger(folder)
        assert send(folder, override=("ledger-lost",)).sent == 5
        left_with = message_ids(folder)[doubtful.address]
        shutil.copy(tmp_path / "first.sqlite", folder / "ledger.sqlite")
        assert rebuilt(folder).accepted == 1
        assert statuses(folder) == {"ACCEPTED": 5}
        assert message_ids(folder)[doubtful.address] == left_with != doubtful.message_id


@pytest.mark.parametrize("planned", [False, True])
def test_a_withheld_letter_that_left_later_is_accepted_in_an_older_ledger_too(
    tmp_path: Path, live: Relay, *, planned: bool
) -> None:
    """Whether somebody was suppressed before the plan was made, or when their letter was due already."""
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(5))
    if planned:
        send(folder, Phoned())
    else:
        suppress.add("customer3@d3.example", "requested", "")
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 4, "WITHHELD": 1}
    set_back_before_one_letter_left(folder, tmp_path / "older.sqlite", lambda: suppress.remove("customer3@d3.example"))
    assert sorted(live.numbers) == [0, 1, 2, 3, 4]


def test_without_key_and_with_another_file_nothing_is_guessed(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    send(folder)
    before = message_ids(folder)
    delete_ledger_and_state(folder)
    write_rows(folder / "affected.csv", list(reversed(customers(30))))
    found = rebuilt(folder)
    assert (found.letters, found.unmatched) == (0, 20)
    with pytest.raises(ConfirmationError, match="ledger-lost"):
        send(folder)
    write_rows(folder / "affected.csv", customers(20))  # as it was
    with pytest.raises(ConfirmationError, match="ledger-lost"):
        send(folder)
    assert rebuilt(folder).accepted == 20
    known = {result.address: result.message_id for result in results(folder) if result.status is Status.ACCEPTED}
    assert known == before  # each letter is again that of the person who has it


def test_with_the_key_rows_may_stand_elsewhere(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    send(folder)
    delete_ledger(folder)
    write_rows(folder / "affected.csv", list(reversed(customers(25))))
    assert rebuilt(folder).accepted == 20
    assert send(folder).sent == 5
    assert sorted(live.numbers) == list(range(25))


def test_a_log_that_lacks_its_end_does_not_pass_for_whole(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(LETTERS))
    send(folder)
    delete_ledger(folder)
    lines = (folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    accepted = [place for place, line in enumerate(lines) if b'"accepted"' in line]
    kept = [line for place, line in enumerate(lines) if place not in accepted[30:] and b'"claimed"' not in line]
    (folder / "log.jsonl").write_bytes(b"".join(kept))
    found = rebuilt(folder)
    assert (found.accepted, found.missing) == (30, 30)
    with pytest.raises(ConfirmationError, match="ledger-"):
        send(folder)


def test_reading_the_log_again_changes_nothing(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    send(folder)
    delete_ledger(folder)
    rebuilt(folder)
    before = results(folder)
    again = rebuilt(folder)
    assert (again.letters, again.whole) == (0, True)
    assert results(folder) == before


@every_loss
def test_letters_of_people_who_are_suppressed_by_now_are_known_and_never_go_again(
    tmp_path: Path, live: Relay, lose: Harm
) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    send(folder)
    suppress.add("customer3@d3.example", "requested", "")
    lose(folder)
    suppress.add("customer3@d3.example", "requested", "")  # the list may have been lost, too
    found = rebuilt(folder)
    assert (found.accepted, found.unmatched, found.due) == (20, 0, 0)
    assert statuses(folder) == {"ACCEPTED": 20}
    assert send(folder).sent == 0
    suppress.remove("customer3@d3.example")
    write_rows(folder / "affected.csv", customers(21))
    assert send(folder).sent == 1
    assert sorted(live.numbers) == list(range(21))


def test_who_was_suppressed_before_any_letter_left_stays_without_one(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    suppress.add("customer3@d3.example", "requested", "")
    send(folder)
    delete_ledger(folder)
    found = rebuilt(folder)
    assert (found.accepted, found.unmatched, found.due) == (19, 0, 0)
    assert statuses(folder) == {"ACCEPTED": 19, "WITHHELD": 1}
    assert send(folder).sent == 0
    assert statuses(folder) == {"ACCEPTED": 19, "WITHHELD": 1}
    suppress.remove("customer3@d3.example")
    write_rows(folder / "affected.csv", customers(21))
    assert send(folder).sent == 2
    assert sorted(live.numbers) == list(range(21))


@every_loss
def test_letters_that_were_planned_from_a_file_in_another_order_are_their_own_people_s(
    tmp_path: Path, live: Relay, lose: Harm
) -> None:
    """The key may be gone with the ledger: then the log's line numbers are all there is."""

    class Edits(Person):
        def count(self, due: int) -> str:
            letter = folder / "templates/sorry/en.md"
            letter.write_text(letter.read_text(encoding="utf-8") + "Truly.\n", encoding="utf-8")
            return super().count(due)

    rows = customers(12)
    folder = campaign_folder(tmp_path / "c", live.sink.url, rows)
    with pytest.raises(ConfirmationError, match="the template changed"):
        send(folder, Edits())  # all are planned, and none has left
    write_rows(folder / "affected.csv", rows[::-1])
    live.fault = lambda _, verb, argument: b"550 5.1.1 no" if verb == "RCPT" and b"customer3@" in argument else None
    assert send(folder).sent == 11
    before = {result.address: result.status for result in results(folder)}
    lose(folder)
    rebuilt(folder)
    after = {result.address: result.status for result in results(folder)}
    assert after == before
    assert before["customer3@d3.example"] is Status.REFUSED
    assert send(folder).sent == 0


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another machine", "the same machine"])
def test_a_copy_stays_a_copy_whatever_its_log_tells(tmp_path: Path, live: Relay, elsewhere: bool) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    killed(first, live, 20)
    shutil.copytree(first, second)
    state = Path(os.environ[STATE_VARIABLE])
    if elsewhere:
        state.rename(tmp_path / "state of the first machine")
        state.mkdir()
    assert rebuilt(second).copied_from == str(first.resolve())
    with pytest.raises(ConfirmationError, match="ledger-copied"):
        send(second)
    if elsewhere:
        shutil.rmtree(state)
        (tmp_path / "state of the first machine").rename(state)
    assert rebuilt(first).copied_from == ""
    send(first)  # where the copy was made nothing has changed
    with pytest.raises(ConfirmationError, match="ledger-copied"):
        send(second)
    assert max(Counter(live.numbers).values()) == 1


def test_a_copy_that_has_learned_goes_on_with_the_one_override(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    killed(first, live, 20)
    shutil.copytree(first, second)
    assert rebuilt(second).due == LETTERS - 20
    send(second, override=("ledger-copied",))
    assert send(second).due == 0
    assert max(Counter(live.numbers).values()) == 1


def test_a_log_that_is_not_there(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(3))
    with pytest.raises(InputError, match="no log"):
        rebuild(Workspace.open(folder), folder / "log.jsonl", on_progress=lambda *_: None)
    assert not (folder / "ledger.sqlite").exists()


def test_the_command_says_what_it_learned(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(20))
    send(folder)
    delete_ledger(folder)
    command = [sys.executable, "-m", "mass_apology", "reconcile", "-C", str(folder), "--from-log"]
    done = subprocess.run([*command, str(folder / "log.jsonl")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The ledger learned of 20 letters" in done.stdout
    assert "Still due: 0 letters." in done.stdout
