"""Follow-ups: to those who got the first letter, by a person's consent, in their thread, each once."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from pathlib import Path

import pytest
from live import Person, Row, campaign_folder, customers, relay, send, write_toml
from smtp_fakes import FaultyConversation, Relay

from mass_apology.errors import ConfirmationError, InputError, LedgerError, LedgerLocked
from mass_apology.flows.follow_up import follow_up as flow
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.consent import agree
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.follow_up import FollowedUp, WaveEnded, run
from mass_apology.flows.follow_up.outlook import Outlook, outlook
from mass_apology.flows.follow_up.timers import text
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.ledger.further_waves import Armed
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.model import Finding, Severity, Status
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

DAY = 86400.0
ALWAYS = {"hours": "00:00-24:00", "weekdays": "mon-sun"}
CHAIN = {"later": {"after": "3 days"}, "last": {"after": "1 day", "from_wave": "later"}}
LATER = "Subject: How it went on\n\n{{ salutation }}\n\nWe have mended it, {{ customer.name }}.\n"


class Clock:
    """The time that all of the program sees."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1_795_000_000.0)  # a Wednesday noon in November 2026
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def campaign(
    folder: Path, live: Relay, rows: list[Row] | None = None, schedule: Mapping[str, object] = ALWAYS, **wave: object
) -> Path:
    """A campaign whose follow-up is due three days after each letter."""
    campaign_folder(folder, live.sink.url, rows or customers(20))
    (folder / "templates/later").mkdir(exist_ok=True)
    (folder / "templates/later/en.md").write_text(LATER, encoding="utf-8")
    add_waves(folder, live, schedule, {"name": "later", "template": "later", "after": "3 days", **wave})
    return folder


def add_waves(folder: Path, live: Relay, schedule: Mapping[str, object], *waves: Mapping[str, object]) -> None:
    from mass_apology.flows.init.toml_notation import toml

    write_toml(folder, live.sink.url, schedule=schedule)
    path = folder / "campaign.toml"
    tables = [
        "\n".join(["", "[[follow_up]]", *(f"{key} = {toml(value)}" for key, value in wave.items())]) for wave in waves
    ]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(tables) + "\n", encoding="utf-8")


def armed(folder: Path, letters: int, wave: str = "later") -> Armed:
    return asyncio.run(agree(Workspace.open(folder), wave, lambda _: "", confirm=letters, on_progress=lambda *_: None))


def followed(folder: Path) -> FollowedUp:
    return run(Workspace.open(folder), Person())


def sent_in(done: FollowedUp) -> int:
    return sum(wave.ended.sent for wave in done.waves if wave.ended)


def planned_for(found: Outlook) -> int:
    return found.waves[0].letters


