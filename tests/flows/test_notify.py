"""[notify]: what happens in a whole campaign is told, holds nothing up, names nobody, and failures are noted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from http_receiver import Receiver, receiver
from live import Person, campaign_folder, customers, relay, send, statuses
from msgspec.structs import replace
from smtp_fakes import FaultyConversation, Relay

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError, RelayError
from mass_apology.flows.follow_up import follow_up
from mass_apology.flows.notify import notifier
from mass_apology.flows.notify.channels import channels
from mass_apology.flows.notify.notify import notify
from mass_apology.flows.notify.occasions import end_of_run, end_of_wave
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Status, StopCause
from mass_apology.sending import relay_source
from mass_apology.sending.log_chain import head_of
from mass_apology.settings import NotifyEvent, NotifySettings
from mass_apology.workspace.source_digests import letters_digest, wave_digest
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

KEYS = {
    *("version", "id", "events", "trial", "at", "campaign", "wave", "state", "cause", "resumes_at"),
    *("counts", "due", "sent", "started_at", "plan", "log_head"),
}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOOK", "a secret of the test")


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def campaign(folder: Path, live: Relay, hook: Receiver | str | None, count: int = 20, **notify: object) -> Path:
    url = hook.url if isinstance(hook, Receiver) else hook
    tables: dict[str, dict[str, object]] = {"notify": {"wait": 5.0, **notify}}
    if url is not None:
        tables["notify.webhook"] = {"url": url, "secret": "env:ACME_HOOK", "timeout": 1.0}
    return campaign_folder(folder, live.sink.url, customers(count), **tables)


def told(hook: Receiver) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in hook.got]


def notes(folder: Path) -> list[str]:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        return [each.what for each in ledger.notes() if each.what.startswith("notification")]


def test_the_end_is_told_with_counts_and_no_names(tmp_path: Path, live: Relay) -> None:
    with receiver(200) as hook:
        send(campaign(tmp_path, live, hook))
        (news,) = told(hook)
    assert set(news) == KEYS
    assert (news["events"], news["state"], news["wave"], news["sent"]) == (["finished"], "finished", "first", 20)
    assert news["counts"] == {"ACCEPTED": 20}
    assert news["started_at"] <= news["at"]
    assert len(news["plan"].split("-")) == 3
    assert news["log_head"] == head_of(tmp_path / "log.jsonl")
    for word in ("customer", "@", "Anna", str(tmp_path), "sink"):
        assert word.encode() not in hook.got[0].body
    assert notes(tmp_path) == ["notification finished of the wave first: told 1 of 1"]


@pytest.mark.parametrize("manner", ["hang", "trickle", 500])
def test_a_receiver_in_trouble_holds_nothing_up_and_is_told_in_one_sentence(
    tmp_path: Path, live: Relay, manner: int | str
) -> None:
    person = Person()
    with receiver(manner) as hook:
        ended = send(campaign(tmp_path, live, hook, wait=1.0), person)
        place = hook.url.partition("/hook")[0].removeprefix("http://")
    assert statuses(tmp_path) == {"ACCEPTED": 20}
    assert ended.seconds < 30
    (finding,) = person.notices
    assert finding.problem.startswith(f"The webhook {place} was not told of finished: ")
    assert finding.problem.count(". ") == 0
    (note,) = notes(tmp_path)
    assert note.startswith("notification finished of the wave first: told 0 of 1; the webhook was not told: ")


def test_a_dead_receiver_costs_nothing(tmp_path: Path, live: Relay) -> None:
    with receiver(200) as gone:
        url = gone.url
    person = Person()
    send(campaign(tmp_path, live, url, wait=0.5), person)
    assert statuses(tmp_path) == {"ACCEPTED": 20}
    assert [each.code for each in person.notices] == ["notify-failed"]


def test_the_relays_words_are_not_repeated_when_it_pauses_itself(tmp_path: Path) -> None:
    def refuse(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return b"530 5.7.0 Authentication required, " + argument + b"\r\n" if verb == "MAIL" else None

    with relay(fault=refuse) as live, receiver(200) as hook:
        ended = send(campaign(tmp_path, live, hook))
        assert ended.reason
        (news,) = told(hook)
    assert (news["events"], news["state"]) == (["paused", "needs-a-person"], "paused")
    assert news["cause"] == ended.cause == StopCause.REPLY
    assert news["due"] == 20
    assert b"Authentication" not in hook.got[0].body
    assert b"acme.example" not in hook.got[0].body


def test_a_closed_window_is_told_while_the_run_goes_on(
    tmp_path: Path, live: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay's own window: five in a minute. What is told is told before the end, once."""
    monkeypatch.setattr(notifier, "LONG_WAIT", 2.0)

    class Impatient(Person):
        def progress(self, progress: Any) -> None:
            if "window" in progress.waits_for and len(hook.got) == 1:
                raise OSError("the terminal is closed")  # ends the run in order

    with receiver(200) as hook:
        folder = campaign(tmp_path, live, hook, count=8)
        text = (folder / "campaign.toml").read_text(encoding="utf-8")
        (folder / "campaign.toml").write_text(
            text.replace('rate = "unlimited"', 'rate = "unlimited"\nwindows = ["5/min"]'), encoding="utf-8"
        )
        with pytest.raises(Exception, match="Nobody reads"):
            send(folder, Impatient())
        waiting, failed = told(hook)
    assert (waiting["events"], waiting["state"], waiting["cause"]) == (["paused"], "waiting", "window")
    assert (waiting["sent"], waiting["due"], waiting["counts"]["ACCEPTED"]) == (5, 3, 5)
    assert waiting["resumes_at"] > waiting["at"]
    assert (failed["events"], failed["cause"]) == (["needs-a-person"], "failure")


