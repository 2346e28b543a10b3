"""A purge forgets people, all of them and nothing else, after their typed number, and only when all is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_toml
from smtp_fakes import FaultyConversation, Relay
from test_bounces import ABUSE, bounce, box, id_of, read_all
from test_codes_and_remedies import OFFER, REMEDIES, write_codes
from test_follow_up import armed, campaign, followed

from mass_apology.errors import ConfirmationError, LedgerError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.event_loop import run as run_loop
from mass_apology.flows.feedback.choices import choose
from mass_apology.flows.feedback.reconcile import reconcile
from mass_apology.flows.follow_up import affected
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.purge.purge import Purged, PurgeOptions, purge
from mass_apology.flows.report.report import report
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

DAY = 86400.0


class Clock:
    """The time that all of the program sees; it goes on."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._time = time.time

    def __call__(self) -> float:
        return self._time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(20))
    send(folder)
    return folder


def purged(folder: Path, clock: Clock, **options: object) -> Purged:
    """A hundred days later, the number that is asked for being typed."""
    clock.ahead += 100 * DAY
    return purge(Workspace.open(folder), PurgeOptions(older_than="90 days", **options), str)


def test_the_number_of_people_is_typed_or_given(sent: Path, clock: Clock) -> None:
    clock.ahead = 100 * DAY
    for confirm, typed in ((None, ""), (None, "19"), (19, "20")):
        with pytest.raises(ConfirmationError, match="The ledger tells of 20 people, but") as refused:
            purge(
                Workspace.open(sent), PurgeOptions(older_than="90 days", confirm=confirm), lambda _, typed=typed: typed
            )
        assert "--confirm 20" in refused.value.next_step
    assert len({each.address for each in results(sent)}) == 20
    assert purge(Workspace.open(sent), PurgeOptions(older_than="90 days", confirm=20), lambda _: "").people == 20
    assert {each.address for each in results(sent)} == {""}
    assert (
        purge(Workspace.open(sent), PurgeOptions(older_than="90 days"), lambda _: "").people == 0
    )  # again: nobody is left to be asked about


def test_what_happened_lately_stops_it(sent: Path) -> None:
    with pytest.raises(ConfirmationError, match="which is not 90 days ago"):
        purge(Workspace.open(sent), PurgeOptions(older_than="90 days"), str)
    with pytest.raises(ConfirmationError, match="--older-than is 'soon'"):
        purge(Workspace.open(sent), PurgeOptions(older_than="soon"), str)


def test_what_is_kept_proves_what_was_done(sent: Path, clock: Clock) -> None:
    before = results(sent)
    purged(sent, clock)
    assert statuses(sent) == {"ACCEPTED": 20}
    for was, now in zip(before, results(sent), strict=True):
        assert (was.sha256, was.message_id, was.code, was.accepted_at) == (
            now.sha256,
            now.message_id,
            now.code,
            now.accepted_at,
        )
    with SqliteRecords.open(sent / "ledger.sqlite", "trial") as records:
        notes = [note.what for note in records.notes()]
    assert notes[0].startswith("plan ")
    assert notes[0].endswith(" of 20 letters confirmed")
    assert report(Workspace.open(sent), None, None, force=False).counts == {"ACCEPTED": 20}


def test_the_same_file_reaches_nobody_twice_afterwards(sent: Path, live: Relay, clock: Clock) -> None:
    purged(sent, clock)
    write_toml(sent, live.sink.url, incident={"service": "Acme Mail"})
    send(sent, override=("same-file-sent",))
    assert len(live.received) == 20


def test_nobody_can_be_corrected_any_more(sent: Path, clock: Clock) -> None:
    purged(sent, clock)
    with pytest.raises(ConfirmationError, match="This campaign was purged"):
        correct(Workspace.open(sent), affected.CorrectOptions(template="sorry"), Person())


def test_letters_that_are_due_stop_it(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(5))
    live.fault = lambda _, verb, __: b"550 5.7.1 blocked" if verb == "MAIL" else None
    send(folder)
    assert statuses(folder)["PLANNED"] + statuses(folder)["DEFERRED"]
    with pytest.raises(ConfirmationError, match="letters are still due"):
        purged(folder, clock)


def test_letters_in_doubt_stop_it(tmp_path: Path, clock: Clock) -> None:
    def away(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        return conversation.close() if verb == "." else None

    with relay(fault=away) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(2))
        send(folder)
    with pytest.raises(ConfirmationError, match="2 letters are in doubt") as refused:
        purged(folder, clock)
    assert "reconcile" in refused.value.next_step


