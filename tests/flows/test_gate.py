"""What happens between the plan and the dot: a letter goes only where everything still speaks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_rows, write_toml
from msgspec.structs import replace
from smtp_fakes import FaultyConversation, Relay

from mass_apology.errors import ConfirmationError
from mass_apology.flows import control, event_loop, suppress
from mass_apology.flows.follow_up import consent, follow_up
from mass_apology.flows.follow_up.affected import CorrectOptions as Correction
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.plan.plan import changed_parts
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.letter.render_pool import RenderPool
from mass_apology.model import DUE, Status
from mass_apology.sending import pacing
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

IMPATIENT = {"connections": 2, "timeout": 1.0, "dot_timeout": 0.5}
AT_ONCE = """
[[follow_up]]
template = "sorry"
name = "later"
at = 2020-01-01T00:00:00Z

[schedule]
hours = "00:00-24:00"
weekdays = "mon-sun"
"""


class Mute:
    """A relay that does not answer some dots: those letters it has taken, and we do not know."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()  # of the dots, from 1, that get no answer
        self.all = False
        self._dots = 0

    def __call__(self, conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        if verb != ".":
            return None
        self._dots += 1
        return conversation.hang() if self.all or self._dots in self.numbers else None


def wave_counts(folder: Path, wave: str) -> dict[str, int]:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        return {status.value: count for status, count in records.counts(wave).items() if count}


def add_follow_up(folder: Path) -> None:
    toml = folder / "campaign.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + AT_ONCE, encoding="utf-8")


def arm(folder: Path) -> None:
    event_loop.run(
        consent.agree(Workspace.open(folder), "later", Person().count, confirm=None, on_progress=Person().stage)
    )


def received_by(live: Relay, address: str) -> int:
    return sum(address in letter.recipients for letter in live.received)


@contextmanager
def stopped_after_one(folder: Callable[[Relay], Path]) -> Iterator[tuple[Relay, Path]]:
    """A campaign of which one letter is accepted, the others are due, and the relay is well again."""
    stop = threading.Event()

    def after_one(_: FaultyConversation, verb: str, __: bytes) -> bytes | None:
        if verb == "." and live.received:
            stop.set()
            return b"451 4.3.0 later"
        return None

    with relay(fault=after_one) as live, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "LETTER", pacing.Backoff(first=0.2, cap=0.2, least=0.1))
        made = folder(live)
        asking = threading.Thread(target=lambda: stop.wait(20) and control.request(made, Control.STOP))
        asking.start()
        send(made)
        asking.join()
        live.fault = None
        yield live, made


# Suppression


def test_somebody_suppressed_between_two_runs_is_not_written_to(tmp_path: Path) -> None:
    with stopped_after_one(
        lambda live: campaign_folder(tmp_path, live.sink.url, customers(4), relay={"connections": 1})
    ) as (live, folder):
        address = next(each.address for each in reversed(results(folder)) if each.status in DUE)
        suppress.add(address, "requested", "phoned")
        due = statuses(folder)["PLANNED"] + statuses(folder)["DEFERRED"]
        person = Person()
        send(folder, person)
        assert person.asked == [due - 1]  # the number of letters that go
        assert received_by(live, address) == 0
    told = next(each for each in results(folder) if each.address == address)
    assert told.status is Status.WITHHELD
    assert "suppress" in (told.reply or "").lower() or "request" in (told.reply or "").lower()


