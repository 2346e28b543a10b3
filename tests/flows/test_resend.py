"""``resend``: one letter once more, to who asks for it; after any crash never two that nobody agreed to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forked import forked
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_rows
from smtp_fakes import FaultyConversation, Relay

from mass_apology.errors import ConfirmationError, InputError, LedgerError
from mass_apology.flows.feedback.retry import RetryOptions, retry
from mass_apology.flows.person import resend as flow
from mass_apology.flows.person.resend import Proposal, ResendOptions, Resent, Step
from mass_apology.flows.person.show import Shown, show
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Status
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LENIENT = {"refusals": 1.0, "deferrals": 1.0}
ASKS = "customer3@d3.example"
NEW = "kunde3@neu.example"


class Agent(Person):
    """Somebody of the customer service, who agrees unless told otherwise."""

    def __init__(self, says: str = "yes") -> None:
        super().__init__()
        self.says = says
        self.proposals: list[Proposal] = []

    def propose(self, proposal: Proposal) -> None:
        self.proposals.append(proposal)

    def agree(self, _question: str) -> str:
        return self.says


class Mood:
    """Says what it is told to one verb, or nothing."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bytes], bytes | None]] = {}

    def __call__(self, _conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return self.answers[verb](argument) if verb in self.answers else None


def refuse_all_but(mood: Mood, whom: str) -> None:
    mood.answers["RCPT"] = lambda to: None if whom.encode() in to else b"550 5.1.1 No such user"


@pytest.fixture
def mood() -> Mood:
    return Mood()


@pytest.fixture
def live(mood: Mood) -> Iterator[Relay]:
    with relay(fault=mood) as listening:
        yield listening


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    return campaign_folder(tmp_path / "trial", live.sink.url, customers(6), relay={"connections": 1}, limits=LENIENT)


@pytest.fixture
def sent(folder: Path, live: Relay) -> Path:
    send(folder)
    live.received.clear()
    return folder


def resend(folder: Path, agent: Agent | None = None, **options: object) -> Resent:
    asked = ResendOptions(**{"address": ASKS, **options})  # type: ignore[arg-type]
    return flow.resend(Workspace.open(folder), asked, agent or Agent())


def field(live: Relay, name: str, letter: int = -1) -> str:
    found = re.search(rf"^{name}: (\S+)".encode(), live.received[letter].data, re.MULTILINE)
    return found[1].decode() if found else ""


def looked_up(folder: Path, address: str = ASKS) -> Shown:
    return show(Workspace.open(folder), address)


def letters(folder: Path, address: str = ASKS) -> dict[str, Status]:
    (person,) = looked_up(folder, address).persons
    return {each.letter.wave: each.letter.status for each in person.letters}


def notes(folder: Path) -> list[str]:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        return [note.what for note in ledger.notes()]


def own_id(folder: Path) -> str:
    return next(each.message_id for each in results(folder) if each.address == ASKS)


def killed(act: Callable[[], object]) -> None:
    _, status = os.waitpid(forked(act), 0)
    assert status


# An accepted letter


def test_the_same_letter_goes_once_more_with_its_message_id(sent: Path, live: Relay) -> None:
    agent = Agent()
    resent = resend(sent, agent)
    assert (resent.status, resent.wave, resent.address) == (Status.ACCEPTED, "resend-1", ASKS)
    assert [each.recipients for each in live.received] == [(ASKS,)]
    assert field(live, "Message-ID") == own_id(sent)
    assert field(live, "In-Reply-To") == ""  # it answers nothing, least of all itself
    assert letters(sent) == {"first": Status.ACCEPTED, "resend-1": Status.ACCEPTED}
    assert statuses(sent) == {"ACCEPTED": 6}
    (proposal,) = agent.proposals
    assert (proposal.step, proposal.same_id, proposal.line, proposal.changed) == (Step.ONCE_MORE, True, 5, ())
    assert any(
        "agreed: the letter of the wave first to row 5 is sent once more, with the same" in n for n in notes(sent)
    )
    assert not any(ASKS in note for note in notes(sent))


def test_or_a_letter_of_its_own_in_the_same_conversation(sent: Path, live: Relay) -> None:
    resend(sent, new_message_id=True)
    assert field(live, "Message-ID") not in {"", own_id(sent)}
    assert field(live, "In-Reply-To") == own_id(sent)


def test_without_a_yes_nothing_leaves_and_nothing_is_planned(sent: Path, live: Relay) -> None:
    for agent, options in ((Agent("no"), {}), (Agent(""), {}), (Agent(), {"confirm": 2})):
        with pytest.raises(ConfirmationError, match="nothing was sent"):
            resend(sent, agent, **options)
    assert (live.received, letters(sent)) == ([], {"first": Status.ACCEPTED})
    assert not any("agreed" in note for note in notes(sent))


def test_a_number_serves_for_the_yes(sent: Path, live: Relay) -> None:
    resend(sent, Agent(""), confirm=1)
    assert len(live.received) == 1


def test_twice_is_asked_for_aloud(sent: Path, live: Relay) -> None:
    resend(sent)
    with pytest.raises(ConfirmationError, match="was sent once more already"):
        resend(sent, confirm=1)
    assert len(live.received) == 1
    agent = Agent()
    assert resend(sent, agent, again=True).wave == "resend-2"
    assert agent.proposals[0].earlier == 1
    assert {field(live, "Message-ID", n) for n in (0, 1)} == {own_id(sent)}


def test_what_has_changed_is_told_and_waits_for_approval_where_that_is_required(sent: Path, live: Relay) -> None:
    letter = sent / "templates/sorry/en.md"
    letter.write_text(letter.read_text(encoding="utf-8").replace("We are sorry.", "Sorry."), encoding="utf-8")
    agent = Agent()
    resend(sent, agent)
    assert agent.proposals[0].changed == ("the template",)
    file = sent / "campaign.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n[approval]\nrequired = 1\n", encoding="utf-8")
    with pytest.raises(ConfirmationError, match="the template changed since this letter was approved"):
        resend(sent, address="customer2@d2.example")
    assert len(live.received) == 1