def test_a_quota_is_told_while_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay's quota opens again by itself here, after three seconds and not an hour."""
    monkeypatch.setattr(notifier, "LONG_WAIT", 1.0)
    monkeypatch.setattr(relay_source, "QUOTA_WAIT", 3.0)
    said = []

    def quota(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "MAIL" and not said:
            said.append(verb)
            return b"550 Daily quota exceeded\r\n"
        return None

    with relay(fault=quota) as live, receiver(200) as hook:
        send(campaign(tmp_path, live, hook, count=5))
        waiting, finished = told(hook)
    assert (waiting["events"], waiting["cause"], waiting["state"]) == (["paused"], "quota", "waiting")
    assert finished["events"] == ["finished"]


def test_only_what_is_chosen_is_told(tmp_path: Path, live: Relay) -> None:
    with receiver(200) as hook:
        send(campaign(tmp_path, live, hook, on=["paused"]))
        assert hook.got == []


def test_a_mail_to_oneself_is_no_letter(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live, None, count=5, mail="Ops <ops@acme.example>")
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    (folder / "campaign.toml").write_text(
        text.replace('rate = "unlimited"', 'rate = "unlimited"\nwindows = ["5/day"]'), encoding="utf-8"
    )
    ended = send(folder)
    assert (ended.sent, ended.due) == (5, 0)
    assert statuses(folder) == {"ACCEPTED": 5}
    (mail,) = [each for each in live.received if each.recipients == ("ops@acme.example",)]
    assert len(live.received) == 6
    message = message_from_bytes(mail.data)
    assert message["Subject"] == "trial, first: finished"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "accepted:              5\r\n" in str(message.get_payload())
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        assert sum(letters for _, letters in ledger.usage_since(time.time() - 3600)) == 5


def test_a_relay_that_is_gone_is_told_by_the_webhook_and_not_by_mail(tmp_path: Path, live: Relay) -> None:
    with relay() as gone:
        url = gone.sink.url
    with receiver(200) as hook:
        folder = campaign(tmp_path, live, hook, mail="ops@acme.example")
        text = (folder / "campaign.toml").read_text(encoding="utf-8")
        (folder / "campaign.toml").write_text(text.replace(live.sink.url, url), encoding="utf-8")
        result = notify(Workspace.open(folder), trial=True)
    assert set(result.failures) == {"the mailbox ops@acme.example"}
    assert told(hook)[0]["trial"] is True


def test_nobody_needs_a_ledger_or_a_readable_file_for_a_trial(tmp_path: Path, live: Relay) -> None:
    with receiver(500, 200) as hook:
        folder = campaign(tmp_path, live, hook, wait=10.0)
        (folder / "affected.csv").unlink()
        assert notify(Workspace.open(folder), trial=True).all_well
        assert not (folder / "ledger.sqlite").exists()


def test_a_trial_of_nobody_says_what_to_write(tmp_path: Path, live: Relay) -> None:
    with pytest.raises(CampaignError, match="nobody") as caught:
        notify(Workspace.open(campaign(tmp_path, live, None)), trial=True)
    assert "[notify]" in caught.value.next_step


def test_settings_that_cannot_be_used_here_are_found_beforehand(
    tmp_path: Path, live: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_HOOK")
    folder = campaign(tmp_path, live, "https://hooks.acme.example/x", command=["./no-such-program"])
    found = channels(Workspace.open(folder)).findings
    assert [each.where for each in found] == ["campaign.toml, [notify] command", "campaign.toml, [notify] webhook"]
    assert "./no-such-program" in found[0].problem
    assert "ACME_HOOK" in found[1].problem
    person = Person()
    send(folder, person)  # all the same
    assert statuses(folder) == {"ACCEPTED": 20}
    assert [each.code for each in person.notices] == ["notify-unusable", "notify-unusable"]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ('[notify]\non = ["sometimes"]', "$.notify.on"),
        ('[notify]\nmail = "nobody"', "`$.notify.mail` holds the address 'nobody'"),
        ('[notify.webhook]\nurl = "http://a.example/"\nsecret = "env:X"', "`$.notify.webhook.url` would send"),
        ('[notify.webhook]\nurl = "https://a.example/"\nsecret = "letmein"', "`$.notify.webhook.secret` does not say"),
        ('[notify.webhook]\nurl = "https://a.example/"', "secret"),
        ("[notify]\nwait = 1000", "$.notify.wait"),
    ],
)
def test_wrong_settings_are_named_with_their_path(tmp_path: Path, live: Relay, toml: str, problem: str) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(1))
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{toml}\n")
    with pytest.raises(CampaignError) as caught:
        read_campaign(folder)
    assert problem in caught.value.problem
    assert "letmein" not in caught.value.problem