def test_somebody_suppressed_while_letters_wait_is_not_written_to(tmp_path: Path) -> None:
    """The run is paused with all letters rendered; then somebody phones."""
    rows = customers(40)

    class Pausing(Person):
        def progress(self, progress: object) -> None:
            if len(live.received) >= 1 and not paused.is_set():
                paused.set()
                control.request(folder, Control.PAUSE)

    paused = threading.Event()
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows, relay={"rate": "20/s", "connections": 1})

        def phone() -> None:
            paused.wait(20)
            event_loop_pause = threading.Event()
            event_loop_pause.wait(1.5)
            suppress.add(rows[-1]["email"], "requested", "phoned")
            control.request(folder, Control.RUN)

        phoning = threading.Thread(target=phone)
        phoning.start()
        send(folder, Pausing())
        phoning.join()
        assert received_by(live, rows[-1]["email"]) == 0
    assert statuses(folder) == {"ACCEPTED": 39, "WITHHELD": 1}


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
def test_another_suppression_list_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool) -> None:
    """A timer that runs as root has a list of its own, which knows nobody."""
    address = customers(1)[0]["email"]
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
        add_follow_up(folder)
        suppress.add("somebody@else.example", "requested", "")
        send(folder)
        suppress.add(address, "requested", "phoned")
        arm(folder)
        if gone:
            shared_path().unlink()
        monkeypatch.setenv("MASS_APOLOGY_STATE", str(tmp_path / "roots"))
        with pytest.raises(ConfirmationError, match="suppressions-other"):
            follow_up.run(Workspace.open(folder), Person())
        assert received_by(live, address) == 1
        follow_up.run(Workspace.open(folder), Person(), override=("suppressions-other",))
        follow_up.run(Workspace.open(folder), Person())  # now it is the campaign's
    assert wave_counts(folder, "later")["ACCEPTED"] >= 2


def test_a_suppressed_letter_in_doubt_stays_in_doubt(tmp_path: Path) -> None:
    mute = Mute()
    mute.numbers = {2, 3}
    with relay(fault=mute) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5), relay=IMPATIENT)
        send(folder)
        doubtful = [each.address for each in results(folder) if each.status is Status.IN_DOUBT]
        assert len(doubtful) == 2
        suppress.add(doubtful[0], "requested", "phoned")
        before, person = received_by(live, doubtful[0]), Person()
        send(folder, person, resend_in_doubt=True)
        assert person.asked == [1]
        assert received_by(live, doubtful[0]) == before
    assert statuses(folder) == {"ACCEPTED": 4, "IN_DOUBT": 1}


# Hours


def test_out_of_hours_no_letter_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write = RenderPool.write

    async def counted(self: RenderPool, deliveries: list[object], **facts: object) -> object:
        written.append(len(deliveries))
        return await write(self, deliveries, **facts)

    monkeypatch.setattr(RenderPool, "write", counted)
    opens = (datetime.now(UTC).hour + 3) % 22
    schedule = {"hours": f"{opens:02}:00-{opens + 1:02}:00", "weekdays": "mon-sun", "first_letter": True}
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(300), schedule=schedule)
        ended = send(folder)
        assert live.received == []
    assert (sum(written), ended.sent, ended.due) == (0, 0, 300)


# The file


def test_a_letter_in_doubt_to_somebody_who_left_the_file_is_not_sent_again(tmp_path: Path) -> None:
    mute = Mute()
    mute.numbers = {2, 4}
    with relay(fault=mute) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(6), relay=IMPATIENT)
        send(folder)
        gone = next(each.address for each in results(folder) if each.status is Status.IN_DOUBT)
        write_rows(folder / "affected.csv", [row for row in customers(6) if row["email"] != gone])
        before, person = received_by(live, gone), Person()
        send(folder, person, resend_in_doubt=True)
        assert person.asked == [1]
        assert received_by(live, gone) == before
        send_again = Person()
        send(folder, send_again, resend_in_doubt=True)  # nor by a plan that is not new
        assert send_again.asked == []
    assert statuses(folder) == {"ACCEPTED": 5, "IN_DOUBT": 1}


def test_a_follow_up_does_not_go_to_somebody_who_left_the_file(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5))
        add_follow_up(folder)
        send(folder)
        write_rows(folder / "affected.csv", customers(7)[1:])
        send(folder)
        arm(folder)
        follow_up.run(Workspace.open(folder), Person())
        assert received_by(live, customers(1)[0]["email"]) == 1
        assert wave_counts(folder, "later") == {"ACCEPTED": 6}
        write_rows(folder / "affected.csv", customers(7))
        send(folder)  # the row is back
        arm(folder)
        follow_up.run(Workspace.open(folder), Person())
        assert received_by(live, customers(1)[0]["email"]) == 2


# Letters in doubt belong to a wave