def test_a_deadline_of_the_mailing_does_not_hold_it_up(sent: Path, live: Relay) -> None:
    file = sent / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"finish_by = 2020-01-01T00:00:00Z\n{text}", encoding="utf-8")
    assert resend(sent).status is Status.ACCEPTED


# Others


def test_nobody_else_gets_anything_though_their_letters_are_due(folder: Path, live: Relay, mood: Mood) -> None:
    refuse_all_but(mood, "customer3@")
    send(folder)
    retry(Workspace.open(folder), RetryOptions(confirm=5), lambda _: None, Agent().count)
    mood.answers.clear()
    live.received.clear()
    resend(folder, to=NEW)
    assert [each.recipients for each in live.received] == [(NEW,)]
    assert statuses(folder) == {"ACCEPTED": 2, "DEFERRED": 5}


def test_a_deferred_letter_of_somebody_else_stays(sent: Path, live: Relay, mood: Mood) -> None:
    mood.answers["RCPT"] = lambda _: b"451 4.7.1 Greylisted, come back in an hour"
    other = resend(sent, address="customer2@d2.example")
    assert other.status is Status.DEFERRED
    mood.answers.clear()
    assert resend(sent).status is Status.ACCEPTED
    assert [each.recipients for each in live.received] == [(ASKS,)]
    assert letters(sent, "customer2@d2.example")["resend-1"] is Status.DEFERRED


# Another address


