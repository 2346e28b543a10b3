"""The relay's log settles letters in doubt, and nothing but what it proves."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import campaign_folder, customers, relay, results, send, statuses, write_toml
from msgspec import to_builtins
from smtp_fakes import FaultyConversation, Nth, Relay

from mass_apology.errors import InputError
from mass_apology.flows.feedback.reconcile import DoubtVerdict, Reconciled, reconcile
from mass_apology.flows.feedback.relay_log_trial import AROUND, ENOUGH, Trial
from mass_apology.ledger import Result
from mass_apology.model import Status
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 4


@pytest.fixture
def live() -> Iterator[Relay]:
    """A relay that goes away whenever the final dot comes."""

    def away(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return conversation.close() if verb == "." else None

    with relay(fault=away) as listening:
        yield listening


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    """A campaign with four letters in doubt."""
    made = campaign_folder(tmp_path / "trial", live.sink.url, customers(LETTERS))
    send(made)
    assert statuses(made) == {"IN_DOUBT": LETTERS}
    return made


class Log:
    """What a Postfix server writes."""

    def __init__(self, folder: Path) -> None:
        self._letters = results(folder)
        self._lines: list[tuple[float, str]] = []
        moments = [letter.handed_over_at or 0.0 for letter in self._letters]
        self.first, self.last = min(moments), max(moments)

    def covering(self, before: float = 100.0, after: float = 100.0) -> Log:
        """Other people's lines, from so many seconds before the first hand-over to so many after the last."""
        for at in (self.first - before, self.last + after):
            self._add(at, "postfix/smtpd[9]: connect from mailer.acme.example[192.0.2.30]")
        return self

    def taken(self, number: int) -> Log:
        self._begun(number)
        self._add(
            self._at(number) + 1, f"postfix/qmgr[1]: 4F00A{number:X}: from=<a@acme.example>, nrcpt=1 (queue active)"
        )
        return self

    def lost(self, number: int, later: float = 1.0) -> Log:
        self._add(self._at(number) + later, f"postfix/smtpd[{number}]: 4F00A{number:X}: client=mailer[192.0.2.30]")
        self._add(
            self._at(number) + later, f"postfix/smtpd[{number}]: lost connection after DATA (512 bytes) from mailer"
        )
        self._name(number, later)
        return self

    def text(self) -> bytes:
        lines = sorted(self._lines, key=lambda line: line[0])
        return "".join(f"{datetime.fromtimestamp(at, UTC).isoformat()} mx1 {what}\n" for at, what in lines).encode()

    def _at(self, number: int) -> float:
        return self._letters[number].handed_over_at or 0.0

    def _begun(self, number: int) -> None:
        self._add(self._at(number), f"postfix/smtpd[{number}]: 4F00A{number:X}: client=mailer[192.0.2.30]")
        self._name(number, 0.0)

    def _name(self, number: int, later: float) -> None:
        message_id = self._letters[number].message_id
        self._add(self._at(number) + later, f"postfix/cleanup[7]: 4F00A{number:X}: message-id={message_id}")

    def _add(self, at: float, what: str) -> None:
        self._lines.append((at, what))


def read(folder: Path, log: bytes, *, record: bool = True) -> Reconciled:
    path = folder / "mail.log"
    path.write_bytes(log)
    return reconcile(
        Workspace.open(folder), [str(path)], record=record, show=lambda _: None, on_progress=lambda *_: None
    )


def verdicts(found: Reconciled) -> list[str]:
    return [letter.verdict.value for letter in found.letters]


def letter(folder: Path, number: int) -> Result:
    return results(folder)[number]