def test_only_the_first_waves_letters_are_released_by_send(tmp_path: Path) -> None:
    mute = Mute()
    mute.numbers = {3}
    with relay(fault=mute) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3), relay=IMPATIENT)
        add_follow_up(folder)
        send(folder)
        assert wave_counts(folder, "first") == {"ACCEPTED": 2, "IN_DOUBT": 1}
        arm(folder)
        mute.all = True
        follow_up.run(Workspace.open(folder), Person())
        in_doubt = wave_counts(folder, "later")["IN_DOUBT"]
        mute.all = False
        person = Person()
        send(folder, person, resend_in_doubt=True)
        assert person.asked == [1]
        assert wave_counts(folder, "first") == {"ACCEPTED": 3}
        assert wave_counts(folder, "later")["IN_DOUBT"] == in_doubt


def test_a_follow_ups_letters_in_doubt_are_sent_again_after_their_typed_number(tmp_path: Path) -> None:
    mute = Mute()
    with relay(fault=mute) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3), relay=IMPATIENT)
        add_follow_up(folder)
        send(folder)
        arm(folder)
        mute.all = True
        follow_up.run(Workspace.open(folder), Person())
        in_doubt = wave_counts(folder, "later")["IN_DOUBT"]
        mute.all = False
        follow_up.run(Workspace.open(folder), Person())
        assert wave_counts(folder, "later")["IN_DOUBT"] == in_doubt  # not by itself
        with pytest.raises(ConfirmationError, match="would be sent again"):
            follow_up.run(Workspace.open(folder), Person(types="99"), follow_up.Resend(wave="later", confirm=None))
        assert wave_counts(folder, "later")["IN_DOUBT"] == in_doubt
        person = Person()
        follow_up.run(Workspace.open(folder), person, follow_up.Resend(wave="later", confirm=None))
        assert person.asked == [in_doubt]
        assert wave_counts(folder, "later") == {"ACCEPTED": 3}
        with pytest.raises(ConfirmationError, match="No letter of the wave later is in doubt"):
            follow_up.run(Workspace.open(folder), Person(), follow_up.Resend(wave="later", confirm=1))


def test_a_corrections_letters_in_doubt_are_sent_again(tmp_path: Path) -> None:
    mute = Mute()
    with relay(fault=mute) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(2), relay=IMPATIENT)
        send(folder)
        mute.all = True
        correct(Workspace.open(folder), Correction(template="sorry"), Person())
        assert wave_counts(folder, "correction")["IN_DOUBT"] >= 1
        mute.all = False
        person = Person()
        correct(Workspace.open(folder), Correction(template="sorry", resend_in_doubt=True), person)
        assert wave_counts(folder, "correction") == {"ACCEPTED": 2}
        assert person.asked == [2]


# What is written from


class Editor(Person):
    """Changes a file while the number is asked for."""

    def __init__(self, change: Callable[[], object]) -> None:
        super().__init__()
        self._change = change

    def count(self, due: int) -> str:
        self._change()
        return super().count(due)


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "template": (
        "the template",
        lambda folder: (folder / "templates/sorry/en.md").write_text("Subject: X\n\n{{ salutation }}\n\nOther.\n"),
    ),
    "a new language": (
        "the template",
        lambda folder: (folder / "templates/sorry/pl.md").write_text("Subject: X\n\n{{ salutation }}\n\nInny.\n"),
    ),
    "a language's words": (
        "the languages",
        lambda folder: (folder / "languages/en.toml").write_text(
            'salutations.unnamed.any = "Hello,"\nsalutations.named = {}\n'
        ),
    ),
    "picture": ("the attachments", lambda folder: (folder / "terms.txt").write_text("other terms")),
    "facts": (
        "campaign.toml",
        lambda folder: (folder / "campaign.toml").write_text(
            (folder / "campaign.toml").read_text(encoding="utf-8").replace("Acme API", "Acme Mail"), encoding="utf-8"
        ),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_leaves_that_was_not_agreed_to(tmp_path: Path, what: str) -> None:
    part, change = CHANGES[what]
    with relay() as live:
        (tmp_path / "terms.txt").write_text("terms")
        (tmp_path / "languages").mkdir()
        folder = campaign_folder(tmp_path, live.sink.url, customers(3), message={"attachments": ["terms.txt"]})
        with pytest.raises(ConfirmationError, match=f"Nothing was sent: {part} changed"):
            send(folder, Editor(lambda: change(folder)))
        assert live.received == []
        person = Person()
        send(folder, person)  # the change is looked at, and agreed to
        assert person.outlooks[0] is not None
        assert person.outlooks[0].changed_parts == (part,)
    assert len(live.received) == 3


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        ({"campaign.toml": "1", "the template": "2"}, ()),
        ({"campaign.toml": "1", "the template": "3"}, ("the template",)),
        ({"campaign.toml": "1"}, ("the template",)),
        ({"campaign.toml": "1", "the codes": "4", "the template": "2"}, ("the codes",)),
        ({"campaign.toml": "5", "the codes": "4"}, ("campaign.toml", "the codes", "the template")),
    ],
)
def test_a_part_that_only_one_side_has_is_a_change_too(now: dict[str, str], changed: tuple[str, ...]) -> None:
    assert changed_parts({"campaign.toml": "1", "the template": "2"}, now) == changed


