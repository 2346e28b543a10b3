"""A small campaign's whole life, act by act, and what must have become of everybody after each act.

Nine customers, later twelve, one relay that refuses, defers, and once takes a letter without a word. Everything that
is expected is written down here by hand; nothing of it is asked of the product.
"""

from __future__ import annotations

import asyncio
import mailbox
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from live import Person, campaign_folder, customers, send, write_rows
from msgspec import Struct
from returned_mail import address_of, returned
from sixty_days import LETTER, wave_of
from sixty_days_judge import DAY, HOUR, Arrived
from sixty_days_processes import Clock
from smtp_fakes import FaultyConversation, Relay

from mass_apology.flows import suppress
from mass_apology.flows.control import request
from mass_apology.flows.feedback import bounces
from mass_apology.flows.follow_up import consent, correct, follow_up
from mass_apology.flows.purge import purge
from mass_apology.flows.report import report
from mass_apology.ledger import Control
from mass_apology.sending.run_stats import Progress
from mass_apology.smtp.sink import Received
from mass_apology.workspace.workspace import Workspace

_TABLES = """
[schedule]
hours = "00:00-24:00"
weekdays = "mon-sun"

[[follow_up]]
name = "one"
template = "one"
after = "3 days"

[[follow_up]]
name = "two"
template = "two"
from_wave = "one"
after = "14 days"
unless_replied = true
"""
_PAGE = "<!DOCTYPE html><html><body>{{ body }}</body></html>"

Letter = tuple[str, int]
"""Wave and customer."""


class Act(Struct, frozen=True, kw_only=True):
    """Something that somebody does, and what changes by it."""

    name: str
    do: Callable[[Story], object]
    again: Callable[[Story], object] | None = None  # done after a crash, where it is not the same
    after: float = HOUR  # seconds since the act before
    letters: Mapping[Letter, str] = {}  # their statuses from here on
    listed: Mapping[int, str] = {}  # customers on the suppression list from here on, with the reason
    armed: Mapping[str, int] = {}  # waves, with the number agreed to
    set_aside: str = ""  # customers whose rows are, from here on

    def __str__(self) -> str:
        return self.name


