"""The journal of systemd is told of a run's events, only where the process writes to it, and holds nothing up."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send

from mass_apology.flows.send import journal_entries, sending_run
from mass_apology.flows.send.journal_entries import EVENTS
from mass_apology.model import Status
from mass_apology.sending.decisions import Effect
from mass_apology.system.journal import STREAM_VARIABLE, Journal

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets there")


class Listening:
    """What stands for the journal: its socket, and a stream that is its own."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "socket"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.place))
        self.socket.settimeout(0)
        self.stream = os.open(folder / "stream", os.O_RDWR | os.O_CREAT)
        self._journals: list[Journal] = []

    def journal(self) -> Journal:
        self._journals.append(Journal(self.place, (self.stream,)))
        return self._journals[-1]

    def close(self) -> None:
        self.socket.close()
        os.close(self.stream)
        for journal in self._journals:
            journal.close()

    def name(self) -> str:
        status = os.fstat(self.stream)
        return f"{status.st_dev}:{status.st_ino}"

    def heard(self) -> Iterator[dict[str, str]]:
        while True:
            try:
                yield fields_of(self.socket.recv(1 << 16))
            except BlockingIOError:
                return


def fields_of(octets: bytes) -> dict[str, str]:
    """By the protocol's two ways of telling a value."""
    found = {}
    while octets:
        line, _, octets = octets.partition(b"\n")
        name, sign, value = line.partition(b"=")
        if not sign:
            length = int.from_bytes(octets[:8], "little")
            value, octets = octets[8 : 8 + length], octets[8 + length + 1 :]
        found[name.decode()] = value.decode()
    return found


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    heard = Listening(tmp_path)
    monkeypatch.setenv(STREAM_VARIABLE, heard.name())
    yield heard
    heard.close()


def test_an_entry_has_its_fields_also_of_several_lines(listening: Listening) -> None:
    journal = listening.journal()
    journal.send("two\nlines = here", 4, {"event": "breaker", "reason": "a\n\nb\n", "due": 12, "odd": "\ud800é"})
    (entry,) = listening.heard()
    assert entry == {
        "MESSAGE": "two\nlines = here",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "mass-apology",
        "MASS_APOLOGY_EVENT": "breaker",
        "MASS_APOLOGY_REASON": "a\n\nb\n",
        "MASS_APOLOGY_DUE": "12",
        "MASS_APOLOGY_ODD": "\\ud800é",
    }


def test_nothing_is_told_where_the_stream_is_another(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    for told in ("", "1:2", "nonsense"):
        monkeypatch.setenv(STREAM_VARIABLE, told)
        listening.journal().send("a", 5, {})
    monkeypatch.delenv(STREAM_VARIABLE)
    listening.journal().send("a", 5, {})
    assert list(listening.heard()) == []


def test_a_journal_that_takes_nothing_holds_nothing_up(listening: Listening) -> None:
    journal = listening.journal()
    for _ in range(5000):
        journal.send("x" * 2000, 5, {})
    assert 0 < len(list(listening.heard())) < 5000
    journal.send("y" * (1 << 20), 5, {})
    listening.place.unlink()
    journal.send("nobody is there", 5, {})


def test_a_run_tells_its_events_and_no_letter(
    listening: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_run, "Journal", listening.journal)
    with relay() as live:
        send(campaign_folder(tmp_path / "c", live.sink.url, customers(5)))
    began, ended = listening.heard()
    assert (began["MASS_APOLOGY_EVENT"], began["MASS_APOLOGY_CAMPAIGN"]) == ("started", "trial")
    assert (began["MASS_APOLOGY_WAVE"], began["MASS_APOLOGY_DUE"], began["PRIORITY"]) == ("first", "5", "5")
    assert began["MESSAGE"] == "trial: Sending begins, 5 letters due."
    assert ended["MESSAGE"] == "trial: Sending ends."
    assert not any("@" in value for entry in (began, ended) for value in entry.values())


def test_reasons_are_told_without_addresses() -> None:
    told: list[tuple[str, int, object]] = []

    class Hearing(Journal):
        def send(self, message: str, priority: int, fields: object) -> None:
            told.append((message, priority, fields))

    hear = journal_entries.told_to(Hearing(), "acme")
    hear("breaker", {"reason": "Refused: anna@acme.example is unknown.", "nested": {"a": 1}})
    hear("ended", {"reason": "It paused."})
    hear("something_new", {})
    assert told[0] == (
        "acme: The campaign paused itself. Refused: (address) is unknown.",
        3,
        {"event": "breaker", "campaign": "acme", "reason": "Refused: (address) is unknown."},
    )
    assert [(message, priority) for message, priority, _ in told[1:]] == [
        ("acme: Sending ends. It paused.", 4),
        ("acme: something_new.", 5),
    ]


def test_the_docs_name_every_event_of_the_log() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z_]+)` \|", page.partition("## The log")[2], re.MULTILINE))
    letters = {status.lower() for status in Status if status not in {Status.PLANNED, Status.HANDING_OVER}}
    letters -= {"bounced", "complained"}  # which come back later, and stand in the ledger
    assert told == {*EVENTS, "claimed", "chained", *letters}
    assert {effect.value for effect in Effect if effect is not Effect.NONE} <= set(EVENTS)
    source = Path(sending_run.__file__).parents[2]
    logged = {
        name
        for path in source.rglob("*.py")
        for name in re.findall(r"""log\.event\(\s*"([a-z_]+)\"""", path.read_text(encoding="utf-8"))
    }
    assert logged <= set(EVENTS)