def test_the_letter_goes_to_the_new_address_and_the_code_with_it(sent: Path, live: Relay) -> None:
    resent = resend(sent, to=NEW)
    assert (resent.status, resent.wave, resent.elsewhere, resent.line) == (Status.ACCEPTED, "first", True, 5)
    assert field(live, "Message-ID") not in {"", own_id(sent)}
    assert b"We were down for 4 minutes" in live.received[0].data
    assert letters(sent, NEW) == {"first": Status.ACCEPTED}
    assert letters(sent) == {"first": Status.ACCEPTED}


def test_a_corrected_file_means_no_second_letter(sent: Path, live: Relay) -> None:
    resend(sent, to=NEW)
    rows = [{**row, "email": NEW} if row["email"] == ASKS else row for row in customers(6)]
    write_rows(sent / "affected.csv", rows)
    assert send(sent).sent == 0
    write_rows(sent / "affected.csv", customers(6))  # nor where it has the old address again
    assert send(sent).sent == 0
    assert len(live.received) == 1


def test_the_same_again_is_refused_and_so_is_somebody_elses_address(sent: Path, live: Relay) -> None:
    resend(sent, to=NEW)
    with pytest.raises(ConfirmationError, match="was sent once more already"):
        resend(sent, to=NEW, confirm=1)
    with pytest.raises(ConfirmationError, match=r"customer1@d1\.example is an address of this campaign already"):
        resend(sent, to="customer1@d1.example")
    assert len(live.received) == 1


def test_a_new_address_asks_once_more_like_any_other(sent: Path, live: Relay) -> None:
    resend(sent, to=NEW)
    resend(sent, address=NEW, again=True)
    assert [each.recipients for each in live.received] == [(NEW,), (NEW,)]
    assert field(live, "Message-ID", 0) == field(live, "Message-ID", 1)


# What holds it back


def test_the_suppression_list_holds_for_both_addresses(sent: Path, live: Relay) -> None:
    with Suppressions.open(shared_path()) as store:
        for address in (ASKS, NEW):
            store.add(Entry.of(address, Reason.REQUESTED, at=time.time(), source="test"))
    for options in ({}, {"to": NEW}):
        with pytest.raises(ConfirmationError, match="is not written to"):
            resend(sent, **options)
    assert not live.received
    assert looked_up(sent).suppressed


def test_who_is_unknown_gets_nothing(sent: Path) -> None:
    with pytest.raises(InputError, match=r"No letter to nobody@d0\.example was ever planned"):
        resend(sent, address="nobody@d0.example")
    with pytest.raises(InputError, match="--address"):
        resend(sent, address="nobody")


def test_a_letter_that_is_due_goes_with_the_others(folder: Path, mood: Mood, live: Relay) -> None:
    with pytest.raises(LedgerError, match="There is no ledger"):
        resend(folder, confirm=1)
    refuse_all_but(mood, "nobody@")
    send(folder)
    retry(Workspace.open(folder), RetryOptions(confirm=6), lambda _: None, Agent().count)
    for options in ({}, {"to": NEW}):
        with pytest.raises(ConfirmationError, match="is DEFERRED: it has not left yet"):
            resend(folder, **options)
    assert not live.received


def test_a_wave_without_a_template_is_asked_for_it(sent: Path) -> None:
    with pytest.raises(ConfirmationError, match=r"campaign\.toml knows no wave correction-1"):
        resend(sent, wave="correction-1")


# Refused and in doubt


def test_a_refused_letter_is_taken_back_alone(folder: Path, live: Relay, mood: Mood) -> None:
    refuse_all_but(mood, "nobody@")
    send(folder)
    mood.answers.clear()
    agent = Agent()
    assert resend(folder, agent).status is Status.ACCEPTED
    assert agent.proposals[0].step is Step.TAKE_BACK
    assert statuses(folder) == {"REFUSED": 5, "ACCEPTED": 1}


