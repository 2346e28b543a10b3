"""A ledger that was lost, copied or set back knows less than what lies outside it: nobody is written to twice by it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, statuses, write_toml
from smtp_fakes import Relay

from mass_apology import high_water
from mass_apology.errors import ConfirmationError, LedgerError, MassApologyError
from mass_apology.flows import event_loop
from mass_apology.flows.check import check as checking
from mass_apology.flows.continuity.outside import compare_ledger
from mass_apology.flows.feedback import bounces
from mass_apology.flows.plan.plan import ledger_key
from mass_apology.flows.purge import purge
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.report.report import report
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 60
Harm = Callable[[Path], object]


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    """A campaign that was sent."""
    folder = campaign_folder(tmp_path / "campaign", live.sink.url, customers(LETTERS))
    assert send(folder).sent == LETTERS
    return folder


def twice(live: Relay) -> list[int]:
    return [number for number, count in Counter(live.numbers).items() if count > 1]


def refused(folder: Path, **options: object) -> ConfirmationError:
    """What ``send`` says, which sends nothing."""
    person = Person()
    with pytest.raises(ConfirmationError) as stopped:
        send(folder, person, **options)
    assert person.asked == []
    return stopped.value


def ledger_files(folder: Path) -> list[Path]:
    return list(folder.glob("ledger.sqlite*"))


def ledger_digest(folder: Path) -> str:
    path = folder / "ledger.sqlite"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def delete_ledger(folder: Path) -> None:
    for path in ledger_files(folder):
        path.unlink()


def empty_ledger(folder: Path) -> None:
    os.truncate(folder / "ledger.sqlite", 0)


def preview_after_deleting(folder: Path) -> None:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        key = records.key
    delete_ledger(folder)
    assert ledger_key(Workspace.open(folder)) == key  # so that it shows the Message-IDs that customers have


def forget_machine(_: Path) -> None:
    """The state folder of a container is gone with it."""
    shutil.rmtree(os.environ[STATE_VARIABLE])


def forget_log(folder: Path) -> None:
    (folder / "log.jsonl").unlink()


def cut_log(folder: Path) -> None:
    os.truncate(folder / "log.jsonl", (folder / "log.jsonl").stat().st_size // 2)


LOSSES: list[Harm] = [delete_ledger, empty_ledger, preview_after_deleting]
WITNESSES: dict[str, Harm] = {
    "both": lambda _: None,
    "only the log": forget_machine,
    "only the machine": forget_log,
    "half a log": lambda folder: (forget_machine(folder), cut_log(folder)),
}


@pytest.mark.parametrize("witness", WITNESSES)
@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_a_lost_ledger_is_noticed_and_nobody_is_written_to_again(
    sent: Path, live: Relay, lose: Harm, witness: str
) -> None:
    lose(sent)
    WITNESSES[witness](sent)
    before = ledger_digest(sent)
    said = refused(sent)
    assert "ledger-lost" in said.problem
    assert "--override ledger-lost" in said.next_step
    assert ("reconcile --from-log log.jsonl" in said.next_step) == (witness != "only the machine")
    assert ledger_digest(sent) == before  # nothing was made over it
    refused(sent, override=("same-file-sent",))
    assert len(live.received) == LETTERS


def test_without_any_witness_there_is_nothing_to_say(sent: Path, live: Relay) -> None:
    delete_ledger(sent)
    forget_log(sent)
    forget_machine(sent)
    assert send(sent).sent == LETTERS


def test_the_loss_can_be_meant_and_is_asked_about_once(sent: Path, live: Relay) -> None:
    delete_ledger(sent)
    person = Person()
    assert send(sent, person, override=("ledger-lost",)).sent == LETTERS
    assert [finding.code for finding in person.notices] == ["ledger-lost"]
    with SqliteRecords.open(sent / "ledger.sqlite", "trial") as records:
        assert any("ledger-lost was overridden" in note.what for note in records.notes())
    assert send(sent).sent == 0


def test_an_override_that_sends_nothing_is_none_for_the_next_run(sent: Path, live: Relay) -> None:
    delete_ledger(sent)
    with pytest.raises(ConfirmationError, match="nothing was sent"):
        send(sent, Person("no"), override=("ledger-lost",))
    assert "ledger-lost" in refused(sent).problem
    assert len(live.received) == LETTERS


def test_one_override_is_not_another(sent: Path, live: Relay) -> None:
    delete_ledger(sent)
    assert "ledger-lost" in refused(sent, override=("ledger-set-back", "ledger-copied")).problem


# Copies


def half_sent(folder: Path, live: Relay) -> None:
    """Half of the letters are sent, and half are due."""
    campaign_folder(folder, live.sink.url, customers(LETTERS), relay={"rate": "60/s"})
    process = subprocess.Popen(
        [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(LETTERS)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(live.received) < LETTERS // 3 and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait() == 3


def test_a_copy_of_the_folder_sends_nothing(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    half_sent(first, live)
    shutil.copytree(first, second)
    said = refused(second)
    assert "ledger-copied" in said.problem
    assert str(first) in said.problem
    assert f"mass-apology send -C {first}" in said.next_step
    assert "change `name`" in said.next_step
    assert send(first).due == 0
    assert "ledger-copied" in refused(second).problem
    assert sorted(live.numbers) == list(range(LETTERS))


def test_a_copy_is_noticed_without_log_and_machine(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    half_sent(first, live)
    shutil.copytree(first, second)
    forget_log(second)
    forget_machine(second)
    assert "ledger-copied" in refused(second).problem
    shutil.rmtree(first)  # or another machine's folder
    assert "another machine" in refused(second).problem


def test_who_goes_on_in_the_copy_stops_the_first(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    half_sent(first, live)
    shutil.copytree(first, second)
    assert send(second, override=("ledger-copied",)).due == 0
    assert send(second).sent == 0
    said = refused(first)
    assert "ledger-set-back" in said.problem
    assert str(second) in said.problem
    assert sorted(live.numbers) == list(range(LETTERS))


def test_a_folder_that_was_moved_goes_on(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    half_sent(first, live)
    first.rename(second)
    assert send(second).due == 0
    assert sorted(live.numbers) == list(range(LETTERS))


def test_a_folder_that_was_moved_is_at_home_there_whether_or_not_anything_leaves(sent: Path, live: Relay) -> None:
    second, third = sent.with_name("second"), sent.with_name("third")
    sent.rename(second)
    assert send(second).sent == 0
    with SqliteRecords.open(second / "ledger.sqlite", "trial") as records:
        assert records.continuity.origin.folder == str(second.resolve())
    shutil.copytree(second, third)
    assert str(second) in refused(third).problem


def test_a_folder_under_another_name_of_the_same_file_goes_on(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    half_sent(first, live)
    second.symlink_to(first)
    assert send(second).due == 0
    assert twice(live) == []


def test_a_newest_copy_that_is_put_back_in_place_goes_on(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "first"
    half_sent(folder, live)
    shutil.copytree(folder, tmp_path / "backup")
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    assert send(folder).due == 0
    assert sorted(live.numbers) == list(range(LETTERS))


def test_a_copy_becomes_a_new_campaign_as_the_sentence_says(sent: Path, tmp_path: Path, live: Relay) -> None:
    second = tmp_path / "second"
    shutil.copytree(sent, second)
    write_toml(second, live.sink.url, top={"name": "another"})
    with pytest.raises(LedgerError, match='belongs to the campaign "trial", not to "another"') as stopped:
        send(second)
    assert "delete ledger.sqlite* and log.jsonl" in stopped.value.next_step
    delete_ledger(second)
    said = refused(second)
    assert "60 letters of the campaign trial" in said.problem
    assert "delete log.jsonl" in said.next_step
    forget_log(second)
    assert send(second, override=("same-file-sent",)).sent == LETTERS


def test_a_ledger_that_was_only_made_for_a_preview_may_be_copied(tmp_path: Path, live: Relay) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    campaign_folder(first, live.sink.url, customers(5))
    ledger_key(Workspace.open(first))
    shutil.copytree(first, second)
    assert send(second).sent == 5


# Set back


def set_back(folder: Path, live: Relay) -> None:
    """The ledger of half a campaign takes the place of the whole one's."""
    half_sent(folder, live)
    shutil.copy(folder / "ledger.sqlite", folder.parent / "backup.sqlite")
    assert send(folder).due == 0
    shutil.copy(folder.parent / "backup.sqlite", folder / "ledger.sqlite")