def test_a_correction_that_changed_meanwhile_does_not_leave(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
        edited = Editor(
            lambda: (folder / "templates/sorry/en.md").write_text("Subject: X\n\n{{ salutation }}\n\nNo.\n")
        )
        with pytest.raises(ConfirmationError, match="the template changed"):
            correct(Workspace.open(folder), Correction(template="sorry"), edited)
        assert len(live.received) == 3


def test_a_number_that_is_given_is_compared_although_nothing_is_due(tmp_path: Path) -> None:
    everybody = Correction(template="sorry")
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
        with pytest.raises(ConfirmationError, match="0 letters are due, but the number given was 3; nothing was sent"):
            send(folder, confirm=3)
        assert send(folder, confirm=0).sent == send(folder).sent == 0
        correct(Workspace.open(folder), everybody, Person())
        with pytest.raises(ConfirmationError, match="0 letters are to be corrected, but the number given was 3"):
            correct(Workspace.open(folder), replace(everybody, confirm=3), Person())
        assert correct(Workspace.open(folder), replace(everybody, confirm=0), Person()).sent == 0
        assert len(live.received) == 6


def test_another_letter_under_the_name_of_a_correction_is_not_said_to_have_been_sent(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
        correct(Workspace.open(folder), Correction(template="sorry"), Person())
        assert correct(Workspace.open(folder), Correction(template="sorry"), Person()).sent == 0
        (folder / "templates/sorry/en.md").write_text("Subject: X\n\n{{ salutation }}\n\nOther.\n")
        with pytest.raises(ConfirmationError, match="made from something else") as refused:
            correct(Workspace.open(folder), Correction(template="sorry"), Person())
        assert "--name correction-2" in refused.value.next_step
        assert correct(Workspace.open(folder), Correction(template="sorry", name="correction-2"), Person()).sent == 3
    assert len(live.received) == 9


def test_a_wave_that_changed_while_its_number_was_asked_for_is_not_armed(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        add_follow_up(folder)
        send(folder)
        person = Editor(
            lambda: (folder / "templates/sorry/en.md").write_text("Subject: X\n\n{{ salutation }}\n\nNo.\n")
        )
        with pytest.raises(ConfirmationError, match="the template changed while the number was asked for"):
            event_loop.run(
                consent.agree(Workspace.open(folder), "later", person.count, confirm=None, on_progress=person.stage)
            )
        follow_up.run(Workspace.open(folder), Person())
        assert len(live.received) == 3
        arm(folder)
        follow_up.run(Workspace.open(folder), Person())
    assert [b"No." in letter.data for letter in live.received] == [False] * 3 + [True] * 3


def test_the_relay_may_be_changed_while_the_number_is_asked_for(tmp_path: Path) -> None:
    """How letters travel is not what they say."""
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder, Editor(lambda: write_toml(folder, live.sink.url, relay={"rate": "50/s"})))
    assert len(live.received) == 3


def listed(address: str) -> Entry:
    return Entry.of(address, Reason.REQUESTED, at=time.time(), source="a call")


@pytest.mark.parametrize("entry", ["customer1@d1.example", "@d1.example"])
def test_somebody_taken_off_the_list_gets_the_letter(tmp_path: Path, entry: str) -> None:
    with relay() as live, Suppressions.open(shared_path()) as store:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4))
        store.add(listed(entry))
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 3, "WITHHELD": 1}
        send(folder, person := Person())
        assert person.asked == []  # still on the list: nobody is due
        store.remove(entry)
        send(folder, person)
        assert person.asked == [1]
        assert statuses(folder) == {"ACCEPTED": 4}
        assert received_by(live, "customer1@d1.example") == 1
        assert len(live.received) == 4


