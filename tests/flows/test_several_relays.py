"""A campaign with several relays: each letter goes through one of them, once, whatever becomes of the others."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from live import Row, campaign_folder, customers, relay, results, send, statuses
from smtp_fakes import FaultyConversation

from mass_apology.flows.init.toml_notation import toml

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


def test_a_relay_that_dies_keeps_nobody_waiting(tmp_path) -> None:
    """Its letters go on through the other one at once, and it takes part again when it is back."""
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