def test_what_the_relay_took_is_accepted_and_the_rest_stays_in_doubt(folder: Path) -> None:
    log = Log(folder).covering().taken(0).lost(1)
    found = read(folder, log.text())
    assert verdicts(found) == ["taken", "not_taken", "unnamed", "unnamed"]
    assert found.recorded == 1
    assert statuses(folder) == {"ACCEPTED": 1, "IN_DOUBT": 3}
    taken = letter(folder, 0)
    assert taken.reply == "In doubt at first; then found in the relay's log as 4F00A0 (mail.log, line 4)."
    assert taken.accepted_at == pytest.approx((taken.handed_over_at or 0.0) + 1, abs=0.001)
    assert to_builtins(found.letters[1])["said"] == found.letters[1].relay_text  # --json keeps its keys
    assert found.letters[1].relay_text == "lost connection after DATA (512 bytes) from mailer"


def test_reading_again_changes_nothing(folder: Path) -> None:
    text = Log(folder).covering().taken(0).taken(2).text()
    read(folder, text)
    before = results(folder)
    again = read(folder, text)
    assert results(folder) == before
    assert again.recorded == 0
    assert len(again.letters) == 2


def test_a_dry_run_records_nothing(folder: Path) -> None:
    found = read(folder, Log(folder).covering().taken(0).text(), record=False)
    assert found.count(DoubtVerdict.TAKEN) == 1
    assert found.recorded == 0
    assert statuses(folder) == {"IN_DOUBT": LETTERS}


def test_what_was_found_is_shown_before_anything_is_recorded(folder: Path) -> None:
    (folder / "mail.log").write_bytes(Log(folder).covering().taken(0).text())
    seen: list[dict[str, int]] = []
    reconcile(
        Workspace.open(folder),
        [str(folder / "mail.log")],
        show=lambda _: seen.append(dict(statuses(folder))),
        on_progress=lambda *_: None,
    )
    assert seen == [{"IN_DOUBT": LETTERS}]


@pytest.mark.parametrize(("before", "after"), [(100.0, 30.0), (30.0, 100.0)])
def test_a_failure_counts_only_where_the_log_is_long_enough(folder: Path, before: float, after: float) -> None:
    """The dot's timeout is 5 s here, and clocks may differ by a minute: a later success would have to show."""
    found = read(folder, Log(folder).covering(before, after).lost(1).text())
    assert verdicts(found) == ["uncovered"] * LETTERS


@pytest.mark.parametrize("later", [-70.0, 80.0])
def test_a_failure_of_another_attempt_does_not_count(folder: Path, later: float) -> None:
    found = read(folder, Log(folder).covering().lost(1, later).text())
    assert verdicts(found)[1] == "unnamed"


def test_a_letter_that_was_lost_once_and_then_taken_is_taken(folder: Path) -> None:
    log = Log(folder).covering().lost(1).text() + Log(folder).taken(1).text()
    assert verdicts(read(folder, log))[1] == "taken"


def test_taken_needs_no_coverage(folder: Path) -> None:
    assert verdicts(read(folder, Log(folder).taken(3).text()))[3] == "taken"


def test_another_campaigns_lines_are_ignored(folder: Path) -> None:
    theirs = Log(folder).covering().taken(0).lost(1).text()
    for result in results(folder):
        theirs = theirs.replace(result.message_id.strip("<>").encode(), result.message_id.strip("<>").encode()[::-1])
    assert verdicts(read(folder, theirs)) == ["unnamed"] * LETTERS


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """A campaign with thirty letters that the relay acknowledged, and one in doubt."""

    made = campaign_folder(tmp_path / "crashed", "smtp+plain://127.0.0.1:1", customers(31))
    with relay(fault=Nth(".", 31, FaultyConversation.close)) as listening:
        write_toml(made, listening.sink.url)
        send(made)
    assert statuses(made) == {"ACCEPTED": 30, "IN_DOUBT": 1}
    return made


def test_a_letter_that_a_whole_log_does_not_name_was_not_taken(crashed: Path) -> None:
    accepted = [n for n, result in enumerate(results(crashed)) if result.status is Status.ACCEPTED]
    log = Log(crashed).covering()
    for number in accepted:
        log.taken(number)
    (doubted,) = read(crashed, log.text()).letters
    assert doubted.verdict is DoubtVerdict.NOT_TAKEN
    assert doubted.relay_text == "not in the log, which names all 30 letters that the relay took around then"


