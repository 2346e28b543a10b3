"""A campaign that was moved and has lost its ledger and its log: this machine knows its people again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Person, Row, campaign_folder, customers, relay, send, write_rows, write_toml
from smtp_fakes import Relay
from test_lost_ledger import delete_ledger, forget_log, twice

from mass_apology import high_water
from mass_apology.errors import ConfirmationError, OutputError
from mass_apology.flows import demo, event_loop
from mass_apology.flows.check import check as checking
from mass_apology.flows.purge import purge
from mass_apology.high_water import HighWater
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Severity
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 200


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def people(first: int, last: int) -> list[Row]:
    """Customers at domains that are not set aside for tests."""
    return [{**row, "email": f"customer{n}@post{n % 7}.pl"} for n, row in enumerate(customers(last))][first:]


def folder_of(folder: Path, live: Relay, rows: list[Row]) -> Path:
    return campaign_folder(folder, live.sink.url, rows, sender={"from": "Anna Kowalska <anna@acme.pl>"})


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    """A campaign that was sent."""
    folder = folder_of(tmp_path / "first", live, people(0, LETTERS))
    assert send(folder).sent == LETTERS
    return folder


@pytest.fixture
def moved(sent: Path) -> Path:
    """The same, in another folder: without ledger and log, and with a longer file."""
    folder = sent.rename(sent.with_name("second"))
    lose(folder)
    write_rows(folder / "affected.csv", people(0, LETTERS + 50))
    return folder


def lose(folder: Path) -> None:
    delete_ledger(folder)
    forget_log(folder)


def errors_of(folder: Path, override: tuple[str, ...] = ()) -> list[str]:
    """The codes of what ``check`` says and stops ``send``."""
    options = checking.CheckOptions(offline=True, override=override)
    checked = event_loop.run(
        checking.check(Workspace.open(folder), options, None, force=False, on_progress=lambda *_: None)
    )
    return [group.code for group in checked.groups if group.severity is Severity.ERROR]


def remembered(folder: Path) -> HighWater:
    (seen,) = high_water.sent_from(folder, "trial")
    return seen


# Refused


def test_nobody_is_written_to_again_from_the_new_folder(moved: Path, live: Relay) -> None:
    person = Person()
    for _ in range(2):  # the second time there is a ledger, which knows of no letter
        with pytest.raises(ConfirmationError, match="The check found errors; nothing was sent"):
            send(moved, person)
    assert person.asked == []
    assert len(live.received) == LETTERS
    checked = person.checks[-1]
    assert checked is not None
    (group,) = (group for group in checked.groups if group.code == "ledger-lost")
    (told,) = group.examples
    assert f"200 letters at least of the campaign trial had left from {moved.with_name('first')} by 20" in told.problem
    assert "of 64 mailboxes that it remembers of them, 64 are in affected.csv" in told.problem
    assert "--override ledger-lost" in told.advice


def test_check_says_it_before(moved: Path) -> None:
    assert errors_of(moved) == ["ledger-lost"]
    assert errors_of(moved, ("ledger-lost",)) == []


@pytest.mark.parametrize("keep", [60, 30])
def test_so_many_of_the_same_people_are_no_chance(moved: Path, keep: int) -> None:
    """However their addresses are spelled; and fewer than a tenth of them can be."""
    rows = [{**row, "email": str(row["email"]).upper()} for row in people(LETTERS - keep, LETTERS + 50)]
    write_rows(moved / "affected.csv", rows)
    assert errors_of(moved) == ["ledger-lost"]
    write_rows(moved / "affected.csv", people(LETTERS - 6, LETTERS + 50))
    assert errors_of(moved) == []


def test_who_was_added_to_the_plan_is_remembered_too(sent: Path) -> None:
    write_rows(sent / "affected.csv", people(0, 3 * LETTERS))
    assert send(sent).sent == 2 * LETTERS
    folder = sent.rename(sent.with_name("second"))
    lose(folder)
    write_rows(folder / "affected.csv", people(2 * LETTERS, 3 * LETTERS))
    assert errors_of(folder) == ["ledger-lost"]


def test_another_campaign_in_the_old_place_hides_nothing(moved: Path, live: Relay) -> None:
    other = folder_of(moved.with_name("first"), live, people(1000, 1010))
    write_toml(other, live.sink.url, top={"name": "another"}, sender={"from": "Anna Kowalska <anna@acme.pl>"})
    assert send(other).sent == 10
    assert errors_of(moved) == ["ledger-lost"]


# Meant


def test_it_can_be_meant_and_is_asked_about_once(moved: Path, live: Relay) -> None:
    lost = remembered(moved.with_name("first")).ledger
    assert send(moved, override=("ledger-lost",)).sent == LETTERS + 50
    with SqliteRecords.open(moved / "ledger.sqlite", "trial") as records:
        assert lost in records.continuity.replaced()
        assert any("Overridden: ledger-lost" in note.what for note in records.notes())
    assert send(moved).sent == 0
    back = moved.rename(moved.with_name("first"))
    assert send(back).sent == 0  # where letters had left with the lost one


def test_an_override_with_another_number_takes_no_place(moved: Path) -> None:
    with pytest.raises(ConfirmationError, match="nothing was sent"):
        send(moved, Person("1"), override=("ledger-lost",))
    with SqliteRecords.open(moved / "ledger.sqlite", "trial") as records:
        assert records.continuity.replaced() == frozenset()
    assert errors_of(moved) == ["ledger-lost"]


# Silent


def test_a_campaign_that_was_moved_with_its_ledger_goes_on(sent: Path, live: Relay) -> None:
    folder = sent.rename(sent.with_name("second"))
    write_rows(folder / "affected.csv", people(0, LETTERS + 50))
    assert errors_of(folder) == []
    assert send(folder).sent == 50
    assert twice(live) == []


def test_the_ledger_that_is_brought_after_it_is_the_way_out(sent: Path, live: Relay) -> None:
    kept = shutil.copytree(sent, sent.with_name("kept"))
    folder = sent.rename(sent.with_name("second"))
    lose(folder)
    write_rows(folder / "affected.csv", people(0, LETTERS + 50))
    assert errors_of(folder) == ["ledger-lost"]
    shutil.move(kept / "ledger.sqlite", folder / "ledger.sqlite")  # in place of the empty one that check made
    assert send(folder, override=("ledger-copied",)).sent == 50
    assert twice(live) == []


def test_other_people_of_a_campaign_of_the_same_name_are_written_to(sent: Path, live: Relay) -> None:
    shutil.rmtree(sent)
    other = folder_of(sent.with_name("second"), live, people(LETTERS, LETTERS + 50))
    assert errors_of(other) == []
    assert send(other).sent == 50


def test_the_same_people_may_have_letters_of_another_campaign(moved: Path) -> None:
    text = (moved / "campaign.toml").read_text("utf-8")
    (moved / "campaign.toml").write_text(text.replace('"trial"', '"another"'), "utf-8")
    assert errors_of(moved) == []


def test_a_ledger_that_is_still_there_was_not_lost(sent: Path, live: Relay) -> None:
    second = folder_of(sent.with_name("second"), live, people(0, LETTERS + 50))
    assert errors_of(second) == []


def test_nothing_left_from_a_plan_that_was_not_confirmed(tmp_path: Path, live: Relay) -> None:
    first = folder_of(tmp_path / "first", live, people(0, LETTERS))
    with pytest.raises(ConfirmationError):
        send(first, Person("no"))
    shutil.rmtree(first)
    assert errors_of(folder_of(tmp_path / "second", live, people(0, LETTERS))) == []


def test_a_trial_with_test_addresses_may_be_made_again_elsewhere(tmp_path: Path, live: Relay) -> None:
    rows = [*customers(30), {**customers(31)[30], "email": "customer30@mailinator.com"}]
    first = campaign_folder(tmp_path / "first", live.sink.url, rows)
    assert send(first).sent == 31
    assert remembered(first).sample == ()
    shutil.rmtree(first)
    second = campaign_folder(tmp_path / "second", live.sink.url, [*customers(29), *rows[29:]])
    assert send(second, override=("same-file-sent",)).sent == 31


def test_the_demo_may_be_repeated_anywhere(tmp_path: Path, live: Relay) -> None:
    """Its people are nobody's, so that not even a machine that heard of the first one takes the second for the same."""
    for name, letters in (("first", 100), ("second", 120)):
        folder = shutil.copytree(demo.shipped_sample(demo.SAMPLE), tmp_path / name)
        campaign = (folder / "campaign.toml").read_text("utf-8")
        assert "smtp+plain://127.0.0.1:2525" in campaign
        (folder / "campaign.toml").write_text(campaign.replace("smtp+plain://127.0.0.1:2525", live.sink.url), "utf-8")
        rows = (folder / "affected.csv").read_text("utf-8").splitlines(keepends=True)
        (folder / "affected.csv").write_text("".join(rows[: letters + 1]), "utf-8")
        assert send(folder, skip_bad_rows=True).sent > letters // 2
        lose(folder)


