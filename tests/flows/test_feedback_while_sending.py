"""What comes back, and consents, are recorded while a run has the campaign's lock and letters are on their way.

Each story is told at the final dot of one letter: it is durably HANDING_OVER, and its reply has not been said yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, results, send, statuses, write_toml
from smtp_fakes import PIPELINED, FaultyConversation
from test_bounces import bounce, box, read_all, suppressed
from test_codes_and_remedies import OFFER, REMEDIES
from test_follow_up import campaign
from test_reconcile import Log, read

from mass_apology.errors import LedgerLocked
from mass_apology.flows.feedback.bounces import Settled
from mass_apology.flows.feedback.choices import choose
from mass_apology.flows.follow_up.consent import agree
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Finding, Status
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

AWAY = (
    "From: customer{0}@d{0}.example\nTo: anna@acme.example\nSubject: Out of office\nAuto-Submitted: auto-replied\n"
    "In-Reply-To: {1}\n\nThank you.\n"
)


class AtTheDot:
    """Acts once, while the relay waits, at the final dot of the letter to one customer; then the relay goes on."""

    def __init__(self, number: int, act: Callable[[str], object], *, then: str = "accept") -> None:
        self.answer: object = None
        self._mark = f"customer{number}@".encode()
        self._act: Callable[[str], object] | None = act
        self._then = then

    def __call__(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb != "." or self._mark not in argument or self._act is None:
            return None
        act, self._act = self._act, None
        with ThreadPoolExecutor(1) as another:  # which may have an event loop of its own
            done = another.submit(act, message_from_bytes(argument)["Message-ID"])
        self.answer = done.exception() or done.result()
        return conversation.close() if self._then == "go away" else None


def one_connection(**more: object) -> dict[str, object]:
    """Letters go out one after the other: those before the one in hand are accepted."""
    return {"connections": 1, **more}


def test_a_bounce_of_a_letter_on_its_way_counts_when_its_reply_is_recorded(tmp_path: Path) -> None:
    def act(message_id: str) -> Settled:
        before = next(each for each in results(folder) if each.address.startswith("customer0@"))
        made = box(tmp_path, bounce(0, before.message_id), bounce(3, message_id))
        settled = read_all(folder, made)
        assert statuses(folder)["BOUNCED"] == 1
        assert statuses(folder)["HANDING_OVER"] >= 1
        return settled

    at_the_dot = AtTheDot(3, act)
    with relay(fault=at_the_dot) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(9), relay=one_connection())
        ended = send(folder)
    settled = at_the_dot.answer
    assert isinstance(settled, Settled), settled
    assert (settled.bounced, settled.on_their_way, settled.suppressed) == (1, 1, 2)
    assert statuses(folder) == {"ACCEPTED": 7, "BOUNCED": 2}
    assert {status: count for status, count in ended.counts.items() if count} == {Status.ACCEPTED: 7, Status.BOUNCED: 2}
    assert "user unknown" in (results(folder)[3].reply or "")
    assert set(suppressed()) == {"customer0@d0.example", "customer3@d3.example"}
    again = read_all(folder, tmp_path / "box")
    assert (again.known, again.bounced, again.on_their_way) == (2, 0, 0)
    assert statuses(folder) == {"ACCEPTED": 7, "BOUNCED": 2}


def test_an_answer_to_a_letter_whose_reply_never_came_settles_the_doubt(tmp_path: Path) -> None:
    def act(message_id: str) -> Settled:
        return read_all(folder, box(tmp_path, AWAY.format(2, message_id)))

    at_the_dot = AtTheDot(2, act, then="go away")
    with relay(fault=at_the_dot) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(5), relay=one_connection())
        ended = send(folder)
    settled = at_the_dot.answer
    assert isinstance(settled, Settled), settled
    assert (settled.cleared, settled.on_their_way) == (0, 1)
    assert statuses(folder) == {"ACCEPTED": 5}
    assert ended.counts[Status.IN_DOUBT] == 0
    assert results(folder)[2].reply == "In doubt at first; then an automatic reply came back."


def test_choices_are_read_meanwhile(tmp_path: Path) -> None:
    def act(message_id: str) -> object:
        token = message_id.strip("<>").partition("@")[0]
        (folder / "requests.log").write_text(f"GET /recall?choice=refund.{token}\n", encoding="utf-8")
        return choose(Workspace.open(folder), str(folder / "requests.log"), None, force=False)

    at_the_dot = AtTheDot(3, act)
    with relay(fault=at_the_dot) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(5), remedies=REMEDIES)
        (folder / "templates/sorry/en.md").write_text(OFFER.replace("{{ code }}", "-"), encoding="utf-8")
        send(folder)
    assert not isinstance(at_the_dot.answer, Exception), at_the_dot.answer
    assert choose(Workspace.open(folder), None, None, force=False).remedies == {"refund": 1}


def test_a_doubt_is_settled_meanwhile_and_letters_on_their_way_are_none(tmp_path: Path) -> None:
    def away(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return conversation.close() if verb == "." else None

    with relay(fault=away) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(1))
        send(folder)
    log = Log(folder).covering().taken(0).text()
    at_the_dot = AtTheDot(3, lambda _: read(folder, log))
    with relay(fault=at_the_dot) as live:
        campaign_folder(folder, live.sink.url, customers(5), relay=one_connection())
        ended = send(folder)
    found = at_the_dot.answer
    assert not isinstance(found, Exception), found
    assert (len(found.letters), found.recorded, found.on_their_way) == (1, 1, 1)
    assert statuses(folder) == {"ACCEPTED": 5}
    assert (ended.sent, ended.counts[Status.IN_DOUBT]) == (4, 0)


def test_a_follow_up_is_armed_meanwhile(tmp_path: Path) -> None:
    told: list[Finding] = []

    def act(_: str) -> object:
        return asyncio.run(
            agree(
                Workspace.open(folder),
                "later",
                lambda _: "",
                confirm=13,
                on_progress=lambda *_: None,
                notice=told.extend,
            )
        )

    at_the_dot = AtTheDot(13, act)
    with relay(fault=at_the_dot) as live:
        folder = campaign(tmp_path / "trial", live)
        add_waves_one_connection(folder, live.sink.url)
        send(folder)
    assert not isinstance(at_the_dot.answer, Exception), at_the_dot.answer
    (finding,) = told
    assert finding.code == "wave-before-unfinished"
    assert finding.problem.startswith("7 letters of the wave first are still due or on the way")
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        assert [note.what.partition(" armed")[0] for note in records.notes()][-1] == "wave later of at most 13 letters"


def add_waves_one_connection(folder: Path, url: str) -> None:
    write_toml(folder, url, schedule={"hours": "00:00-24:00", "weekdays": "mon-sun"}, relay=one_connection())
    path = folder / "campaign.toml"
    wave = '\n[[follow_up]]\nname = "later"\ntemplate = "later"\nafter = "3 days"\n'
    path.write_text(path.read_text(encoding="utf-8") + wave, encoding="utf-8")


def test_what_was_asked_of_the_run_stays_asked(tmp_path: Path) -> None:
    """A reading is no new run: it must not undo a stop."""

    def act(message_id: str) -> object:
        with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
            records.request(Control.STOP)
            read_all(folder, box(tmp_path, bounce(1, message_id)))
            assert "stopping" in campaign_status(Workspace.open(folder)).activity
            return records.requested()

    at_the_dot = AtTheDot(1, act)
    with relay(PIPELINED, fault=at_the_dot) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(300), relay={"rate": "20/s"})
        ended = send(folder)
    assert at_the_dot.answer is Control.STOP, at_the_dot.answer
    assert 0 < ended.due < 300


def test_only_one_sends_and_forgets_all_the_same(tmp_path: Path) -> None:
    def act(_: str) -> object:
        with pytest.raises(LedgerLocked), locked_ledger(Workspace.open(folder)):
            pass
        with pytest.raises(LedgerLocked):
            purge(Workspace.open(folder), PurgeOptions(older_than="1 second"), str)
        return "both were refused"

    at_the_dot = AtTheDot(1, act)
    with relay(fault=at_the_dot) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
        send(folder)
    assert at_the_dot.answer == "both were refused"
    assert statuses(folder) == {"ACCEPTED": 3}
