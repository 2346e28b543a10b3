"""Follow-ups and corrections are seen before they leave, and leave as they were seen."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send
from smtp_fakes import Relay
from test_follow_up import DAY, add_waves, armed, campaign

from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows.follow_up import follow_up
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.preview import PreviewResult, preview
from mass_apology.flows.preview.shown_letters import Source
from mass_apology.flows.preview.test import rehearse
from mass_apology.flows.preview.wave_letters import correction_letters, wave_letters
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

DATE = re.compile(rb"^Date: [^\r]*\r\n", re.MULTILINE)


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


class Clock:
    """The time that all of the program sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1_795_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def look(folder: Path, source: Source, to: Path, **choice: object) -> PreviewResult:
    looked = preview(
        Workspace.open(folder), to, Choice(**choice), source=source, force=True, on_progress=lambda *_: None
    )
    return asyncio.run(looked)


def of_wave(name: str) -> Source:
    return partial(wave_letters, name=name)


def messages(path: Path) -> list[bytes]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [DATE.sub(b"", json.loads(line)["message"].encode()) for line in lines]


def left(live: Relay, after: int) -> list[bytes]:
    return [DATE.sub(b"", each.data) for each in live.received[after:]]


def test_a_follow_up_leaves_as_it_was_seen(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(6))
    seen = tmp_path / "seen.jsonl"
    early = look(folder, of_wave("later"), seen, everyone=True)
    assert (early.wave, early.letters, early.shown) == ("later", 6, 6)
    assert "as if they had been" in early.notes[0]
    undecided = messages(seen)
    send(folder)
    clock.at += DAY
    made = look(folder, of_wave("later"), seen, everyone=True)
    assert (made.shown, made.notes) == (6, ())
    decided = messages(seen)
    clock.at += 3 * DAY
    armed(folder, 6)
    follow_up.run(Workspace.open(folder), Person())
    gone = left(live, 6)
    assert sorted(gone) == sorted(decided) == sorted(undecided)
    assert {message_from_bytes(each)["Subject"] for each in gone} == {
        f"Re: Acme API and you, Customer {number}" for number in range(6)
    }
    with pytest.raises(InputError, match="nobody gets a letter of later any more"):
        look(folder, of_wave("later"), seen)


def test_a_follow_up_of_a_follow_up_is_in_its_thread_before_anything_left(
    tmp_path: Path, live: Relay, clock: Clock
) -> None:
    folder = campaign(tmp_path / "trial", live, customers(2))
    later = {"name": "later", "template": "later", "after": "3 days"}
    last = {"name": "last", "template": "later", "after": "1 day", "from_wave": "later", "where": "minutes > 1"}
    add_waves(folder, live, {"hours": "00:00-24:00", "weekdays": "mon-sun"}, later, last)
    seen = tmp_path / "seen.jsonl"
    assert look(folder, of_wave("last"), seen, everyone=True).shown == 1  # the condition holds for one of them
    mail = message_from_bytes(messages(seen)[0])
    assert len(mail["References"].split()) == 2
    send(folder)
    clock.at += 4 * DAY
    for wave, count in (("later", 2), ("last", 1)):
        armed(folder, count, wave)
        follow_up.run(Workspace.open(folder), Person())
        clock.at += 4 * DAY
    assert left(live, 4) == messages(seen)


def test_a_correction_leaves_as_it_was_seen(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(5))
    send(folder)
    options = CorrectOptions(template="later", where="minutes > 2")
    seen = tmp_path / "seen.jsonl"
    assert look(folder, partial(correction_letters, options=options), seen, everyone=True).shown == 3
    assert len(live.received) == 5
    correct(Workspace.open(folder), options, Person())
    assert sorted(left(live, 5)) == sorted(messages(seen))


def test_a_test_sends_the_letters_of_rows_and_of_waves(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live, customers(5))

    def rehearsed(choice: Choice, source: Source) -> list[tuple[str, str]]:
        before = len(live.received)
        asyncio.run(
            rehearse(Workspace.open(folder), ["me@a.example"], choice, source=source, on_progress=lambda *_: None)
        )
        mails = [message_from_bytes(each) for each in left(live, before)]
        return [(mail["Subject"], mail["References"] or "") for mail in mails]

    from mass_apology.flows.preview.shown_letters import first_letters

    chosen = Choice(lines=(3,), addresses=("customer4@d4.example",))
    assert [subject for subject, _ in rehearsed(chosen, first_letters)] == [
        "[TEST] Acme API and you, Customer 1",
        "[TEST] Acme API and you, Customer 4",
    ]
    ((subject, references),) = rehearsed(Choice(lines=(3,)), of_wave("later"))
    assert subject == "[TEST] Re: Acme API and you, Customer 1"
    assert len(references.split()) == 1


def test_an_unknown_wave_is_named_with_those_there_are(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live, customers(2))
    with pytest.raises(ConfirmationError, match="no follow-up sooner"):
        look(folder, of_wave("sooner"), tmp_path / "seen.txt")
    plain = campaign_folder(tmp_path / "plain", live.sink.url, customers(2))
    with pytest.raises(ConfirmationError, match="has no follow-ups"):
        look(plain, of_wave("later"), tmp_path / "seen.txt")