def test_a_log_with_a_gap_proves_nothing_by_what_it_does_not_name(crashed: Path) -> None:
    accepted = [n for n, result in enumerate(results(crashed)) if result.status is Status.ACCEPTED]
    log = Log(crashed).covering()
    for number in accepted[1:]:
        log.taken(number)
    assert verdicts(read(crashed, log.text())) == ["unnamed"]


def test_a_letter_that_is_named_and_no_more_stays_in_doubt(crashed: Path) -> None:
    log = Log(crashed).covering()
    for number in range(31):
        log.taken(number)
    (message_id,) = (result.message_id for result in results(crashed) if result.status is Status.IN_DOUBT)
    lines = log.text().splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if message_id.encode() in line)
    queue_id = lines[at].split(b": ")[1]
    held = [line for line in lines if not (b"qmgr" in line and queue_id + b":" in line)]
    assert verdicts(read(crashed, b"".join(held))) == ["unnamed"]


@given(st.lists(st.tuples(st.floats(0, 5000), st.booleans()), max_size=80), st.floats(0, 5000))
def test_a_trial_counts_what_stands_around(letters: list[tuple[float, bool]], at: float) -> None:
    around = [named for moment, named in letters if at - AROUND <= moment <= at + AROUND]
    whole = all(around) and len(around) >= ENOUGH
    assert Trial(letters).passed(at) == (len(around) if whole else 0)


def test_several_logs_are_one_and_gzip_is_undone(folder: Path) -> None:
    text = Log(folder).covering().taken(0).text()
    lines = text.splitlines(keepends=True)
    (folder / "mail.log.1.gz").write_bytes(gzip.compress(b"".join(lines[:3])))  # cut between the id and the queue
    (folder / "mail.log").write_bytes(b"".join(lines[3:]))
    logs = [str(folder / "mail.log.1.gz"), str(folder / "mail.log")]
    found = reconcile(Workspace.open(folder), logs, show=lambda _: None, on_progress=lambda *_: None)
    assert (found.recorded, found.lines) == (1, 5)
    assert found.letters[0].where == "mail.log, line 1"


def test_standard_input_is_a_log_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(Log(folder).covering().taken(0).text())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed))))
    assert reconcile(Workspace.open(folder), ["-"], show=lambda _: None, on_progress=lambda *_: None).recorded == 1


@pytest.mark.parametrize(
    "content",
    [None, gzip.compress(b"Nov 22 02:45:20 mx1 x\n" * 50_000)[:100], b"\x1f\x8b nonsense"],
    ids=["absent", "cut", "nonsense"],
)
def test_an_unreadable_log_is_reported_and_changes_nothing(folder: Path, content: bytes | None) -> None:
    path = folder / "mail.log.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"mail\.log\.gz"):
        reconcile(Workspace.open(folder), [str(path)], show=lambda _: None, on_progress=lambda *_: None)
    assert statuses(folder) == {"IN_DOUBT": LETTERS}


def test_the_command_says_what_is_safe(folder: Path) -> None:
    log = folder / "mail.log"
    log.write_bytes(Log(folder).covering().taken(0).lost(1).lost(2).lost(3).text())
    command = [sys.executable, "-m", "mass_apology", "reconcile", "-C", str(folder), "--log", str(log)]
    dry = subprocess.run([*command, "--dry-run", "--json"], capture_output=True, text=True, check=False)
    assert [one["verdict"] for one in json.loads(dry.stdout)["letters"]] == ["taken", *["not_taken"] * 3]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "4 letters are in doubt:" in done.stdout
    assert "safe for 3: mass-apology send --resend-in-doubt" in done.stdout
    assert done.stdout.endswith("1 letter is accepted from now on.\n")
    bad = subprocess.run([*command, "--zone", "Nowhere/City"], capture_output=True, text=True, check=False)
    assert bad.returncode == 2