def test_a_changed_receiver_makes_no_new_plan(tmp_path: Path, live: Relay) -> None:
    before = read_campaign(campaign_folder(tmp_path, live.sink.url, customers(1)))
    after = replace(before, notify=NotifySettings(mail="ops@acme.example"))
    assert letters_digest(before) == letters_digest(after)
    assert wave_digest(before) == wave_digest(after)


def follow_up_campaign(folder: Path, live: Relay, hook: Receiver, **notify: object) -> Path:
    """Its first letters have gone, and a follow-up is due that nobody has agreed to."""
    campaign(folder, live, hook, count=3, **notify)
    send(folder)
    hook.got.clear()
    (folder / "templates/later").mkdir()
    (folder / "templates/later/en.md").write_text("Subject: Later\n\n{{ salutation }}\n\nDone.\n", encoding="utf-8")
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[follow_up]]\ntemplate = "later"\nname = "later"\nafter = "0 seconds"\n')
        file.write('[schedule]\nhours = "00:00-24:00"\nweekdays = "mon-sun"\n')
    return folder


def test_a_timer_tells_the_same_once_a_day(tmp_path: Path, live: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(200) as hook:
        folder = follow_up_campaign(tmp_path, live, hook)
        for _ in range(3):
            follow_up.run(Workspace.open(folder), Person())
        (news,) = told(hook)
        assert (news["events"], news["cause"], news["wave"]) == (["needs-a-person"], "not-armed", "later")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 90_000)
        follow_up.run(Workspace.open(folder), Person())
        assert len(hook.got) == 2


