"""``send`` against a live relay: everybody once, whatever the relay does."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, stop_when, write_rows, write_toml
from smtp_fakes import FaultyConversation, Nth

from mass_apology.campaign import read_campaign
from mass_apology.cli.watching import Summary
from mass_apology.errors import ConfirmationError, InputError, LedgerLocked, RelayError
from mass_apology.flows import control
from mass_apology.flows.plan.plan import Remaining
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.test import rehearse
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.model import Severity, Status
from mass_apology.sending import own_pace, pacing
from mass_apology.smtp.sink import SinkSettings
from mass_apology.workspace.workspace import Workspace


def test_everybody_gets_one_letter_with_their_own_facts(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(300))
        ended = send(folder)
    assert ended.counts[Status.ACCEPTED] == 300
    assert ended.due == ended.unreached == 0
    assert sorted(live.numbers) == list(range(300))
    letter = next(each for each in live.received if each.recipients == ("customer17@d3.example",))
    assert b"We were down for 18 minutes." in letter.data
    assert b"Subject: Acme API and you, Customer 17" in letter.data
    assert letter.sender == "anna@acme.example"


def test_send_again_sends_nothing_twice(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(20))
        send(folder)
        person = Person()
        ended = send(folder, person)
    assert ended.sent == 0
    assert person.asked == []
    assert len(live.received) == 20


def test_the_ledger_keeps_what_the_relay_got(tmp_path: Path) -> None:
    from hashlib import sha256

    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5))
        send(folder)
    recorded = {result.address: result for result in results(folder)}
    for each in live.received:
        result = recorded[each.recipients[0]]
        assert result.sha256 == sha256(each.data).digest()
        assert re.search(rb"^Message-ID: (\S+)", each.data, re.MULTILINE)[1].decode() == result.message_id
        assert (result.code, result.enhanced_code) == (250, "2.0.0")
        assert result.attempts == 1


def test_nothing_leaves_without_the_right_count(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(10))
        for wrong in ("", "9", "yes", "10 "):
            with pytest.raises(ConfirmationError, match="nothing was sent"):
                send(folder, Person(types=wrong))
        with pytest.raises(ConfirmationError, match="the number given was 11"):
            send(folder, confirm=11)
        assert live.received == []
        assert send(folder, confirm=10).sent == 10


def test_a_longer_file_writes_to_the_new_ones_only(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(10))
        send(folder)
        write_rows(folder / "affected.csv", customers(14))
        person = Person()
        send(folder, person)
    assert person.asked == [4]
    assert Counter(live.numbers) == dict.fromkeys(range(14), 1)


def test_a_shorter_file_is_a_question_first(tmp_path: Path) -> None:
    stop = threading.Event()

    def after_three(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb == "." and len(live.received) >= 3:
            stop.set()
            return b"451 4.3.0 later"
        return None

    with relay(fault=after_three) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(4), relay={"connections": 1})
        ask_to_stop_when(stop, folder)
        assert send(folder).due == 1
        write_rows(folder / "affected.csv", customers(3))
        with pytest.raises(ConfirmationError, match="1 letter is still due to customers who are no longer"):
            send(folder)
        send(folder, withhold_missing=True)
        assert statuses(folder) == {"ACCEPTED": 3, "WITHHELD": 1}
        write_rows(folder / "affected.csv", customers(4))
        live.fault = None
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 4}


def ask_to_stop_when(event: threading.Event, folder: Path) -> None:
    def wait_and_ask() -> None:
        if event.wait(20):
            control.request(folder, Control.STOP)

    threading.Thread(target=wait_and_ask, daemon=True).start()


def test_a_refused_recipient_ends_and_the_others_go_on(tmp_path: Path) -> None:
    def refuse_seven(_conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return b"550 5.1.1 no such user" if verb == "RCPT" and b"customer7@" in argument else None

    with relay(fault=refuse_seven) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(50))
        ended = send(folder)
    assert statuses(folder) == {"ACCEPTED": 49, "REFUSED": 1}
    assert ended.unreached == 1
    refused = next(result for result in results(folder) if result.status is Status.REFUSED)
    assert (refused.address, refused.code, refused.enhanced_code) == ("customer7@d0.example", 550, "5.1.1")


def test_a_letter_whose_reply_never_came_is_in_doubt_and_not_sent_again(tmp_path: Path) -> None:
    with relay(fault=Nth(".", 3, FaultyConversation.close)) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(30))
        send(folder)
        assert statuses(folder) == {"ACCEPTED": 29, "IN_DOUBT": 1}
        assert send(folder).sent == 0
        assert len(live.received) == 29
        with pytest.raises(ConfirmationError):
            send(folder, Person(types="no"), resend_in_doubt=True)
        assert statuses(folder)["IN_DOUBT"] == 1  # what was not confirmed is not done
        doubted = next(result for result in results(folder) if result.status is Status.IN_DOUBT)
        ended = send(folder, resend_in_doubt=True)
    assert ended.counts[Status.ACCEPTED] == 30
    assert doubted.message_id.encode() in live.received[-1].data


def test_a_connection_lost_before_the_dot_is_tried_again_in_the_same_run(tmp_path: Path) -> None:
    with relay(fault=Nth("DATA", 3, FaultyConversation.close)) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(30))
        ended = send(folder)
    assert ended.counts[Status.ACCEPTED] == 30
    assert Counter(live.numbers) == dict.fromkeys(range(30), 1)


def test_a_used_up_quota_refuses_nobody(tmp_path: Path) -> None:
    stop = threading.Event()

    def quota(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb == "RCPT" and len(live.received) >= 5:
            stop.set()
            return b"550 5.4.5 Daily user sending limit exceeded"
        return None

    with relay(fault=quota) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(20))
        ask_to_stop_when(stop, folder)
        person = Person()
        ended = send(folder, person)
    assert ended.counts[Status.REFUSED] == 0
    assert ended.due == 20 - len(live.received)


def test_a_lost_login_stops_the_run_with_the_reply(tmp_path: Path) -> None:
    def no_more(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"530 5.7.0 Authentication required" if verb == "MAIL" and len(live.received) >= 5 else None

    with relay(fault=no_more) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(20))
        ended = send(folder)
    assert "530 5.7.0 Authentication required" in ended.reason
    assert ended.due == 20 - len(live.received)


def test_the_breaker_pauses_a_campaign_that_is_refused(tmp_path: Path) -> None:
    def refuse_all(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"550 5.1.1 no such user" if verb == "RCPT" else None

    with relay(fault=refuse_all) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(500))
        ended = send(folder)
    assert "The campaign paused itself: 20 of the last 20 letters were refused" in ended.reason
    assert 20 <= ended.counts[Status.REFUSED] <= 20 + 10
    assert ended.due == 500 - ended.counts[Status.REFUSED]


def test_a_canary_of_which_several_are_refused_for_their_content_stops_and_ends_nobody(tmp_path: Path) -> None:
    def too_large(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"552 5.3.4 Message too big" if verb == "." else None

    with relay(fault=too_large) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(100))
        ended = send(folder)
    assert "552 5.3.4 Message too big" in ended.reason
    assert ended.counts[Status.REFUSED] == 0
    assert ended.due == 100
    assert live.verbs.count(".") <= 20  # the canary


@pytest.mark.parametrize(
    "refusal", [b"552 5.3.4 Message too big", b"554 5.6.0 Malformed", b"552 5.7.0 Blocked content"]
)
def test_one_canary_letter_refused_for_its_content_holds_nobody_else_back(tmp_path: Path, refusal: bytes) -> None:
    with relay(fault=Nth(".", 3, lambda _: refusal)) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(150))
        ended = send(folder)
    assert ended.reason is None
    assert ended.counts[Status.REFUSED] == 1
    assert ended.counts[Status.ACCEPTED] == 149
    assert ended.due == 0


@pytest.mark.parametrize("after", [0, 30])
@pytest.mark.parametrize("domains", [1, 7])
def test_the_same_words_to_one_after_the_other_refuse_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, domains: int, after: int
) -> None:
    """Words that no table knows: the run stops, everybody is due again, and is written to once the cause is mended."""
    monkeypatch.setattr(pacing, "LETTER", pacing.Backoff(first=0.2, cap=0.2, least=0.1))
    mended = threading.Event()

    def strange(_conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb != "RCPT" or mended.is_set() or len(live.received) < after:
            return None
        return b"554 5.7.1 <%s> nothing for you, see ticket A%d" % (argument, len(live.verbs))

    rows = [{**row, "email": f"c{n}@d{n % domains}.example"} for n, row in enumerate(customers(60))]
    with relay(fault=strange) as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows, relay={"connections": 1})
        ended = send(folder)
        assert "the same permanent answer" in ended.reason or "paused itself" in ended.reason
        assert ended.counts[Status.REFUSED] == 0
        assert ended.due == 60 - len(live.received)
        mended.set()
        ended = send(folder)
    assert ended.counts[Status.ACCEPTED] == 60
    assert sorted(Counter(one.recipients for one in live.received).values()) == [1] * 60


def test_dead_addresses_in_a_row_stay_refused(tmp_path: Path) -> None:
    def dead(_conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return b"550 5.1.1 user unknown" if verb == "RCPT" and b"dead" in argument else None

    rows = [{**row, "email": f"{'dead' if n < 8 else 'c'}{n}@d{n}.example"} for n, row in enumerate(customers(100))]
    with relay(fault=dead) as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows, limits={"refusals": 0.9})
        ended = send(folder)
    assert ended.counts[Status.REFUSED] == 8
    assert ended.counts[Status.ACCEPTED] == 92


def test_throttling_slows_down_and_loses_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pace, "ROUND_TRIP", 0.01)
    with relay(fault=Nth("RCPT", 30, lambda _: b"421 4.7.0 slow down")) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(60))
        person = Person()
        ended = send(folder, person)
    assert ended.counts[Status.ACCEPTED] == 60
    assert person.last.share < 1


def test_a_rate_is_kept_evenly(tmp_path: Path) -> None:
    arrivals: list[float] = []

    def note(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb == ".":
            arrivals.append(time.monotonic())
        return None

    with relay(fault=note) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(60), relay={"rate": "40/s"})
        send(folder)
    # A lower bound of the time it takes is no bet on the machine's speed: 59 intervals of 25 ms.
    assert arrivals[-1] - arrivals[0] >= 59 * 0.025 - 0.005
    # The relay shares this machine, and a stall makes it see letters later than they came: hence the five.
    assert max(sum(start <= each < start + 0.5 for each in arrivals) for start in arrivals) <= 20 + 5


def test_a_window_survives_a_restart(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(30), relay={"windows": ["12/h"]})
        stop = threading.Event()
        for _ in range(2):
            threading.Timer(1.5, control.request, (folder, Control.STOP)).start()
            ended = send(folder)
        assert ended.due == 18
        assert len(live.received) == 12
    assert not stop.is_set()


def test_pause_and_resume_from_another_terminal(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(60), relay={"rate": "40/s"})
        counted: list[int] = []

        def pause_and_look() -> None:
            while len(live.received) < 10:
                time.sleep(0.01)
            control.request(folder, Control.PAUSE)
            time.sleep(0.8)  # longer than the sender takes to look
            counted.append(len(live.received))
            time.sleep(0.6)
            counted.append(len(live.received))
            control.request(folder, Control.RUN)

        threading.Thread(target=pause_and_look).start()
        ended = send(folder)
    assert counted[0] == counted[1] < 60
    assert ended.counts[Status.ACCEPTED] == 60


def test_a_second_sender_is_refused_with_the_first_ones_host_and_pid(tmp_path: Path) -> None:
    import os

    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
        with SqliteLedger.open(folder / "ledger.sqlite", "trial") as first:
            first.acquire(time.time())
            with pytest.raises(LedgerLocked) as caught:
                send(folder)
            first.release()
    assert caught.value.pid == os.getpid()


def test_a_dead_relay_is_known_before_anybody_is_asked(tmp_path: Path) -> None:
    with relay() as live:
        url = live.sink.url
    folder = campaign_folder(tmp_path, url, customers(3))
    person = Person()
    with pytest.raises(RelayError, match="refuses the connection"):
        send(folder, person)
    assert person.checks == []
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        assert ledger.digest_parts == {}


def test_what_is_wrong_in_the_file_is_told_before_a_dead_relay(tmp_path: Path) -> None:
    with relay() as live:
        url = live.sink.url
    folder = campaign_folder(tmp_path, url, [*customers(3), {"email": "nobody", "name": "N", "minutes": "3"}])
    person = Person()
    with pytest.raises(ConfirmationError, match="The check found errors"):
        send(folder, person)
    assert person.checks[0] is not None
    assert [group.code for group in person.checks[0].groups if group.severity is Severity.ERROR] == ["address-invalid"]
    (folder / "affected.csv").unlink()
    with pytest.raises(InputError, match=r"affected\.csv"):
        send(folder)
    with pytest.raises(InputError, match=r"affected\.csv"):
        asyncio.run(rehearse(Workspace.open(folder), ["me@acme.example"], Choice(), on_progress=lambda *_: None))


def test_a_deadline_that_has_passed_sends_nothing(tmp_path: Path) -> None:
    with relay() as live:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        folder = campaign_folder(tmp_path, live.sink.url, customers(3), top={"finish_by": yesterday})
        with pytest.raises(ConfirmationError, match="has passed; nothing was sent"):
            send(folder)
    assert live.received == []


def test_a_relay_without_8bitmime_gets_seven_bits(tmp_path: Path) -> None:
    with relay(SinkSettings(extensions=("PIPELINING",))) as live:
        rows = [{**row, "name": "Łukasz Żółć"} for row in customers(5)]
        folder = campaign_folder(tmp_path, live.sink.url, rows)
        assert send(folder).counts[Status.ACCEPTED] == 5
    assert all(each.data.isascii() for each in live.received)


def test_the_log_names_nobody(tmp_path: Path) -> None:
    def refuse(_conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return b"550 5.1.1 <" + argument[8:-1] + b"> unknown" if verb == "RCPT" and b"customer3@" in argument else None

    with relay(fault=refuse) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(30))
        send(folder)
    log = (folder / "log.jsonl").read_text(encoding="utf-8")
    assert log.count('"event":"accepted"') == 29
    assert '"event":"refused"' in log
    assert "(address)" in log
    assert "example" not in log
    assert "Customer" not in log


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
    for name in ("ledger.sqlite", "log.jsonl"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_without_its_file_a_campaign_goes_on_from_the_ledger(tmp_path: Path) -> None:
    with relay(fault=Nth(".", 2, lambda _: b"451 4.3.0 later")) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5), relay={"connections": 1})
        stop_when(folder, lambda: len(live.received) == 4)
        assert send(folder).due == 1
        (folder / "affected.csv").unlink()
        write_toml(folder, live.sink.url, relay={"connections": 2})  # how it is sent is no part of the plan
        stop_when(folder)
        person = Person()
        assert send(folder, person).due == 1  # it is not due before its time, so it waits until told to stop
    assert person.checks == [None]
    assert person.remaining == [Remaining(languages={"en": 1}, set_aside=0)]
    lines = dict(Summary.of(person.remaining[0], 1, read_campaign(folder)).rows)
    assert (lines["  languages"], lines["  set aside"]) == ("en 1", "nobody")


def test_a_file_that_grew_is_told_apart(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(20))
        send(folder)
        rows = [dict(row, minutes="99") if number in (3, 7) else row for number, row in enumerate(customers(25))]
        campaign_folder(tmp_path, live.sink.url, rows)
        person = Person()
        assert send(folder, person).sent == 5
        (outlook,) = person.outlooks
        assert outlook is not None
        assert (outlook.changes.new, outlook.changes.known, outlook.changes.outdated) == (5, 18, 2)
        assert outlook.changed_lines == (5, 9)
