"""A correction goes to exactly those who had the error; first letters may keep the hours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, write_rows
from smtp_fakes import Relay

from mass_apology.errors import ConfirmationError
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SORRY_AGAIN = "Subject: What we got wrong\n\n{{ salutation }}\n\nOur first letter had an error.\n"


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(20))
    (folder / "templates/again").mkdir()
    (folder / "templates/again/en.md").write_text(SORRY_AGAIN, encoding="utf-8")
    assert send(folder).sent == 20
    return folder


def corrected(folder: Path, person: Person | None = None, **options: object) -> RunResult:
    return correct(Workspace.open(folder), CorrectOptions(template="again", **options), person or Person())


def test_everyone_who_got_the_letter_is_corrected_once(sent: Path, live: Relay) -> None:
    assert corrected(sent).sent == 20
    assert corrected(sent).sent == 0
    first = {each.recipients[0]: message_from_bytes(each.data)["Message-ID"] for each in live.received[:20]}
    for each in live.received[20:]:
        assert message_from_bytes(each.data)["In-Reply-To"] == first[each.recipients[0]]


def test_only_those_of_whom_it_holds(sent: Path, live: Relay) -> None:
    assert corrected(sent, where="minutes > 15").sent == 5
    assert {each.recipients[0] for each in live.received[20:]} == {
        f"customer{n}@d{n % 7}.example" for n in range(15, 20)
    }


def test_only_letters_of_a_time(sent: Path) -> None:
    for outside in ({"since": time.time() + 60}, {"before": time.time() - 3600}):
        with pytest.raises(ConfirmationError, match="No accepted letter of the wave first is one of those"):
            corrected(sent, **outside)
    assert corrected(sent, since=time.time() - 3600, before=time.time() + 60).sent == 20


def test_only_letters_that_were_made_from_the_wrong_template(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(8))
    (folder / "templates/again").mkdir()
    (folder / "templates/again/en.md").write_text(SORRY_AGAIN, encoding="utf-8")
    send(folder)
    mended = (folder / "templates/sorry/en.md").read_text(encoding="utf-8").replace("down", "not reachable")
    (folder / "templates/sorry/en.md").write_text(mended, encoding="utf-8")
    write_rows(folder / "affected.csv", customers(20))
    send(folder)
    wrong, right = campaign_status(Workspace.open(folder)).editions
    assert (wrong.letters, right.letters) == (8, 12)
    assert corrected(folder, digest=wrong.digest[:12]).sent == 8
    assert {each.recipients[0] for each in live.received[20:]} == {f"customer{n}@d{n % 7}.example" for n in range(8)}


def test_one_message_by_its_own_digest(sent: Path, live: Relay) -> None:
    third = results(sent)[2]
    assert third.sha256
    assert corrected(sent, digest=third.sha256.hex()[:16]).sent == 1
    assert live.received[-1].recipients == (third.address,)


@pytest.mark.parametrize("digest", ["abcdef", "xyz", "1", ""])
def test_a_digest_of_nothing_is_told_with_those_there_are(sent: Path, digest: str) -> None:
    with pytest.raises(ConfirmationError) as raised:
        corrected(sent, digest=digest)
    assert "No letter of the wave first was made from" in raised.value.problem
    assert campaign_status(Workspace.open(sent)).editions[0].digest[:12] in raised.value.next_step


def test_customers_whose_rows_changed_are_told_what_is_new(sent: Path, live: Relay) -> None:
    (sent / "templates/again/en.md").write_text(
        "Subject: Other minutes\n\n{{ salutation }}\n\nIt was {{ customer.minutes }} minutes.\n", encoding="utf-8"
    )
    rows = [dict(row) for row in customers(22)]
    rows[3]["minutes"], rows[7]["minutes"] = "777", "778"
    write_rows(sent / "affected.csv", rows)
    with pytest.raises(ConfirmationError):
        corrected(sent, Person(types="22"), changed=True)
    assert corrected(sent, changed=True).sent == 2
    bodies = {each.recipients[0]: each.data.decode() for each in live.received[20:]}
    assert set(bodies) == {"customer3@d3.example", "customer7@d0.example"}
    assert "It was 777 minutes." in bodies["customer3@d3.example"]
    assert corrected(sent, changed=True).sent == 0  # what they were told is what the file says
    person = Person()
    assert send(sent, person).sent == 2  # the two new rows, as ever
    assert person.outlooks[-1] is not None
    assert person.outlooks[-1].changes.outdated == 0


def test_nobody_is_written_to_where_no_row_changed(sent: Path, live: Relay) -> None:
    with pytest.raises(ConfirmationError, match="Nobody's row changed after their letter"):
        corrected(sent, changed=True)
    assert len(live.received) == 20


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"wave": "frist"}, "No letter of a wave frist was ever planned"),
        ({"where": "minutes > 1000"}, "No accepted letter of the wave first is one of those"),
        ({"name": "A b"}, "is no name of a wave"),
        ({"name": "first"}, "is the name of another wave"),
    ],
)
def test_a_slip_in_the_options_is_an_error_and_never_called_done(
    sent: Path, live: Relay, options: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfirmationError, match=problem):
        corrected(sent, **options)
    assert len(live.received) == 20


def test_all_facts_that_are_missing_are_named_at_once(sent: Path, live: Relay) -> None:
    with pytest.raises(ConfirmationError, match="The wave correction cannot go") as refused:
        correct(Workspace.open(sent), CorrectOptions(template="correction"), Person())
    required = (
        "letter_sent_on",
        "letter_error",
        "letter_correction",
        "letter_cause",
        "letter_harm",
        "letter_put_right",
        "later_letters",
        "contact",
    )
    assert [name for name in required if f"`{name}`" not in refused.value.problem] == []
    assert len(live.received) == 20


def test_the_number_has_to_be_typed(sent: Path, live: Relay) -> None:
    with pytest.raises(ConfirmationError, match="20 letters are to be corrected"):
        corrected(sent, Person(types="19"))
    assert len(live.received) == 20


def test_first_letters_keep_the_hours_where_that_is_wanted(
    tmp_path: Path, live: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = ("Europe/Warsaw", "Asia/Tokyo")
    rows = [dict(row, time_zone=zones[n % 2]) for n, row in enumerate(customers(10))]
    folder = campaign_folder(
        tmp_path / "trial",
        live.sink.url,
        rows,
        schedule={"hours": "09:00-12:00", "weekdays": "mon-sun", "first_letter": True},
    )
    at = [1_795_003_200.0 // 86400 * 86400 + 9.5 * 3600]  # 10:30 in Warsaw, 18:30 in Tokyo
    monkeypatch.setattr(time, "time", lambda: at[0])
    ended = send(folder)
    assert (ended.sent, ended.due) == (5, 5)
    assert "may not arrive at this hour" in (ended.reason or "")
    at[0] += 15.5 * 3600  # 10:00 in Tokyo
    assert send(folder).sent == 5