def test_a_timer_tells_again_what_nobody_heard(tmp_path: Path, live: Relay) -> None:
    with receiver(404, 200) as hook:
        folder = follow_up_campaign(tmp_path, live, hook, on=["needs-a-person"])
        for _ in range(3):
            follow_up.run(Workspace.open(folder), Person())
        assert len(hook.got) == 2


def test_what_a_purge_leaves_of_the_notes_says_what_was_told(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live, None, count=3, mail="ops@acme.example")
    send(folder)
    purge(Workspace.open(folder), PurgeOptions(older_than="0 days", confirm=3), lambda _: "")
    assert notes(folder) == ["notification finished of the wave first: told 1 of 1"]


RUN = RunResult(counts={Status.ACCEPTED: 4}, sent=4, seconds=1.0)
DUE = {Status.ACCEPTED: 4, Status.PLANNED: 2}


def events(ended: RunResult) -> list[str]:
    return [each.value for each in end_of_run(ended).events]


def test_each_end_of_a_run_has_its_events() -> None:
    def ended(**changes: Any) -> RunResult:
        return replace(RUN, **changes)

    assert events(RUN) == ["finished"]
    assert events(ended(counts={Status.ACCEPTED: 4, Status.REFUSED: 1})) == ["finished", "needs-a-person"]
    assert events(ended(counts={Status.IN_DOUBT: 4}, sent=0)) == ["finished", "needs-a-person"]
    assert events(ended(counts=DUE, reason="…", cause=StopCause.BREAKER)) == ["paused", "needs-a-person"]
    assert events(ended(counts=DUE, reason="…", cause=StopCause.HOURS)) == ["paused"]
    assert events(ended(counts=DUE)) == []  # somebody stopped it
    assert events(ended(counts=DUE, interrupted=True)) == []
    assert events(ended(sent=0, seconds=0.0)) == []  # nothing was due


@pytest.mark.parametrize(
    ("ended", "more_later", "expected"),
    [
        (RunResult(counts={Status.ACCEPTED: 3}, sent=3, seconds=1), True, ["follow-up-sent"]),  # the first
        (RunResult(counts={Status.ACCEPTED: 9}, sent=3, seconds=1), True, []),  # in between
        (RunResult(counts={Status.ACCEPTED: 9}, sent=3, seconds=1), False, ["follow-up-sent"]),  # the last
        (RunResult(counts={Status.ACCEPTED: 9}, sent=0, seconds=1), False, []),
        (
            RunResult(counts=DUE, sent=4, seconds=1, reason="…", cause=StopCause.RELAY),
            False,
            ["follow-up-sent", "paused", "needs-a-person"],
        ),
        (None, False, []),
    ],
)
def test_each_end_of_a_wave_has_its_events(ended: RunResult | None, more_later: bool, expected: list[str]) -> None:
    occasion = end_of_wave(ended, said=False, cause=None, needs_a_person=False, more_later=more_later)
    assert [each.value for each in occasion.events] == expected


def test_an_error_of_a_timer_is_told_and_one_before_the_sending_is_not(tmp_path: Path, live: Relay) -> None:
    with relay() as gone:
        url = gone.sink.url
    with receiver(200) as hook:
        folder = campaign(tmp_path, live, hook, count=3)
        text = (folder / "campaign.toml").read_text(encoding="utf-8")
        (folder / "campaign.toml").write_text(text.replace(live.sink.url, url), encoding="utf-8")
        with pytest.raises(RelayError):
            send(folder)
        assert hook.got == []
        with pytest.raises(Exception, match="no follow-ups"):
            follow_up.run(Workspace.open(folder), Person())
        (news,) = told(hook)
    assert (news["events"], news["cause"], news["wave"]) == (["needs-a-person"], "failure", None)


def test_events_are_those_of_the_page() -> None:
    page = (Path(__file__).parent.parent.parent / "docs/notify.md").read_text(encoding="utf-8")
    named = {*NotifyEvent, *StopCause}
    assert {each for each in named if f"`{each}`" not in page} == set()
    assert {each for each in KEYS if f"`{each}`" not in page} == set()