class Story:
    """The campaign's folder, its relay, and the list of suppressions beside it."""

    def __init__(self, folder: Path, live: Relay, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.state = folder.parent / "state"
        self._live = live
        self._tries: Counter[int] = Counter()
        self.dots: Counter[Letter] = Counter()  # contents that came to their end, whatever the relay said to them
        live.fault = self._moods
        self.box = folder.parent / "returned.mbox"

    def begin(self) -> None:
        """The folder, before anything is sent."""
        campaign_folder(
            self.folder, self._live.sink.url, customers(9), top={"layout": "bare"}, relay={"connections": 1}
        )
        templates = self.folder / "templates"
        for name, wave in {"sorry": "first", "one": "one", "two": "two", "again": "correction"}.items():
            (templates / name).mkdir(exist_ok=True)
            (templates / name / "en.md").write_text(LETTER.format(wave), encoding="utf-8")
        (templates / "layouts").mkdir()
        (templates / "layouts/bare.html").write_text(_PAGE, encoding="utf-8")
        with (self.folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write(_TABLES)

    def arrived(self) -> Counter[Letter]:
        """How often each letter has come to the relay."""
        return Counter(self._letter(each.data, each.recipients[0]) for each in self._live.received)

    def rewind(self, received: Sequence[Received], dots: Counter[Letter]) -> None:
        """The relay has seen just this."""
        self._live.received[:] = received
        self.dots = Counter(dots)
        self._tries.clear()

    def settle(self) -> None:
        """Wait until the relay has read what a process had written before it died."""
        while self._live.sink.connections:
            time.sleep(0.001)

    @property
    def received(self) -> tuple[Received, ...]:
        """All the relay has taken."""
        return tuple(self._live.received)

    def message_id(self, wave: str, number: int) -> str:
        """The letter's, as the relay has it."""
        for each in self._live.received:
            if self._letter(each.data, each.recipients[0]) == (wave, number):
                return _field(each.data, "Message-ID")
        raise AssertionError(f"{wave} to {number} has not arrived")

    @staticmethod
    def _letter(data: bytes, address: str) -> Letter:
        return wave_of(data), _number(address)

    def _moods(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT":
            number = _number(argument.decode())
            self._tries[number] += 1
            if number == 7:
                return b"550 5.1.1 unknown"
            if number == 6 and self._tries[number] == 1 and not self.dots["first", 6]:
                return b"451 4.7.1 greylisted"
        return self._dot(conversation, argument) if verb == "." else None

    def _dot(self, conversation: FaultyConversation, content: bytes) -> bytes | None:
        letter = self._letter(content, _field(content, "To"))
        self.dots[letter] += 1
        if letter == ("one", 5) or (letter == ("first", 8) and self.dots[letter] == 1):
            return b"451 4.3.0 try again"
        if letter == ("first", 12) and self.dots[letter] == 1:
            return conversation.close()  # without a word, and without the letter
        return None

    # What people and timers do

    def send(self, **options: object) -> None:
        send(self.folder, Waits(self), **options)

    def grow(self, count: int) -> None:
        write_rows(self.folder / "affected.csv", customers(count))
        self.send()

    def follow(self) -> None:
        follow_up.run(Workspace.open(self.folder), Waits(self))

    def follow_and_stop(self) -> None:
        follow_up.run(Workspace.open(self.folder), Stops(self))

    def arm(self, wave: str) -> None:
        asyncio.run(consent.agree(Workspace.open(self.folder), wave, str, confirm=None, on_progress=_nothing))

    def correct(self) -> None:
        options = correct.CorrectOptions(template="again", where="minutes < 12")
        correct.correct(Workspace.open(self.folder), options, Waits(self))

    def take_back(self) -> None:
        if not self.box.exists():
            box = mailbox.mbox(self.box)
            for what, number in (("dead", 0), ("complaint", 1), ("full", 2), ("reply", 3), ("forged", 4), ("away", 5)):
                message_id = self.message_id("first", number)
                letter = Arrived(run=0, at=0.0, wave="first", number=number, message_id=message_id)
                box.add(returned(what, letter))
            box.close()
        bounces.settle(Workspace.open(self.folder), str(self.box), on_progress=_nothing)

    def import_list(self) -> None:
        list_ = self.folder.parent / "list.csv"
        list_.write_text("\n".join(["address", *map(address_of, (4, 1, 9)), ""]), encoding="utf-8")
        suppress.import_file(list_, "requested")

    def report(self) -> None:
        report.report(Workspace.open(self.folder), self.folder / "report.csv", None, force=True)

    def purge(self) -> None:
        options = purge.PurgeOptions(older_than="30 days", all_suppressions=True)
        purge.purge(Workspace.open(self.folder), options, str)


class Waits(Person):
    """Lets the hours pass while letters are deferred."""

    def __init__(self, story: Story) -> None:
        super().__init__()
        self._story = story

    def progress(self, progress: Progress) -> None:
        if progress.waits_for.startswith("deferred"):
            self._story.clock.at += HOUR


class Stops(Waits):
    """Does not wait for them."""

    def progress(self, progress: Progress) -> None:
        if progress.waits_for.startswith("deferred"):
            request(self._story.folder, Control.STOP)


def _nothing(*_: object) -> None:
    pass


def _number(address: str) -> int:
    return int(address.partition("customer")[2].partition("@")[0])


def _field(data: bytes, name: str) -> str:
    for line in data.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
        if line.startswith(f"{name}: "):
            return line.partition(": ")[2]
    raise AssertionError(f"no {name}")


def _each(wave: str, numbers: str, status: str) -> dict[Letter, str]:
    return {(wave, int(number)): status for number in numbers.split()}


ACTS = (
    Act(
        name="send",
        do=Story.send,
        letters=_each("first", "0 1 2 3 4 5 6 8", "ACCEPTED") | _each("first", "7", "REFUSED"),
    ),
    Act(
        name="bounces",
        after=DAY,
        do=Story.take_back,
        letters=_each("first", "0 2", "BOUNCED") | _each("first", "1", "COMPLAINED"),
        listed={0: "dead-address", 1: "complaint"},
    ),
    Act(
        name="suppress add", do=lambda _: suppress.add(address_of(10), "requested", "phoned"), listed={10: "requested"}
    ),
    Act(name="suppress import", do=Story.import_list, listed=dict.fromkeys((4, 1, 9), "requested")),
    Act(name="arm", do=lambda story: story.arm("one"), armed={"one": 4}),
    Act(
        name="follow-up, stopped while a letter is deferred",
        after=3 * DAY,
        do=Story.follow_and_stop,
        letters=_each("one", "3 6 8", "ACCEPTED") | _each("one", "5", "DEFERRED"),
    ),
    Act(name="suppress that one", do=lambda _: suppress.add(address_of(5), "requested", ""), listed={5: "requested"}),
    Act(name="follow-up withholds", after=DAY, do=Story.follow, letters=_each("one", "5", "WITHHELD")),
    Act(
        name="send with a grown file",
        do=lambda story: story.grow(13),
        letters=_each("first", "11", "ACCEPTED") | _each("first", "12", "IN_DOUBT"),
        set_aside="0 1 4 5 9 10",
    ),
    Act(
        name="send those in doubt again",
        do=lambda story: story.send(resend_in_doubt=True),
        again=Story.send,
        letters=_each("first", "12", "ACCEPTED"),
    ),
    Act(name="arm for more", do=lambda story: story.arm("one"), armed={"one": 5}),
    Act(name="follow-up", after=4 * DAY, do=Story.follow, letters=_each("one", "11 12", "ACCEPTED")),
    Act(name="correct", do=Story.correct, letters=_each("correction", "3 6 8", "ACCEPTED")),
    Act(name="arm the second", do=lambda story: story.arm("two"), armed={"two": 4}),
    Act(name="the second follow-up", after=15 * DAY, do=Story.follow, letters=_each("two", "6 8 11 12", "ACCEPTED")),
    Act(name="report", do=Story.report),
    Act(name="purge", after=40 * DAY, do=Story.purge),
    Act(name="send after it", do=lambda story: story.grow(14), letters=_each("first", "13", "ACCEPTED")),
)
"""One after the other, these are the campaign's life."""


class Stage(Struct, frozen=True, kw_only=True):
    """All there is just before an act."""

    files: Path  # a copy of the campaign's folder, the list and the mailbox
    at: float
    received: tuple[Received, ...]
    dots: Counter[Letter]


def keep(story: Story, files: Path) -> Stage:
    """Copy it all."""
    shutil.copytree(story.folder.parent, files)
    return Stage(files=files, at=story.clock.at, received=story.received, dots=Counter(story.dots))


def restore(story: Story, stage: Stage) -> None:
    """Let it be as it was."""
    shutil.rmtree(story.folder.parent)
    shutil.copytree(stage.files, story.folder.parent)
    story.clock.at = stage.at
    story.rewind(stage.received, stage.dots)