# What is kept


def test_no_address_and_no_digest_that_others_have_is_kept(sent: Path, live: Relay) -> None:
    seen = remembered(sent)
    assert len(seen.sample) == len(set(seen.sample)) == 64
    assert set(seen.sample) <= set(high_water.digests([str(row["email"]) for row in people(0, LETTERS)], seen.key))
    other = folder_of(sent.with_name("other"), live, people(0, LETTERS - 1))
    assert send(other).sent == LETTERS - 1
    assert not set(remembered(other).sample) & set(seen.sample)


def test_a_small_plan_is_remembered_whole(tmp_path: Path, live: Relay) -> None:
    folder = folder_of(tmp_path / "first", live, people(0, 5))
    assert send(folder).sent == 5
    assert len(remembered(folder).sample) == 5


def test_a_purge_forgets_the_people(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = purge.PurgeOptions(older_than="0 seconds", confirm=LETTERS)
    with monkeypatch.context() as broken:
        broken.setattr(high_water, "write_whole", refuse)
        with pytest.raises(OutputError, match="cannot be remembered"):
            purge.purge(Workspace.open(sent), options, str)
    purge.purge(Workspace.open(sent), options, str)
    assert remembered(sent).sample == ()
    assert remembered(sent).handed_over == LETTERS
    folder = sent.rename(sent.with_name("second"))
    lose(folder)
    write_rows(folder / "affected.csv", people(0, LETTERS + 50))
    assert errors_of(folder) == []


def test_a_purge_forgets_the_people_of_lost_ledgers(moved: Path) -> None:
    lost = remembered(moved.with_name("first")).ledger
    assert send(moved, override=("ledger-lost",)).sent == LETTERS + 50
    purge.purge(Workspace.open(moved), purge.PurgeOptions(older_than="0 seconds", confirm=LETTERS + 50), str)
    seen = high_water.recall(lost)
    assert seen is not None
    assert (seen.sample, seen.handed_over) == ((), LETTERS)


def refuse(*_: object, **__: object) -> None:
    raise OSError("no room")
