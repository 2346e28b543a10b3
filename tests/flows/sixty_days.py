"""Sixty days of a real campaign by a clock that is set: its folder, its ledger, a relay, and processes that are killed.

Time stands still during a run, so that what the relay receives in it has the run's time. A run that is to be killed is
a process of its own, which kills itself just before or after one step; nothing of it is tidied up. The books hold what
arrived, what came back, and when runs ended by themselves. Of the ledger one thing only is believed: who is in doubt.

``python sixty_days.py FOLDER RECIPIENTS EVERY SEED TROUBLE`` prints what it came to as JSON.
"""

from __future__ import annotations

import asyncio
import mailbox
import os
import re
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec
from live import Row, campaign_folder, customers, relay, send, write_rows
from msgspec.structs import replace
from returned_mail import returned
from sixty_days_judge import (
    DAY,
    GIVE_UP,
    HOUR,
    PLACES,
    WAVES,
    Arrived,
    Books,
    Heard,
    Kept,
    Letter,
    Run,
    judge,
)
from sixty_days_processes import Clock, Step, Watcher, hasten, killed_at
from sixty_days_relay import Moods
from smtp_fakes import Relay

from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.follow_up import consent, follow_up
from mass_apology.flows.plan.plan import Draft
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.ledger.in_sql.feedback import SqlFeedback
from mass_apology.ledger.in_sql.waves import SqlWaves
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords, marks
from mass_apology.suppression import Suppressions
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.workspace import Workspace

BEGINS = datetime.fromisoformat(
    "2026-10-14T09:00:00+00:00"
).timestamp()  # Europe changes on 25 October, America a week on
DAYS = 60
BATCHES = (0, 4, 9, 16, 24)  # days on which the file of customers grows
_TABLES = """
[schedule]
hours = "09:00-18:00"
holidays = true

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
not_after = 2026-12-11T20:00:00Z
"""


_LIMITS = {"give_up_after": f"{GIVE_UP // HOUR:.0f} hours", "refusals": 0.5, "deferrals": 1.0}
_LETTERS = """
SELECT wave, address, status, accepted_at, message_id, reply
FROM delivery JOIN recipient ON recipient.id = delivery.recipient
"""
LETTER = "Subject: {{{{ incident.service }}}}\n\nWe are sorry.\n\nThis is the letter {}.\n"
PATIENCE = 0.8  # of the runs wait for what is deferred
MOST_RUNS = 200
T = TypeVar("T")


def _steps(*places: tuple[object, str]) -> deque[Step]:
    return deque(Step(owner, name, after) for owner, name in places for after in (False, True))


_SENDING = (
    *(
        (SqliteLedger, "acquire"),
        (SqliteLedger, "recover"),
        (SqliteLedger, "hand_over"),
        (marks, "apply"),
        (SqliteLedger, "record"),
    ),
    (SqliteLedger, "release"),
)
_NTH = dict.fromkeys(("hand_over", "apply", "record"), (1, 1, 2, 5))
"""Which call is the last one, of what is called for each letter."""

_ADDED = Step(SqlWaves, "add", after=True)