def test_somebody_listed_and_taken_off_between_two_runs_gets_the_letter(tmp_path: Path) -> None:
    def build(live: Relay) -> Path:
        return campaign_folder(tmp_path / "trial", live.sink.url, customers(4), relay={"connections": 1})

    with stopped_after_one(build) as (live, folder), Suppressions.open(shared_path()) as store:
        due = next(each.address for each in results(folder) if each.status in DUE)
        store.add(listed(due))
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 3, "WITHHELD": 1}
        store.remove(due)
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 4}
        assert received_by(live, due) == 1


def test_a_follow_up_goes_to_who_was_taken_off_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_up, "PATIENCE", 0.0)
    address = customers(4)[1]["email"]
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4))
        add_follow_up(folder)
        send(folder)
        arm(folder)
        live.fault = lambda _, verb, argument: b"451 later" if verb == "RCPT" and address.encode() in argument else None
        follow_up.run(Workspace.open(folder), Person())
        assert wave_counts(folder, "later") == {"ACCEPTED": 3, "DEFERRED": 1}
        live.fault = None
        suppress.add(address, "requested", "phoned")
        follow_up.run(Workspace.open(folder), Person())
        assert wave_counts(folder, "later") == {"ACCEPTED": 3, "WITHHELD": 1}
        suppress.remove(address)
        assert outlook(Workspace.open(folder)).waves[0].letters == 4
        (ended,) = follow_up.run(Workspace.open(folder), Person()).waves
        assert (ended.said, wave_counts(folder, "later")) == ("", {"ACCEPTED": 4})  # they were among the number armed
        follow_up.run(Workspace.open(folder), Person())
        assert received_by(live, address) == 2
    assert len(live.received) == 8


def test_a_correction_goes_to_who_was_taken_off_the_list(tmp_path: Path) -> None:
    address = customers(4)[1]["email"]
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4))
        send(folder)
        phoned = Editor(lambda: suppress.add(address, "requested", "phoned"))
        correct(Workspace.open(folder), Correction(template="sorry"), phoned)
        assert wave_counts(folder, "correction") == {"ACCEPTED": 3, "WITHHELD": 1}
        correct(Workspace.open(folder), Correction(template="sorry"), person := Person())
        assert person.asked == []
        suppress.remove(address)
        correct(Workspace.open(folder), Correction(template="sorry"), person)
        assert person.asked == [1]
        assert wave_counts(folder, "correction") == {"ACCEPTED": 4}
        assert received_by(live, address) == 2


def test_a_follow_up_goes_to_whose_row_came_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_up, "PATIENCE", 0.0)
    rows = customers(4)
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, rows)
        add_follow_up(folder)
        send(folder)
        arm(folder)
        live.fault = lambda _, verb, __: b"451 later" if verb == "RCPT" else None
        follow_up.run(Workspace.open(folder), Person())
        live.fault = None
        write_rows(folder / "affected.csv", rows[1:])
        send(folder)
        follow_up.run(Workspace.open(folder), Person())
        assert wave_counts(folder, "later")["WITHHELD"] == 1
        write_rows(folder / "affected.csv", rows)
        send(folder)
        follow_up.run(Workspace.open(folder), Person())
        assert "WITHHELD" not in wave_counts(folder, "later")
        assert received_by(live, rows[0]["email"]) == 2