def test_killed_at_the_dot_it_is_in_doubt_and_goes_again_only_by_a_word(sent: Path, live: Relay, mood: Mood) -> None:
    mood.answers["."] = lambda _: os.kill(int((sent / "pid").read_text()), signal.SIGKILL)  # type: ignore[func-returns-value]

    def act() -> None:
        (sent / "pid").write_text(str(os.getpid()))
        resend(sent)

    killed(act)
    mood.answers.clear()
    before = len(live.received)
    agent = Agent("no")
    with pytest.raises(ConfirmationError):
        resend(sent, agent)
    assert agent.proposals[0].step is Step.RELEASE
    assert letters(sent)["resend-1"] is Status.IN_DOUBT
    assert send(sent).sent == 0
    assert len(live.received) == before
    assert resend(sent).status is Status.ACCEPTED
    assert letters(sent) == {"first": Status.ACCEPTED, "resend-1": Status.ACCEPTED}
    assert field(live, "Message-ID") == own_id(sent)


@pytest.mark.parametrize("options", [{}, {"to": NEW}])
@pytest.mark.parametrize("where", ["before it is planned", "after it is planned"])
def test_killed_before_the_dot_the_same_command_goes_on_and_sends_one(
    sent: Path, live: Relay, where: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patched:
        target = (flow, "_planned") if where == "before it is planned" else (flow.SendingRun, "send")
        patched.setattr(*target, dies)
        killed(lambda: resend(sent, **options))
    assert not live.received
    agent = Agent()
    assert resend(sent, agent, **options).status is Status.ACCEPTED
    assert agent.proposals[0].step is (
        Step.GO_ON if where == "after it is planned" else Step.ELSEWHERE if options else Step.ONCE_MORE
    )
    assert [each.recipients for each in live.received] == [(options.get("to", ASKS),)]


# show


def test_show_tells_the_letters_and_their_text(sent: Path) -> None:
    (person,) = looked_up(sent, "Customer3@D3.example").persons
    assert (person.address, person.name, person.lines) == (ASKS, "Customer 3", (5,))
    (letter,) = person.letters
    assert letter.subject == "Acme API and you, Customer 3"
    assert "We were down for 4 minutes." in letter.text
    assert (letter.changed, letter.trouble, letter.letter.code) == ((), "", 250)


def test_show_says_what_changed_since(sent: Path) -> None:
    letter = sent / "templates/sorry/en.md"
    letter.write_text(letter.read_text(encoding="utf-8").replace("We are sorry.", "Sorry."), encoding="utf-8")
    (person,) = looked_up(sent).persons
    assert person.letters[0].changed == ("the template",)
    letter.write_text("Subject: {{ nothing }}\n\nx\n", encoding="utf-8")
    (person,) = looked_up(sent).persons
    assert person.letters[0].text == ""
    assert "nothing" in person.letters[0].trouble


def test_the_terminal_sees_the_letter_with_plain_spaces(sent: Path) -> None:
    letter = sent / "templates/sorry/en.md"
    letter.write_text(
        letter.read_text(encoding="utf-8").replace("We are sorry.", "We\u00a0are\u202fsorry."), encoding="utf-8"
    )
    words = [sys.executable, "-m", "mass_apology", "show", "-C", str(sent), "--address", ASKS]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"{ASKS}, Customer 3\n  rows  5\n")
    assert "  first  ACCEPTED " in said
    assert "--- first: Acme API and you, Customer 3\nAs it would be now: the template changed since it left.\n" in said
    assert "  We were down for 4 minutes. We are sorry.\n" in said


def test_show_knows_rows_that_were_set_aside_and_nobody_else(folder: Path) -> None:
    write_rows(folder / "affected.csv", [*customers(2), {"email": "anna@acme", "name": "A", "minutes": "1"}])
    with pytest.raises(InputError, match="Nothing was sent from this folder yet"):
        looked_up(folder)
    send(folder, skip_bad_rows=True)
    shown = looked_up(folder, "anna@acme")
    assert [(each.wave, each.line) for each in shown.set_aside] == [("first", 4)]
    with pytest.raises(InputError, match=r"Nothing is known of b@c\.example"):
        looked_up(folder, "b@c.example")