class World:
    """One campaign and all that happens to it. ``time.time`` must be ``clock``; chance comes from ``seed`` alone.

    The relay makes trouble at every so many MAILs, RCPTs, DATAs and dots: ``trouble``.
    """

    def __init__(self, folder: Path, live: Relay, clock: Clock, *, recipients: int, seed: int, trouble: int) -> None:
        self.books = Books()
        self._recipients = recipients
        self._folder = folder
        self._live = live
        self._clock = clock
        self._chance = Random(seed)
        self._run = 0
        self._seen = 0
        self._coming: list[tuple[float, str, Arrived]] = []  # what will come back, and when
        self._deaths = {
            "send": _steps((Draft, "commit"), (SqliteLedger, "note"), *_SENDING),
            "follow": _steps((SqlWaves, "add"), *_SENDING),
            "agree": _steps((SqlWaves, "arm")),
            "settle": _steps((SqlFeedback, "record"), (Suppressions, "add_all")),
        }
        self._deaths["follow"] += [_ADDED] * 2
        self._withholding = _steps((SqlWaves, "withhold"))
        self.relay = live.fault = Moods(clock, trouble)
        self._write()

    @property
    def alive(self) -> list[str]:
        """Steps at which no process has died yet, in any flow."""
        steps = [str(step) for steps in (*self._deaths.values(), self._withholding) for step in steps]
        return [step for step in steps if step not in self.books.died]

    def sixty_days(self, every: float) -> None:
        """The whole campaign, with a timer that fires about every so many hours; once it is days late."""
        batches, jumps = deque(BATCHES), deque([(11, 3 * DAY), (34, -9 * HOUR)])
        while (day := (self._clock.at - BEGINS) / DAY) < DAYS:
            if batches and day >= batches[0]:
                batches.popleft()
                self._grow(len(BATCHES) - len(batches))
            self._take_back()
            self._follow()
            self._clock.at += self._chance.uniform(0.5, 1.5) * every * HOUR
            if jumps and day >= jumps[0][0]:
                self._clock.at += jumps.popleft()[1]

    def ledger(self) -> dict[Letter, Kept]:
        """What the ledger's file says at the end of every letter."""
        with closing(sqlite3.connect(f"{(self._folder / 'ledger.sqlite').as_uri()}?mode=ro", uri=True)) as connection:
            return {
                (wave, _number(address)): Kept(
                    status=status,
                    accepted=accepted_at is not None,
                    late=(reply or "").startswith("In doubt at first"),
                    message_id=message_id,
                )
                for wave, address, status, accepted_at, message_id, reply in connection.execute(_LETTERS)
            }

    # What people and timers do

    def _grow(self, batch: int) -> None:
        count = self._recipients * batch // len(BATCHES)
        for number in range(len(self.books.listed), count):
            self.books.listed[number] = self._run
        write_rows(self._folder / "affected.csv", _rows(count))
        while self._dies("send", self._sent):
            pass
        for _ in range(MOST_RUNS):  # again and again while the campaign pauses itself, or a person stops it
            begin = self._clock.at
            done, patient = self._perform(self._sent)
            if patient and not done.reason:
                self.books.sends.append(Run(run=self._run, begin=begin, end=self._clock.at))
                return
        raise AssertionError("the campaign does not come to its end")

    def _follow(self) -> None:
        while True:
            stopped = self._stopped_somebody()
            if not self._dies("follow", self._followed, self._withholding if stopped else None):
                break
            if self._chance.random() < 0.5:
                return  # until the timer fires again
        begin, (done, patient) = self._clock.at, self._perform(self._followed)
        if unarmed := [wave.name for wave in done.waves if wave.said]:
            for wave in unarmed:
                self._until_done("agree", lambda wave=wave: self._agreed(wave))
            begin, (done, patient) = self._clock.at, self._perform(self._followed)
        if patient and not any(wave.said or (wave.ended and wave.ended.reason) for wave in done.waves):
            self.books.follow_ups.append(Run(run=self._run, begin=begin, end=self._clock.at))

    def _sent(self) -> tuple[RunResult, bool]:
        person = Watcher(self._folder, self._clock, patient=self._chance.random() < PATIENCE)
        return send(self._folder, person), not person.has_stopped_it

    def _followed(self) -> tuple[follow_up.FollowedUp, bool]:
        person = Watcher(self._folder, self._clock, patient=self._chance.random() < PATIENCE)
        return follow_up.run(Workspace.open(self._folder), person), not person.has_stopped_it

    def _agreed(self, wave: str) -> None:
        asyncio.run(consent.agree(Workspace.open(self._folder), wave, str, confirm=None, on_progress=lambda *_: None))

    def _take_back(self) -> None:
        """What has come back by now is put into the week's box, and the whole box is read."""
        coming, self._coming = self._coming, []
        new = [(what, letter) for at, what, letter in coming if at <= self._clock.at]
        self._coming = [each for each in coming if each[0] > self._clock.at]
        if not new:
            return
        path = self._folder / f"returned-{int((self._clock.at - BEGINS) // (7 * DAY))}.mbox"
        box = mailbox.mbox(path)
        for what, letter in new:
            box.add(returned(what, letter))
        box.close()
        self._until_done("settle", lambda: settle(Workspace.open(self._folder), str(path), on_progress=lambda *_: None))
        self.books.heard += [Heard(run=self._run, what=what, letter=letter) for what, letter in new]

    def _stopped_somebody(self) -> bool:
        """Somebody whose letter a killed run has planned is heard of before it goes."""
        if not (self.books.died and self._withholding and self.books.died[-1] == str(_ADDED)):
            return False
        with SqliteRecords.open(self._folder / "ledger.sqlite", "trial") as records:
            waiting = [
                _number(each.address) for wave in WAVES for each in records.results(wave) if each.status == "PLANNED"
            ]
        firsts = [each for each in self.books.arrived if each.wave == "first" and each.number in waiting[:1]]
        self._coming += [(self._clock.at, "dead", letter) for letter in firsts]
        self._take_back()
        return bool(firsts)

    # Processes

    def _until_done(self, flow: str, act: Callable[[], object]) -> None:
        while self._dies(flow, act):
            pass
        self._perform(act)

    def _perform(self, act: Callable[[], T]) -> T:
        self._next_run()
        done = act()
        self._collect()
        return done

    def _next_run(self) -> None:
        self._run += 1
        self.relay.run = self._run

    def _dies(self, flow: str, act: Callable[[], object], first: deque[Step] | None = None) -> bool:
        """Let a process do it that dies at the next step of the flow; whether it came so far."""
        steps = first or self._deaths[flow]
        if not steps:
            return False
        step = steps[0]
        self._next_run()
        died = killed_at(replace(step, n=self._chance.choice(_NTH.get(step.name, (1,)))), act)
        while self._live.sink.connections:  # what it had written is still being read
            time.sleep(0.001)
        self._collect()
        steps.popleft()
        if died:
            self.books.died.append(str(step))
            self.books.killed.add(self._run)
        else:
            steps.append(step)
        return died

    def _collect(self) -> None:
        self.books.turned = self.relay.turned
        for place, received in enumerate(self._live.received[self._seen :], start=self._seen):
            header = received.data.partition(b"\r\n\r\n")[0]
            letter = Arrived(
                run=self._run,
                at=self.relay.taken_at[place],
                wave=wave_of(received.data),
                number=_number(received.recipients[0]),
                message_id=_field(header, b"Message-ID"),
            )
            self.books.arrived.append(letter)
            what = self._chance.choices(_BACK, _WEIGHTS)[0]
            if what:
                self._coming.append((self._clock.at + self._chance.uniform(0.1, 25) * DAY, what, letter))
        self._seen = len(self._live.received)

    def _write(self) -> None:
        campaign_folder(
            self._folder,
            self._live.sink.url,
            _rows(1),
            top={"layout": "bare"},
            relay={"connections": 2},
            limits=_LIMITS,
        )
        for name in ("sorry", *WAVES):
            (self._folder / "templates" / name).mkdir(exist_ok=True)
            text = LETTER.format("first" if name == "sorry" else name)
            (self._folder / "templates" / name / "en.md").write_text(text, encoding="utf-8")
        (self._folder / "templates" / "layouts").mkdir(exist_ok=True)  # one that is quickly read, run after run
        page = "<!DOCTYPE html><html><body>{{ body }}</body></html>"
        (self._folder / "templates" / "layouts" / "bare.html").write_text(page, encoding="utf-8")
        with (self._folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write(_TABLES)


# The world outside

_BACK = ("", "dead", "full", "complaint", "reply", "forged", "away")
_WEIGHTS = (76, 5, 3, 2, 8, 4, 2)


def wave_of(data: bytes) -> str:
    """The wave that a letter says it is of."""
    found = re.search(rb"This is the letter (\w+)\.", data)
    assert found
    return found[1].decode()


def _number(text: str) -> int:
    found = re.search(r"customer(\d+)@", text)
    assert found
    return int(found[1])


def _field(header: bytes, name: bytes) -> str:
    found = re.search(rb"^" + name + rb": (.*?)\r$", header + b"\r", re.MULTILINE)
    assert found
    return found[1].decode()


def _rows(count: int) -> Sequence[Row]:
    places = (PLACES[number % len(PLACES)] for number in range(count))
    return [
        {**row, "time_zone": zone, "country": country}
        for row, (zone, country) in zip(customers(count), places, strict=True)
    ]


def main() -> None:
    """The same with more customers, for whoever has the time."""
    folder, recipients, every, seed, trouble = sys.argv[1:]
    os.environ[STATE_VARIABLE] = str(Path(folder) / "state")
    clock = Clock(BEGINS)
    time.time = clock
    hasten(setattr)
    with relay() as live:
        world = World(
            Path(folder) / "trial", live, clock, recipients=int(recipients), seed=int(seed), trouble=int(trouble)
        )
        world.sixty_days(float(every))
        verdict = judge(world.books, world.ledger())
        print(msgspec.json.encode(verdict).decode())


if __name__ == "__main__":
    main()
