"""A campaign with several relays: each letter goes through one of them, once, whatever becomes of the others."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from live import Person, Row, campaign_folder, customers, relay, results, send, statuses, stop_when
from smtp_fakes import FaultyConversation

from mass_apology.errors import RelayError
from mass_apology.flows.init.toml_notation import toml
from mass_apology.flows.report.campaign_status import CampaignStatus, campaign_status
from mass_apology.model import Status, StopCause
from mass_apology.sending import relay_source
from mass_apology.sending.pacing import Backoff
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

ADDRESS = re.compile(rb"<(.+?)>")


def folder_with(
    folder: Path, rows: Sequence[Row], *relays: Mapping[str, object], **tables: Mapping[str, object]
) -> Path:
    """A campaign with these relays."""
    campaign_folder(folder, "smtp+plain://127.0.0.1:9", rows, **tables)
    file = folder / "campaign.toml"
    text = re.sub(r"\[relay\]\n(?:[a-z_]+ = .*\n)+", "", file.read_text(encoding="utf-8"))
    usual: dict[str, object] = {"rate": "unlimited", "timeout": 5.0, "dot_timeout": 5.0, "connect_timeout": 5.0}
    for table in relays:
        text += "\n[[relay]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in (usual | dict(table)).items())
    file.write_text(text, encoding="utf-8")
    return folder


def through(folder: Path) -> Counter[str | None]:
    return Counter(each.relay for each in results(folder))


def test_each_letter_goes_through_one_of_them(tmp_path) -> None:
    with relay() as a, relay() as b:
        folder = folder_with(
            tmp_path, customers(300), {"name": "a", "url": a.sink.url}, {"name": "b", "url": b.sink.url}
        )
        ended = send(folder)
    assert ended.reason is None
    assert statuses(folder) == {"ACCEPTED": 300}
    assert sorted([*a.numbers, *b.numbers]) == list(range(300))
    assert through(folder) == {"a": len(a.numbers), "b": len(b.numbers)}
    assert a.numbers
    assert b.numbers


def test_domains_have_their_relays(tmp_path) -> None:
    special = ["d1.example", "d2.example"]
    with relay() as a, relay() as b, relay() as c:
        folder = folder_with(
            tmp_path,
            customers(210),
            {"name": "a", "url": a.sink.url, "for": special},
            {"name": "b", "url": b.sink.url, "except": special},
            {"name": "c", "url": c.sink.url, "except": ["d0.example", *special]},
        )
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 210}
    assert set(a.numbers) == {n for n in range(210) if n % 7 in (1, 2)}
    assert all(n % 7 != 0 for n in c.numbers)


def test_weights_share_letters_out_where_both_could_take_them(tmp_path) -> None:
    with relay() as a, relay() as b:
        folder = folder_with(
            tmp_path,
            customers(800),
            {"name": "a", "url": a.sink.url, "weight": 4},
            {"name": "b", "url": b.sink.url},
        )
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 800}
    assert 3 < len(a.numbers) / len(b.numbers) < 5


class AwayFor:
    """Drops every connection after so many letters and takes none for a while; remembers what it was offered."""

    def __init__(self, letters: int, seconds: float) -> None:
        self._letters = letters
        self._seconds = seconds
        self._back_at = 0.0
        self.offered: dict[bytes, float] = {}  # address → when it was offered first
        self.refused = 0

    def __call__(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT":
            self.offered.setdefault(ADDRESS.findall(argument)[0], time.monotonic())
        if self._letters >= 0:
            self._letters -= verb == "."
            if self._letters < 0:
                self._back_at = time.monotonic() + self._seconds
        if time.monotonic() < self._back_at:
            self.refused += verb == "GREETING"
            return conversation.close()
        return None


def test_a_relay_that_dies_keeps_nobody_waiting(tmp_path, monkeypatch) -> None:
    """Its letters go on through the other one at once, and it takes part again when it is back."""
    monkeypatch.setattr(relay_source, "RESTING", Backoff(first=0.5, cap=1.0, least=0.2))
    away, taken = AwayFor(150, 3.0), dict[bytes, float]()

    def remember(_: FaultyConversation, verb: str, argument: bytes) -> None:
        if verb == "RCPT":
            taken[ADDRESS.findall(argument)[0]] = time.monotonic()

    with relay(fault=away) as a, relay(fault=remember) as b:
        folder = folder_with(
            tmp_path,
            customers(1500),
            {"name": "a", "url": a.sink.url, "connections": 5, "rate": "150/s"},
            {"name": "b", "url": b.sink.url, "connections": 5, "rate": "150/s"},
        )
        ended = send(folder)
    assert ended.reason is None
    found = statuses(folder)
    assert found["IN_DOUBT"] <= 5
    assert found["ACCEPTED"] + found["IN_DOUBT"] == 1500
    arrived = Counter([*a.numbers, *b.numbers])
    assert max(arrived.values()) == 1
    assert away.refused
    assert len(a.numbers) > 250  # it came back
    moved = [taken[address] - at for address, at in away.offered.items() if address in taken]
    print(f"{len(moved)} letters moved, the longest wait {max(moved, default=0):.2f} s, {found['IN_DOUBT']} in doubt")
    assert moved


def test_nobody_waits_behind_a_destination_with_a_pace(tmp_path) -> None:
    """A tenth of the letters may leave at 20 a second; the others have left long before the last of those."""
    taken: dict[bytes, float] = {}

    def remember(_: FaultyConversation, verb: str, argument: bytes) -> None:
        if verb == "RCPT":
            taken[ADDRESS.findall(argument)[0]] = time.monotonic()

    rows = [{**row, "email": row["email"].replace("d3.", "slow.")} for row in customers(1400)]
    with relay(fault=remember) as live:
        pace = {"rate": "20/s", "also": ["slow.example"]}
        folder = campaign_folder(tmp_path, live.sink.url, rows, **{'destinations."other.example"': pace})
        ended = send(folder)
    assert ended.reason is None
    assert statuses(folder) == {"ACCEPTED": 1400}
    slow = sorted(at for address, at in taken.items() if address.endswith(b"slow.example"))
    others = [at for address, at in taken.items() if not address.endswith(b"slow.example")]
    assert len(slow) == 200
    assert max(others) < slow[-20]


def test_a_destination_that_throttles_slows_alone(tmp_path) -> None:
    """It asks for less; the rest leaves meanwhile, its own letters come later, and nothing stops."""
    asked: list[str] = []

    def busy(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb != "RCPT":
            return None
        slow = b"slow.example" in argument
        asked.append("slow" if slow else "free")
        return b"451 4.4.5 slow.example is busy" if slow and asked.count("slow") < 6 else None

    rows = [{**row, "email": row["email"].replace("d3.", "slow.")} for row in customers(420)]
    with relay(fault=busy) as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows)
        stop_when(folder, lambda: asked.count("free") >= 360 and asked.count("slow") >= 6)
        ended = send(folder)
    log = (folder / "log.jsonl").read_text(encoding="utf-8")
    assert '"slow_destination"' in log
    assert '"slow_down"' not in log
    assert '"destination":"slow.example"' in log
    found = statuses(folder)
    assert found["ACCEPTED"] >= 360
    assert ended.cause is None


def test_a_login_that_is_refused_gives_that_relay_up_and_no_other(tmp_path) -> None:
    def refuse(_: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"530 5.7.0 Authentication required" if verb == "MAIL" else None

    with relay(fault=refuse) as a, relay() as b:
        folder = folder_with(
            tmp_path, customers(200), {"name": "a", "url": a.sink.url}, {"name": "b", "url": b.sink.url}
        )
        ended = send(folder)
    assert statuses(folder) == {"ACCEPTED": 200}
    assert ended.reason is None
    assert not a.numbers
    assert '"relay_given_up"' in (folder / "log.jsonl").read_text(encoding="utf-8")


def test_letters_that_only_a_given_up_relay_may_take_stay_due_and_the_reason_is_told(tmp_path) -> None:
    def refuse(_: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"530 5.7.0 Authentication required" if verb == "MAIL" else None

    with relay(fault=refuse) as a, relay() as b:
        folder = folder_with(
            tmp_path,
            customers(140),
            {"name": "a", "url": a.sink.url, "for": ["d1.example"]},
            {"name": "b", "url": b.sink.url, "except": ["d1.example"]},
        )
        ended = send(folder)
    assert ended.due == 20
    assert ended.cause is StopCause.REPLY
    assert (ended.reason or "").startswith("a: ")
    assert statuses(folder)["ACCEPTED"] == 120


def test_one_relay_that_answers_is_enough_to_begin(tmp_path) -> None:
    """The other one is a warning before the number is asked for, and the end is reckoned without it."""
    with relay() as b:
        folder = folder_with(
            tmp_path,
            customers(60),
            {"name": "a", "url": "smtp+plain://127.0.0.1:9", "rate": "1/s"},
            {"name": "b", "url": b.sink.url, "rate": "30/s"},
        )
        person = Person()
        ended = send(folder, person)
    assert statuses(folder) == {"ACCEPTED": 60}
    assert ended.reason is None
    (check,) = person.checks
    assert check is not None
    assert [group.code for group in check.groups if group.code == "relay-unusable"] == ["relay-unusable"]
    assert check.unusable == ("a",)
    assert "the rate of relay b holds you" in check.verdict


def test_without_any_relay_nothing_begins(tmp_path) -> None:
    folder = folder_with(
        tmp_path,
        customers(3),
        {"name": "a", "url": "smtp+plain://127.0.0.1:9"},
        {"name": "b", "url": "smtp+plain://127.0.0.1:9"},
    )
    with pytest.raises(RelayError, match="cannot be reached"):
        send(folder)


def test_a_relay_that_stays_away_is_tried_again_while_the_other_sends(tmp_path, monkeypatch) -> None:
    """However often it fails, the run neither ends nor waits for it."""
    monkeypatch.setattr(relay_source, "RESTING", Backoff(first=0.01, cap=0.01, least=0.01))
    away = AwayFor(20, 1e6)
    with relay(fault=away) as a, relay() as b:
        folder = folder_with(
            tmp_path,
            customers(400),
            {"name": "a", "url": a.sink.url, "connections": 2},
            {"name": "b", "url": b.sink.url, "rate": "100/s"},
        )
        ended = send(folder)
    assert ended.reason is None
    found = statuses(folder)
    assert found["ACCEPTED"] + found["IN_DOUBT"] == 400
    assert found["IN_DOUBT"] <= 2
    assert away.refused > 10


def test_a_letter_in_doubt_goes_again_through_its_own_relay_alone(tmp_path) -> None:
    def lose(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return conversation.close() if verb == "." and next(doubts, None) is not None else None

    doubts = iter([1])
    with relay(fault=lose) as a, relay() as b:
        relays = ({"name": "a", "url": a.sink.url, "weight": 9}, {"name": "b", "url": b.sink.url})
        folder = folder_with(tmp_path, customers(80), *relays)
        send(folder)
        (doubted,) = [each for each in results(folder) if each.status is Status.IN_DOUBT]
        assert doubted.relay == "a"
        before = len(b.numbers)
        folder_with(tmp_path, customers(80), *reversed(relays[1:]), {"name": "c", "url": b.sink.url})
        assert send(folder, resend_in_doubt=True).sent == 0  # its relay is gone
        folder_with(tmp_path, customers(80), *relays)
        assert send(folder, resend_in_doubt=True).sent == 1
    assert len(b.numbers) == before
    assert through(folder)["a"] == len(a.numbers)


def test_status_says_what_holds_the_letters_up_and_what_would_help(tmp_path) -> None:
    """While it waits for a window, and when nobody sends."""
    said: list[CampaignStatus] = []

    def waits() -> bool:
        status = campaign_status(Workspace.open(tmp_path))
        if a.numbers[59:] and "the window of relay a (60/h) holds you; with relay b by" in status.verdict:
            said.append(status)
        return bool(said)

    with relay() as a, relay() as b:
        folder = folder_with(
            tmp_path,
            customers(350),
            {"name": "a", "url": a.sink.url, "windows": ["60/h"]},
            {"name": "b", "url": b.sink.url, "for": ["d1.example", "d2.example"], "rate": "50/s"},
        )
        stop_when(folder, lambda: bool(b.numbers) and waits())
        ended = send(folder)
    (status,) = said[:1]
    assert status.is_sending
    assert status.finish_at is not None
    assert ended.due > 100
    idle = campaign_status(Workspace.open(folder))
    assert not idle.is_sending
    assert idle.finish_at is not None
    others = 250 - len(a.numbers)  # that the second relay is not for
    assert abs((idle.finish_at - idle.at).total_seconds() - -(-others // 60) * 3600) < 900


def test_a_relay_that_falls_silent_keeps_nobody_waiting(tmp_path) -> None:
    """What was handed over waits for its reply, and becomes doubt; everything else leaves through the other one."""
    offered: dict[bytes, float] = {}
    taken: dict[bytes, float] = {}

    def fall_silent(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT":
            offered.setdefault(ADDRESS.findall(argument)[0], time.monotonic())
        return conversation.hang() if len(a.numbers) >= 60 else None

    def remember(_: FaultyConversation, verb: str, argument: bytes) -> None:
        if verb == "RCPT":
            taken[ADDRESS.findall(argument)[0]] = time.monotonic()

    with relay(fault=fall_silent) as a, relay(fault=remember) as b:
        folder = folder_with(
            tmp_path,
            customers(600),
            {"name": "a", "url": a.sink.url, "connections": 4, "timeout": 60.0, "dot_timeout": 8.0},
            {"name": "b", "url": b.sink.url, "connections": 4, "rate": "80/s", "timeout": 60.0},
        )
        ended = send(folder)
    assert ended.reason is None
    found = statuses(folder)
    assert found["IN_DOUBT"] <= 4
    assert found["ACCEPTED"] + found["IN_DOUBT"] == 600
    assert max(Counter([*a.numbers, *b.numbers]).values()) == 1
    moved = [taken[address] - at for address, at in offered.items() if address in taken]
    print(f"{len(moved)} letters moved, the longest wait {max(moved, default=0):.2f} s, {found['IN_DOUBT']} in doubt")
    assert moved