@pytest.mark.parametrize("witness", WITNESSES)
def test_an_older_copy_that_is_put_back_is_noticed(tmp_path: Path, live: Relay, witness: str) -> None:
    folder = tmp_path / "campaign"
    set_back(folder, live)
    if witness != "half a log":
        WITNESSES[witness](folder)
    said = refused(folder)
    assert "ledger-set-back" in said.problem
    assert "newest copy" in said.next_step
    assert sorted(live.numbers) == list(range(LETTERS))


def test_other_commands_do_not_make_an_older_copy_a_newer_one(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "campaign"
    set_back(folder, live)
    forget_log(folder)
    for name in ("new", "cur"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    for _ in range(5):
        bounces.settle(Workspace.open(folder), str(tmp_path / "bounces"), on_progress=lambda *_: None)
    assert "ledger-set-back" in refused(folder).problem


def killed_in_mid_run(folder: Path, live: Relay, at: int) -> None:
    campaign_folder(folder, live.sink.url, customers(LETTERS), relay={"rate": "60/s"})
    words = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(LETTERS)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    backup = folder.parent / "backup"
    while len(live.received) < at and process.poll() is None:
        if len(live.received) >= at // 2 and not backup.exists():
            backup.mkdir()
            for path in ledger_files(folder):
                shutil.copy(path, backup)
    process.kill()
    process.wait()


@pytest.mark.parametrize("witness", ["both", "only the log"])
def test_a_copy_made_in_mid_run_and_put_back_after_a_kill_is_noticed(tmp_path: Path, live: Relay, witness: str) -> None:
    folder = tmp_path / "campaign"
    killed_in_mid_run(folder, live, 40)
    delete_ledger(folder)
    for path in (tmp_path / "backup").iterdir():
        shutil.copy(path, folder)
    WITNESSES[witness](folder)
    assert "ledger-set-back" in refused(folder).problem


@pytest.mark.parametrize("witness", ["both", "only the log", "only the machine"])
def test_a_ledger_that_is_lost_after_a_kill_is_noticed(tmp_path: Path, live: Relay, witness: str) -> None:
    folder = tmp_path / "campaign"
    killed_in_mid_run(folder, live, 30)
    delete_ledger(folder)
    WITNESSES[witness](folder)
    assert "ledger-lost" in refused(folder).problem


def test_the_wal_of_a_killed_run_is_never_passed_over(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "campaign"
    killed_in_mid_run(folder, live, 30)
    (folder / "ledger.sqlite-wal").unlink()
    assert "ledger-set-back" in refused(folder).problem or "ledger-lost" in refused(folder).problem


@pytest.mark.parametrize("lose", [lambda path: path.unlink(), lambda path: os.truncate(path, 0)])
def test_a_wal_without_its_ledger_is_a_witness(tmp_path: Path, live: Relay, lose: Harm) -> None:
    folder = tmp_path / "campaign"
    killed_in_mid_run(folder, live, 30)
    lose(folder / "ledger.sqlite")
    forget_log(folder)
    forget_machine(folder)
    whole = (folder / "ledger.sqlite-wal").read_bytes()
    ledger_key(Workspace.open(folder))  # as a preview does
    assert "ledger.sqlite-wal is there" in refused(folder).problem
    assert (folder / "ledger.sqlite-wal").read_bytes() == whole
    send(folder, override=("ledger-lost",))
    assert whole in [path.read_bytes() for path in folder.glob("*-wal")]  # where somebody may still look at it


def test_a_killed_run_goes_on_with_its_own_ledger(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "campaign"
    killed_in_mid_run(folder, live, 30)
    send(folder)
    assert twice(live) == []
    doubted = statuses(folder)["IN_DOUBT"]
    assert len(set(live.numbers)) >= LETTERS - doubted


def test_the_machine_remembers_before_the_first_letter_leaves(tmp_path: Path) -> None:
    found: list[int] = []

    def look_at_record(*_: object) -> None:
        if not found:
            found.extend(seen.handed_over for seen in high_water.sent_from(tmp_path, "trial"))

    with relay(fault=lambda _, verb, __: look_at_record() if verb == "." else None) as live:
        campaign_folder(tmp_path, live.sink.url, customers(3))
        send(tmp_path)
    assert found
    assert found[0] >= 1


# What is said elsewhere


def test_check_status_and_report_say_it_too(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "campaign"
    set_back(folder, live)
    options = checking.CheckOptions(offline=True)
    checked = event_loop.run(
        checking.check(Workspace.open(folder), options, None, force=False, on_progress=lambda *_: None)
    )
    assert not checked.sendable
    assert "ledger-set-back" in {group.code for group in checked.groups}
    assert [finding.code for finding in campaign_status(Workspace.open(folder)).findings] == ["ledger-set-back"]
    assert [finding.code for finding in report(Workspace.open(folder), None, None, force=False).findings] == [
        "ledger-set-back"
    ]


@pytest.mark.parametrize("lose", [delete_ledger, empty_ledger], ids=lambda lose: lose.__name__)
def test_check_says_it_where_there_is_no_ledger(sent: Path, lose: Harm) -> None:
    lose(sent)
    options = checking.CheckOptions(offline=True, override=("same-file-sent",))
    checked = event_loop.run(
        checking.check(Workspace.open(sent), options, None, force=False, on_progress=lambda *_: None)
    )
    assert "ledger-lost" in {group.code for group in checked.groups}


@pytest.mark.parametrize(
    "command",
    [
        lambda folder: campaign_status(Workspace.open(folder)),
        lambda folder: report(Workspace.open(folder), None, None, force=False),
        lambda folder: bounces.settle(Workspace.open(folder), str(folder), on_progress=lambda *_: None),
        lambda folder: purge.purge(Workspace.open(folder), purge.PurgeOptions(older_than="1 day"), lambda _: ""),
    ],
    ids=["status", "report", "bounces", "purge"],
)
@pytest.mark.parametrize("lose", [delete_ledger, empty_ledger], ids=lambda lose: lose.__name__)
def test_whatever_needs_the_ledger_says_that_it_was_lost(
    sent: Path, command: Callable[[Path], object], lose: Harm
) -> None:
    lose(sent)
    with pytest.raises(MassApologyError) as told:
        command(sent)
    assert "log.jsonl tells of 60 letters that left" in told.value.problem
    assert "reconcile --from-log" in told.value.next_step


def test_a_ledger_without_a_plan_says_so(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(3))
    ledger_key(Workspace.open(folder))
    for command in (campaign_status, lambda there: report(there, None, None, force=False)):
        with pytest.raises(LedgerError, match="Nothing is planned yet"):
            command(Workspace.open(folder))
    assert send(folder).sent == 3


# Not a witness, and nothing to complain about


def test_a_log_with_rubbish_and_half_a_line_is_still_read(sent: Path, live: Relay) -> None:
    delete_ledger(sent)
    forget_machine(sent)
    log = sent / "log.jsonl"
    log.write_bytes(b'\xff\xfe\n{"event"\nnull\n' + log.read_bytes() + b'{"at":"2026-11-29T14:00:00.000Z","event":"acc')
    assert "60 letters" in refused(sent).problem


def test_half_a_line_does_not_swallow_the_next_run(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(5))
    (folder / "log.jsonl").write_bytes(b'{"at":"2026-11-29T14:00:00.000Z","event":"acc')
    send(folder)
    delete_ledger(folder)
    forget_machine(folder)
    assert "5 letters" in refused(folder).problem


def test_a_log_that_was_deleted_or_cut_stops_nothing(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "campaign"
    half_sent(folder, live)
    cut_log(folder)
    assert send(folder).due == 0
    forget_log(folder)
    assert send(folder).sent == 0
    assert twice(live) == []


def test_a_record_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path, live: Relay) -> None:
    (Path(os.environ[STATE_VARIABLE]) / "ledgers").write_text("a file in the folder's place", encoding="utf-8")
    folder = campaign_folder(tmp_path / "campaign", live.sink.url, customers(5))
    person = Person()
    assert send(folder, person).sent == 5
    assert [finding.code for finding in person.notices] == ["state-unwritable"]


def test_a_ledger_knows_all_that_its_own_log_says(sent: Path) -> None:
    assert compare_ledger(Workspace.open(sent)).findings == ()