def test_an_armed_follow_up_stops_it_until_it_is_sent_or_taken_out(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign(tmp_path / "trial", live, customers(4))
    send(folder)
    armed(folder, 4)
    with pytest.raises(ConfirmationError, match="The follow-up later is armed and has 4 letters to send yet"):
        purged(folder, clock)
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    (folder / "campaign.toml").write_text(
        text.replace("[[follow_up]]", '[[follow_up]]\nwhere = "minutes > 2"'), "utf-8"
    )
    armed(folder, 2)
    followed(folder)
    assert purged(folder, clock).people == 4  # two of them get none, and nobody is left who might
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        assert "wave later of at most 2 letters armed" in [note.what for note in records.notes()]


def test_only_this_campaigns_suppressions_lose_their_address(
    sent: Path, live: Relay, tmp_path: Path, clock: Clock
) -> None:
    with Suppressions.open(shared_path()) as store:
        for address, source in (("by.hand@a.example", "by hand"), ("other@a.example", "another-campaign")):
            store.add(Entry.of(address, Reason.REQUESTED, at=time.time(), source=source))
    read_all(sent, box(tmp_path, bounce(3, id_of(live, 3))))
    done = purged(sent, clock)
    assert (done.suppressions, done.suppressions_kept) == (1, 2)
    with Suppressions.open(shared_path()) as store:
        assert {entry.address for entry in store.entries()} == {None, "by.hand@a.example", "other@a.example"}
        assert store.find("customer3@d3.example") is not None  # it goes on working
    again = purge(Workspace.open(sent), PurgeOptions(older_than="90 days", all_suppressions=True), str)
    assert (again.suppressions, again.suppressions_kept) == (2, 0)


def test_a_reader_that_keeps_old_pages_is_reported(sent: Path, clock: Clock) -> None:
    with SqliteRecords.open(sent / "ledger.sqlite", "trial") as records:
        stream = records.results("first")
        next(stream)  # a long report, half-way
        with pytest.raises(LedgerError, match="Another program is reading the ledger"):
            purged(sent, clock)
        stream.close()
    assert purge(Workspace.open(sent), PurgeOptions(older_than="90 days"), str).people == 0
    assert b"customer1@" not in (sent / "ledger.sqlite").read_bytes()


# Nothing of a person

PEOPLE = [
    {"email": f"{first}.{last}@mail{n}.example", "name": f"{first.title()} {last.title()}-{n}", "minutes": str(n + 1)}
    for n, (first, last) in enumerate(
        [
            ("jan", "kowalski"),  # refused with a reply that names him
            ("maria", "nowak"),  # bounces, with a reply that names her
            ("anna", "zielinska"),  # complains
            ("piotr", "wisniewski"),  # chooses
            ("ewa", "wojcik"),  # is on the suppression list
            ("adam", "kaminski"),  # replies
            ("olga", "lewandowska"),
            ("tomasz", "dabrowski"),  # expires, with a reply that names him
        ]
    )
]
BAD = [
    {"email": "jerzy.szymanski@@secret.example", "name": "Jerzy Szymanski-Tajny", "minutes": "3"},
    {"email": "barbara@secret.example", "name": "www.evil.example Barbara Kozlowska", "minutes": "3"},
    {"email": "zofia@secret.example", "name": "Zofia J", "minutes": "Zofia Jankowska has many"},
]
NEEDLES = [
    *("jan.kowalski", "Kowalski", "maria.nowak", "Nowak", "anna.zielinska", "Zielinska", "piotr.wisniewski"),
    *("Wisniewski", "ewa.wojcik", "Wojcik", "adam.kaminski", "Kaminski", "olga.lewandowska", "Lewandowska"),
    *("tomasz.dabrowski", "Dabrowski", "jerzy", "Szymanski", "barbara", "Kozlowska", "zofia", "Jankowska"),
]
"""Also compared without regard to upper and lower case."""


def naming(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    if verb == "RCPT" and b"jan.kowalski" in argument:
        return b"550 5.1.1 mailbox of Jan Kowalski is gone, ask jan.kowalski at home"
    if verb == "RCPT" and b"tomasz" in argument:
        return b"450 4.2.1 Tomasz Dabrowski receives too much"
    return None


def a_whole_life(folder: Path, live: Relay, tmp_path: Path, clock: Clock) -> None:
    """Letters, bounces, choices, replies, a follow-up and a correction, with names wherever they can get to."""
    (folder / "templates/sorry/en.md").write_text(
        OFFER.replace("Subject: We", "Subject: {{ customer.name }}, we"), "utf-8"
    )
    (folder / "templates/right").mkdir()
    (folder / "templates/right/en.md").write_text("Subject: Right\n\n{{ salutation }}\n\nIt is mended.\n", "utf-8")
    write_codes(folder, 30)
    run_loop(
        check(
            Workspace.open(folder),
            CheckOptions(skip_bad_rows=True),
            folder / "check.html",
            force=True,
            on_progress=lambda *_: None,
        )
    )
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of(PEOPLE[4]["email"], Reason.REQUESTED, at=time.time(), source="by hand", note="Ewa Wojcik"))
    live.fault = naming
    send(folder, skip_bad_rows=True)
    live.fault = None
    mails = {message_from_bytes(each.data)["To"]: message_from_bytes(each.data)["Message-ID"] for each in live.received}
    ids = {
        person["email"]: next(mails[to] for to in mails if person["email"] in to)
        for person in PEOPLE[1:4] + PEOPLE[5:7]
    }
    maria, anna, piotr, adam = (ids[PEOPLE[n]["email"]] for n in (1, 2, 3, 5))
    reply = f"From: Adam Kaminski <{PEOPLE[5]['email']}>\nSubject: Adam Kaminski asks\nIn-Reply-To: {adam}\n\nHello.\n"
    read_all(
        folder,
        box(tmp_path, bounce(1, maria, said="550 no Maria Nowak, maria.nowak is gone"), ABUSE.format(anna), reply),
    )
    token = f"refund.{piotr.strip('<>').partition('@')[0]}"
    (tmp_path / "wisniewski.log").write_text(f"GET /recall?choice={token}\n", encoding="utf-8")
    choose(Workspace.open(folder), str(tmp_path / "wisniewski.log"), folder / "choices.csv", force=True)
    reconcile(Workspace.open(folder), [], show=lambda _: None, on_progress=lambda *_: None)
    correct(
        Workspace.open(folder),
        affected.CorrectOptions(template="right", where="name == 'Olga Lewandowska-6'"),
        Person(),
    )
    report(Workspace.open(folder), folder / "report.html", folder / "unreached.csv", force=True)
    (folder / "letters").mkdir()
    for number in range(9):
        (folder / f"letters/{number}.eml").write_text("To: Jan Kowalski\n", encoding="utf-8")


def found_in(folder: Path) -> dict[str, list[str]]:
    """Which needles stand in which file, octet by octet: free pages and the -wal are no exception."""
    found = {}
    for path in folder.rglob("*"):
        octets = path.read_bytes().lower() if path.is_file() else b""
        if there := [needle for needle in NEEDLES if needle.lower().encode() in octets]:
            found[str(path.relative_to(folder))] = there
    return found


def test_nothing_of_a_person_is_left_in_the_folder(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign_folder(
        tmp_path / "trial",
        live.sink.url,
        [*PEOPLE, *BAD],
        codes={"file": "codes.csv"},
        remedies=REMEDIES,
        limits={"give_up_after": "1 second"},
    )
    a_whole_life(folder, live, tmp_path, clock)
    assert {"ledger.sqlite", "log.jsonl"} <= set(found_in(folder))  # the needles are where they are looked for
    done = purged(folder, clock)
    left = found_in(folder)
    assert set(left) <= set(done.files) | {f"letters/{number}.eml" for number in range(9)}
    assert {"affected.csv", "check.html", "choices.csv", "report.html", "unreached.csv", "letters/ (9 files)"} <= set(
        done.files
    )
    for name in left:
        (folder / name).unlink()
    assert found_in(folder) == {}
    with SqliteLedger.open(folder / "ledger.sqlite", "trial") as ledger:  # opened again, nothing of old comes back
        ledger.acquire(time.time())
    assert found_in(folder) == {}


def test_what_comes_back_after_a_purge_names_nobody_either(tmp_path: Path, live: Relay, clock: Clock) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, PEOPLE[:2])
    send(folder)
    message_id = message_from_bytes(live.received[1].data)["Message-ID"]
    purged(folder, clock)
    (folder / "affected.csv").unlink()
    read_all(folder, box(tmp_path, bounce(1, message_id, said="550 no Maria Nowak")))
    assert statuses(folder) == {"ACCEPTED": 1, "BOUNCED": 1}
    assert found_in(folder) == {}


def test_a_log_is_purged_line_by_line(sent: Path, clock: Clock) -> None:
    log = sent / "log.jsonl"
    lines = log.read_bytes().splitlines()
    log.write_bytes(log.read_bytes() + b'{"at": "cut')
    purged(sent, clock)
    after = log.read_bytes().splitlines()
    assert len(after) == len(lines)
    assert log.stat().st_mode & 0o777 == 0o600
    assert not any(b"Ok" in line for line in after)