def test_the_letter_goes_when_it_is_due_and_once(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    assert planned_for(outlook(Workspace.open(folder))) == 20
    armed(folder, 20)
    early = followed(folder)
    assert sent_in(early) == 0
    assert early.next_at == pytest.approx(clock.at + 3 * DAY)
    clock.at += 3 * DAY + 1
    assert sent_in(followed(folder)) == 20
    assert sent_in(followed(folder)) == 0
    clock.at += 30 * DAY
    assert sent_in(followed(folder)) == 0
    assert len(live.received) == 40


@pytest.mark.parametrize(
    ("prefix", "setting", "subject"),
    [
        ("", {}, "Re: Acme API and you, Customer 0"),
        ("Prefix: Update", {}, "Update: Acme API and you, Customer 0"),
        ("Prefix: Aktualizacja:", {"subject": "prefix"}, "Aktualizacja: Acme API and you, Customer 0"),
        ("Prefix: Update", {"subject": "same"}, "Acme API and you, Customer 0"),
        ("Prefix: Update", {"subject": "own"}, "How it went on"),
    ],
)
def test_its_subject_keeps_the_conversation_together(
    tmp_path: Path, live: Relay, clock: Clock, prefix: str, setting: dict[str, str], subject: str
) -> None:
    folder = campaign(tmp_path / "trial", live, customers(1), **setting)
    if prefix:
        (folder / "templates/later/en.md").write_text(f"{prefix}\n{LATER}", encoding="utf-8")
    send(folder)
    armed(folder, 1)
    clock.at += 4 * DAY
    followed(folder)
    assert message_from_bytes(live.received[-1].data)["Subject"] == subject


def test_the_waves_after_the_next_are_foretold(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    add_waves(
        folder,
        live,
        ALWAYS,
        {"name": "later", "template": "later", "after": "3 days"},
        {"name": "pro", "template": "later", "from_wave": "later", "after": "2 days", "where": "minutes > 15"},
        {"name": "last", "template": "later", "from_wave": "pro", "after": "1 day"},
    )
    send(folder)
    before = outlook(Workspace.open(folder))
    assert [(wave.name, wave.letters, wave.expected) for wave in before.waves] == [
        ("later", 20, 0),
        ("pro", 0, 5),
        ("last", 0, 5),
    ]
    foretold = {day.wave: (day.first, day.last, day.count) for day in before.expected}
    clock.at += 3 * DAY + 60
    armed(folder, 20)
    followed(folder)
    after = outlook(Workspace.open(folder))
    assert [(wave.letters, wave.expected) for wave in after.waves] == [(20, 0), (5, 0), (0, 5)]
    (day,) = [day for day in after.days if day.wave == "pro"]
    assert (day.first, day.last, day.count) == pytest.approx((*(at + 60 for at in foretold["pro"][:2]), 5), abs=1)


def test_a_prefix_is_not_repeated_down_a_chain(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(1))
    add_waves(
        folder,
        live,
        ALWAYS,
        {"name": "later", "template": "later", "after": "3 days"},
        {"name": "last", "template": "later", "from_wave": "later", "after": "3 days"},
    )
    send(folder)
    for wave in ("later", "last"):
        armed(folder, 1, wave)
        clock.at += 4 * DAY
        followed(folder)
    subjects = [message_from_bytes(each.data)["Subject"] for each in live.received]
    assert subjects == ["Acme API and you, Customer 0", *["Re: Acme API and you, Customer 0"] * 2]


def test_it_stands_in_the_thread_of_the_first_letter(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(3))
    send(folder)
    armed(folder, 3)
    clock.at += 4 * DAY
    followed(folder)
    first = {each.recipients[0]: message_from_bytes(each.data) for each in live.received[:3]}
    for each in live.received[3:]:
        mail, before = message_from_bytes(each.data), first[each.recipients[0]]
        assert mail["In-Reply-To"] == mail["References"] == before["Message-ID"]
        assert mail["Message-ID"] != before["Message-ID"]
        assert mail["Subject"] == f"Re: {before['Subject']}"
        assert before["In-Reply-To"] is None


def test_a_chain_threads_under_all_letters_before(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(2))
    wave = {"template": "later", "after": "1 day"}
    add_waves(folder, live, ALWAYS, {"name": "one", **wave}, {"name": "two", "from_wave": "one", **wave})
    send(folder)
    armed(folder, 2, "one")
    clock.at += DAY + 1
    followed(folder)
    armed(folder, 2, "two")
    assert sent_in(followed(folder)) == 0
    clock.at += DAY + 1
    assert sent_in(followed(folder)) == 2
    last = message_from_bytes(live.received[-1].data)
    assert len(last["References"].split()) == 2
    assert last["In-Reply-To"] == last["References"].split()[-1]


def test_nothing_goes_that_nobody_agreed_to(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    clock.at += 4 * DAY
    done = followed(folder)
    assert sent_in(done) == 0
    assert "nobody has armed it" in done.waves[0].said
    assert done.waves[0].needs_a_person
    with pytest.raises(ConfirmationError, match="the number given was 19"):
        armed(folder, 19)
    assert sent_in(followed(folder)) == 0


def test_never_more_than_were_agreed_to(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    armed(folder, 20)
    campaign_folder(folder, live.sink.url, customers(25))
    add_waves(folder, live, ALWAYS, {"name": "later", "template": "later", "after": "3 days"})
    send(folder)
    clock.at += 4 * DAY
    done = followed(folder)
    assert sent_in(done) == 20
    assert "5 more are due than were armed" in done.waves[0].said
    armed(folder, 25)
    assert sent_in(followed(folder)) == 5


def test_a_changed_letter_needs_a_new_word(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    armed(folder, 20)
    (folder / "templates/later/en.md").write_text(LATER + "\nAnd more.\n", encoding="utf-8")
    clock.at += 4 * DAY
    done = followed(folder)
    assert sent_in(done) == 0
    assert "the template changed" in done.waves[0].said
    armed(folder, 20)
    assert sent_in(followed(folder)) == 20


def test_those_who_were_refused_get_none(tmp_path: Path, clock: Clock) -> None:
    def refuse(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return b"550 5.1.1 unknown" if verb == "RCPT" and b"customer7@" in argument else None

    with relay(fault=refuse) as live:
        folder = campaign(tmp_path / "trial", live)
        send(folder)
        found = outlook(Workspace.open(folder))
        assert planned_for(found) == 19
        assert found.left_out[0].count == 1
        armed(folder, 19)
        clock.at += 4 * DAY
        assert sent_in(followed(folder)) == 19


def test_a_condition_chooses_by_column(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, where="minutes > 15")
    send(folder)
    assert planned_for(outlook(Workspace.open(folder))) == 5


def test_a_run_does_not_wait_for_days_for_a_deferred_letter(
    tmp_path: Path, live: Relay, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PATIENCE", 0.0)  # this clock stands still, and would never come to the next try
    folder = campaign(tmp_path / "trial", live, customers(6))
    send(folder)
    armed(folder, 6)
    clock.at += 4 * DAY
    live.fault = lambda _, verb, argument: b"450 4.2.1 later" if verb == "RCPT" and b"customer3@" in argument else None
    done = followed(folder)
    assert sent_in(done) == 5
    assert done.next_at is not None
    assert clock.at < done.next_at <= clock.at + DAY  # the timer's next run, or --watch, takes it up
    live.fault = None
    clock.at = done.next_at + 1
    assert sent_in(followed(folder)) == 1
    assert len(live.received) == 12


def test_check_tells_early_what_a_follow_up_lacks(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live, customers(2))
    add_waves(
        folder,
        live,
        ALWAYS,
        {"name": "gone", "template": "folow-up", "after": "3 days"},
        {"name": "later", "template": "follow-up", "after": "3 days"},
    )
    person = Person()
    assert send(folder, person).sent == 2
    assert person.checks[0]
    found = {group.code: group.examples[0] for group in person.checks[0].groups}
    assert "did you mean `follow-up`" in found["follow-up-template"].problem
    assert "done" in found["follow-up-fact-missing"].problem
    assert "follow-up later" in found["follow-up-fact-missing"].where


def test_at_night_nothing_arrives(tmp_path: Path, live: Relay, clock: Clock) -> None:
    zones = ["Europe/Warsaw", "America/New_York", "Asia/Tokyo", "Pacific/Auckland"]
    rows = [dict(row, time_zone=zones[n % 4]) for n, row in enumerate(customers(8))]
    folder = campaign(tmp_path / "trial", live, rows, schedule={"hours": "09:00-12:00", "weekdays": "mon-sun"})
    send(folder)
    armed(folder, 8)
    arrived = []
    for _ in range(5 * 24):
        clock.at += 3600
        arrived += [sent_in(followed(folder))]
    assert sum(arrived) == 8
    assert sorted(each for each in arrived if each) == [2, 2, 2, 2]


def test_what_was_planned_and_got_late_goes_at_the_next_opening(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(5), schedule={"hours": "09:00-17:00", "weekdays": "mon-sun"})
    send(folder)
    armed(folder, 5)
    clock.at = (clock.at + 4 * DAY) // DAY * DAY + 10 * 3600
    live.fault = lambda _, verb, __: b"451 4.3.0 later" if verb == "MAIL" else None
    assert sent_in(followed_once(folder)) == 0
    live.fault = None
    clock.at += 12 * 3600  # 22:00
    assert sent_in(followed(folder)) == 0
    clock.at += 12 * 3600  # 10:00
    assert sent_in(followed(folder)) == 5


def followed_once(folder: Path) -> FollowedUp:
    """A run that does not wait for what was deferred."""
    with SqliteLedger.open(folder / "ledger.sqlite", "trial") as ledger:
        assert ledger.notes()

    class Hasty(Person):
        def progress(self, progress: object) -> None:
            from mass_apology.flows.control import request
            from mass_apology.ledger import Control

            if getattr(progress, "counts", None) is not None and getattr(progress, "waits_for", ""):
                request(folder, Control.STOP)

    return run(Workspace.open(folder), Hasty())


def test_two_runs_at_once_send_each_letter_once(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    armed(folder, 20)
    clock.at += 4 * DAY
    with SqliteLedger.open(folder / "ledger.sqlite", "trial") as other:
        other.acquire(clock.at)
        with pytest.raises(LedgerLocked):
            followed(folder)
        other.release()
    assert sent_in(followed(folder)) == 20
    assert len({message_from_bytes(each.data)["Message-ID"] for each in live.received}) == 40


def test_a_letter_that_cannot_be_written_stops_the_arming(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    (folder / "templates/later/en.md").write_text("Subject: x\n\n{{ customer.nothing }}\n", encoding="utf-8")
    send(folder)
    with pytest.raises(ConfirmationError, match="20 letters of the wave later cannot go"):
        armed(folder, 20)


def test_the_timers_name_the_folder(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "a folder", live)
    for form, sign in (("systemd", "OnCalendar=*:0/15"), ("cron", "*/15 * * * *"), ("kubernetes", "Forbid")):
        printed = text(form, folder, 15)
        assert sign in printed
        assert "follow-up" in printed
        assert str(folder) in printed


@pytest.mark.parametrize(("every", "moments"), [(1, "*:0/1"), (59, "*:0/59"), (60, "hourly")])
def test_every_interval_is_one_that_systemd_knows(tmp_path: Path, live: Relay, every: int, moments: str) -> None:
    assert f"OnCalendar={moments}\n" in text("systemd", campaign(tmp_path, live), every)


def test_a_timer_quotes_the_folder_as_its_reader_wants_it(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / '50% of $HOME "b" o\'c', live)
    assert """/50%% of $$HOME \\"b\\" o'c"\n""" in text("systemd", folder, 15)
    assert r"/50\% of $HOME" in text("cron", folder, 15)
    last = text("cron", folder, 15).splitlines()[-1]
    assert shlex.split(last.replace(r"\%", "%"))[-1] == str(folder)


@pytest.mark.parametrize("form", ["systemd", "cron"])
def test_a_timer_asks_the_same_suppression_list(
    tmp_path: Path, live: Relay, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = campaign(tmp_path / "trial", live)
    monkeypatch.setenv("MASS_APOLOGY_STATE", str(tmp_path / "state"))
    assert f"MASS_APOLOGY_STATE={tmp_path / 'state'}" in text(form, folder, 15)
    monkeypatch.delenv("MASS_APOLOGY_STATE")
    assert "MASS_APOLOGY_STATE" not in text(form, folder, 15)


def test_a_wave_that_is_for_nobody_yet_cannot_be_agreed_to(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    add_waves(folder, live, ALWAYS, *({"name": name, "template": "later", **more} for name, more in CHAIN.items()))
    send(folder)
    with pytest.raises(ConfirmationError, match="Nobody is to get the wave last yet"):
        armed(folder, 0, "last")


def test_without_a_ledger_nothing_follows_and_none_is_begun(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path / "trial", live)
    with pytest.raises(LedgerError, match="There is no ledger"):
        followed(folder)
    assert not (folder / "ledger.sqlite").exists()


def test_the_record_says_who_armed(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    by = armed(folder, 20).by
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        assert any(f"armed by {by}" in note.what for note in ledger.notes())


def test_a_watch_that_was_interrupted_while_it_sent_begins_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the end of the command, whatever is due later: a signal would not be heard any more."""
    cut_off = WaveEnded(
        name="later",
        ended=RunResult(counts={Status.PLANNED: 2}, sent=1, seconds=1.0, interrupted=True),
        said="",
        needs_a_person=False,
        next_at=time.time() + DAY,
    )
    done = FollowedUp(waves=(cut_off,))
    monkeypatch.setattr(flow, "run", lambda *_, **__: done)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it goes on"))
    said: list[FollowedUp] = []
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1", customers(1))
    assert flow.watch(Workspace.open(folder), Person(), said.append) is done
    assert said == [done]


# A wave that goes under another name

NEW = {"template": "other", "after": "3 days"}
UNNAMED = {"template": "later", "after": "3 days"}


def followed_unnamed(folder: Path, live: Relay, clock: Clock) -> Path:
    """A campaign whose only follow-up, which has no name of its own, went to everybody: later-1."""
    campaign(folder, live)
    (folder / "templates/other").mkdir()
    (folder / "templates/other/en.md").write_text(LATER, encoding="utf-8")
    add_waves(folder, live, ALWAYS, UNNAMED)
    send(folder)
    clock.at += 4 * DAY
    armed(folder, 20, "later-1")
    assert sent_in(followed(folder)) == 20
    return folder


@pytest.mark.parametrize(
    ("waves", "new"),
    [
        ([NEW, UNNAMED], "later-2"),
        ([UNNAMED | {"name": "after-a-week"}], "after-a-week"),
        ([NEW | {"name": "before"}, UNNAMED], "before"),
    ],
    ids=["inserted", "renamed", "inserted, looked at by the new one"],
)
def test_a_wave_under_another_name_is_not_armed_for_the_same_people(
    tmp_path: Path, live: Relay, clock: Clock, waves: list[dict[str, object]], new: str
) -> None:
    folder = followed_unnamed(tmp_path / "trial", live, clock)
    add_waves(folder, live, ALWAYS, *waves)
    shown = next(each for each in outlook(Workspace.open(folder)).waves if each.name == new)
    assert "20 letters of later-1" in next(each for each in shown.findings if each.code == "wave-renamed").problem
    with pytest.raises(ConfirmationError, match=r"20 letters of later-1.*wave-renamed") as refused:
        armed(folder, 20, new)
    assert 'name = "later-1"' in refused.value.next_step
    assert "--arm WAVE --override wave-renamed" in refused.value.next_step
    assert sent_in(followed(folder)) == 0
    assert len(live.received) == 40


def test_with_its_old_name_back_the_new_one_goes_alone(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = followed_unnamed(tmp_path / "trial", live, clock)
    add_waves(folder, live, ALWAYS, NEW, UNNAMED | {"name": "later-1"})
    assert [each.findings for each in outlook(Workspace.open(folder)).waves] == [(), ()]
    armed(folder, 20, "other-1")
    assert sent_in(followed(folder)) == 20
    assert len(live.received) == 60


def test_who_means_it_says_so_once_and_the_timer_goes_by_it(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = followed_unnamed(tmp_path / "trial", live, clock)
    add_waves(folder, live, ALWAYS, NEW)
    told: list[Finding] = []
    asyncio.run(
        agree(
            Workspace.open(folder),
            "other-1",
            lambda _: "",
            confirm=20,
            on_progress=lambda *_: None,
            notice=told.extend,
            override=("wave-renamed",),
        )
    )
    assert [(each.code, each.severity) for each in told] == [("wave-renamed", Severity.WARNING)]
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        assert any("overridden: wave-renamed" in each.what for each in ledger.notes())
    assert sent_in(followed(folder)) == 20


def test_a_consent_is_no_word_on_what_went_after_it(tmp_path: Path, live: Relay, clock: Clock) -> None:
    """Two versions of campaign.toml, each with its consent, in turn."""
    folder = campaign(tmp_path / "trial", live)
    first = (folder / "campaign.toml").read_bytes()
    send(folder)
    clock.at += 4 * DAY
    add_waves(folder, live, ALWAYS, UNNAMED | {"name": "renamed"})
    second = (folder / "campaign.toml").read_bytes()
    armed(folder, 20, "renamed")
    (folder / "campaign.toml").write_bytes(first)
    clock.at += 60
    armed(folder, 20)
    assert sent_in(followed(folder)) == 20
    (folder / "campaign.toml").write_bytes(second)
    done = followed(folder)
    assert sent_in(done) == 0
    assert "wave-renamed" in done.waves[0].said
    assert done.waves[0].needs_a_person
    assert len(live.received) == 40


def test_a_correction_is_no_follow_up_without_a_name(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    assert correct(Workspace.open(folder), CorrectOptions(template="later"), Person()).sent == 20
    clock.at += 4 * DAY
    armed(folder, 20)
    assert sent_in(followed(folder)) == 20


# Conditions


@pytest.mark.parametrize(
    ("where", "said"),
    [("minutse > 15", "Did you mean 'minutes'"), ("minutes >", "invalid"), ("plan == 'pro'", "'plan'")],
)
def test_a_condition_that_the_file_cannot_answer_is_told_before_anything_is_planned(
    tmp_path: Path, live: Relay, where: str, said: str
) -> None:
    folder = campaign(tmp_path / "trial", live, where=where)
    with pytest.raises(InputError, match=r"follow_up 1, where.*" + said):
        send(folder)
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        assert (ledger.wave_names(), ledger.header) == ([], ())
    assert live.received == []
