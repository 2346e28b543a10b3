"""Whose letter something is about: return paths, relays' ids, proofs for letters in doubt, new mail of customers."""

from __future__ import annotations

import json
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, results, send, statuses
from smtp_fakes import FaultyConversation, Nth
from test_bounces import bounce, box, id_of, read_all, suppressed

from mass_apology.bounces.tokens import token_in
from mass_apology.cli.results import show_settled
from mass_apology.errors import CampaignError
from mass_apology.ledger import Result
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.model import Status
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

HOUR = 3600.0


def of_customer(folder: Path, number: int) -> Result:
    return next(each for each in results(folder) if each.address.startswith(f"customer{number}@"))


# Return paths


def test_every_letter_has_a_return_path_of_its_own(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(
            tmp_path, live.sink.url, customers(10), sender={"envelope": "b@x.example", "verp": True}
        )
        send(folder)
        for each in live.received:
            number = int(each.recipients[0].removeprefix("customer").partition("@")[0])
            token = id_of(live, number).strip("<>").partition("@")[0]
            assert each.sender == f"b+{token}@x.example"
            assert token_in(each.sender) == token


def test_without_verp_all_have_the_same(tmp_path: Path) -> None:
    with relay() as live:
        send(campaign_folder(tmp_path, live.sink.url, customers(3), sender={"envelope": "b@x.example"}))
        assert {each.sender for each in live.received} == {"b@x.example"}


@pytest.mark.parametrize("rewritten", ["{}", "SRS0=ab12=X7=acme.example={}", "prvs=1234abcdef={}"])
def test_a_bounce_that_names_nothing_but_its_return_path_is_proven(tmp_path: Path, rewritten: str) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(10), sender={"verp": True})
        send(folder)
        path = next(each.sender for each in live.received if each.recipients[0].startswith("customer3@"))
    local_part, _, domain = path.partition("@")
    mail = bounce(3).replace("To: anna@acme.example", f"To: {rewritten.format(local_part.upper())}@{domain}", 1)
    settled = read_all(folder, box(tmp_path, mail))
    assert (settled.bounced, settled.suppressed, settled.unproven) == (1, 1, 0)
    assert of_customer(folder, 3).status is Status.BOUNCED
    assert list(suppressed()) == ["customer3@d3.example"]


def test_a_forged_return_path_proves_nothing(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(10), sender={"verp": True})
        send(folder)
    mail = bounce(3).replace("To: anna@acme.example", f"To: anna+{'0123456789abcdef' * 2}@acme.example", 1)
    settled = read_all(folder, box(tmp_path, mail))
    assert (settled.bounced, settled.unproven) == (0, 1)
    assert statuses(folder) == {"ACCEPTED": 10}
    assert suppressed() == {}


def test_a_return_path_may_have_sixty_four_characters_and_no_more(tmp_path: Path) -> None:
    with relay() as live:
        longest = campaign_folder(
            tmp_path / "a", live.sink.url, customers(1), sender={"envelope": f"{'b' * 31}@x.example", "verp": True}
        )
        send(longest)
        assert [len(each.sender.partition("@")[0]) for each in live.received] == [64]
        longer = campaign_folder(
            tmp_path / "b", live.sink.url, customers(1), sender={"envelope": f"{'b' * 32}@x.example", "verp": True}
        )
        with pytest.raises(CampaignError, match=r"\$\.sender\.verp.*it has 32, and 31 are possible"):
            send(longer)
        assert len(live.received) == 1


# The relay's own ids


def ses_id(number: int) -> str:
    return f"{number:016x}-1f2e3d4c-5b6a-4788-99aa-{number:012x}-000000"


@pytest.fixture
def by_ses(tmp_path: Path) -> Path:
    """Sent through a relay that says an id of its own, as Amazon SES does."""
    numbers = count(1)

    def say_id(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        return f"250 Ok {ses_id(next(numbers))}".encode() if verb == "." else None

    with relay(fault=say_id) as live:
        folder = campaign_folder(tmp_path / "ses", live.sink.url, customers(10))
        assert send(folder).sent == 10
    return folder


def events(folder: Path, *found: object) -> Path:
    path = folder / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, found)), encoding="utf-8")
    return path


def ses_bounce(message_id: str, address: str = "somebody@else.example") -> dict[str, object]:
    bounced = [{"emailAddress": address, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
    return {
        "notificationType": "Bounce",
        "mail": {"messageId": message_id, "timestamp": "2026-11-20T10:00:00Z"},
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": bounced},
    }


def test_an_event_with_the_relay_s_id_is_proven(by_ses: Path, tmp_path: Path) -> None:
    said = (of_customer(by_ses, 4).reply or "").rpartition(" ")[2]
    settled = read_all(by_ses, events(tmp_path, ses_bounce(said, "Customer4@D4.example")))
    assert (settled.bounced, settled.suppressed) == (1, 1)
    assert of_customer(by_ses, 4).status is Status.BOUNCED
    assert list(suppressed()) == ["customer4@d4.example"]


def test_a_proven_event_about_a_mailbox_that_mail_is_forwarded_to_silences_nobody(by_ses: Path, tmp_path: Path) -> None:
    said = (of_customer(by_ses, 4).reply or "").rpartition(" ")[2]
    settled = read_all(by_ses, events(tmp_path, ses_bounce(said)))
    assert (settled.bounced, settled.suppressed) == (1, 0)
    assert [(each.address, each.final) for each in settled.forwarded] == [
        ("customer4@d4.example", "somebody@else.example")
    ]
    assert suppressed() == {}


def test_events_in_a_file_that_has_grown_are_known_again(by_ses: Path, tmp_path: Path) -> None:
    ids = [(of_customer(by_ses, number).reply or "").rpartition(" ")[2] for number in (4, 5)]
    read_all(by_ses, events(tmp_path, ses_bounce(ids[0])))
    again = read_all(by_ses, events(tmp_path, ses_bounce(ids[0]), ses_bounce(ids[1])))
    assert (again.read, again.known, again.bounced, again.unproven) == (2, 1, 1, 0)


def test_a_bounce_with_the_message_id_that_ses_made_is_proven(by_ses: Path, tmp_path: Path) -> None:
    said = (of_customer(by_ses, 4).reply or "").rpartition(" ")[2]
    settled = read_all(by_ses, box(tmp_path, bounce(4, f"<{said}@eu-west-1.amazonses.com>")))
    assert (settled.bounced, settled.suppressed) == (1, 1)
    assert of_customer(by_ses, 4).status is Status.BOUNCED


@pytest.mark.parametrize("guess", ["Ok", ses_id(77), "", ses_id(1)[:19]])
def test_an_id_that_the_relay_did_not_say_proves_nothing(by_ses: Path, tmp_path: Path, guess: str) -> None:
    settled = read_all(by_ses, events(tmp_path, ses_bounce(guess, "customer4@d4.example")))
    assert (settled.bounced, settled.unproven) == (0, 1)
    assert statuses(by_ses) == {"ACCEPTED": 10}


def test_a_word_that_ends_many_replies_is_no_id(tmp_path: Path) -> None:
    word = "queued-for-delivery-at-the-usual-time"
    with relay(fault=lambda _, verb, __: f"250 Ok {word}".encode() if verb == "." else None) as live:
        folder = campaign_folder(tmp_path / "same", live.sink.url, customers(3))
        send(folder)
    settled = read_all(folder, events(tmp_path, ses_bounce(word)))
    assert (settled.bounced, settled.unmatched) == (0, 1)


def test_relay_ids_are_looked_up_by_an_index(by_ses: Path, tmp_path: Path) -> None:

    read_all(by_ses, box(tmp_path, bounce(4)))
    with SqliteRecords.open(by_ses / "ledger.sqlite", "trial") as ledger:
        plan = ledger._reader.execute(
            f"EXPLAIN QUERY PLAN {statements('feedback.sql')['by-relay-id']}", {"relay_id": "x"}
        ).fetchall()
    assert any("delivery_relay_id" in row[3] for row in plan)


# Letters in doubt


@pytest.fixture
def doubted(tmp_path: Path) -> tuple[Path, int, str]:
    """A campaign with one letter in doubt, its customer and its Message-ID."""
    with relay(fault=Nth(".", 3, FaultyConversation.close)) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
        send(folder)
    letter = next(each for each in results(folder) if each.status is Status.IN_DOUBT)
    return folder, int(letter.address.removeprefix("customer").partition("@")[0]), letter.message_id


def proof(kind: str, number: int, message_id: str) -> str:
    if kind in {"reply", "auto_reply"}:
        auto = "Auto-Submitted: auto-replied\n" if kind == "auto_reply" else ""
        return (
            f"From: customer{number}@d{number % 7}.example\nTo: anna@acme.example\nSubject: Re: x\n{auto}"
            f"In-Reply-To: {message_id}\n\nThank you.\n"
        )
    action, status, said = {
        "success": ("delivered", "2.0.0", "250 2.0.0 delivered"),
        "delay": ("delayed", "4.4.1", "421 4.4.1 not now"),
    }[kind]
    return bounce(number, message_id, status=status, said=said).replace("Action: failed", f"Action: {action}")


@pytest.mark.parametrize("kind", ["success", "delay", "auto_reply", "reply"])
def test_whatever_comes_back_proves_that_the_relay_had_a_letter(
    tmp_path: Path, doubted: tuple[Path, int, str], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, number, message_id = doubted
    settled = read_all(folder, box(tmp_path, proof(kind, number, message_id)))
    assert settled.kinds == {kind: 1}
    assert settled.cleared == 1
    show_settled(settled)
    assert "In doubt until now, but the relay had them: 1 letter;" in capsys.readouterr().out
    assert statuses(folder) == {"ACCEPTED": 10}
    letter = of_customer(folder, number)
    assert (letter.reply or "").startswith("In doubt at first; then ")
    assert letter.accepted_at == letter.marked_at
    assert read_all(folder, box(tmp_path, proof(kind, number, message_id))).cleared == 0


@pytest.mark.parametrize("kind", ["success", "delay", "auto_reply", "reply"])
def test_an_address_clears_no_doubt(tmp_path: Path, doubted: tuple[Path, int, str], kind: str) -> None:
    folder, number, _ = doubted
    settled = read_all(folder, box(tmp_path, proof(kind, number, "<guess@acme.example>")))
    assert settled.cleared == 0
    assert of_customer(folder, number).status is Status.IN_DOUBT


def test_a_letter_in_doubt_that_failed_has_bounced(tmp_path: Path, doubted: tuple[Path, int, str]) -> None:
    folder, number, message_id = doubted
    settled = read_all(folder, box(tmp_path, bounce(number, message_id)))
    assert (settled.cleared, settled.bounced) == (0, 1)
    assert of_customer(folder, number).status is Status.BOUNCED


def test_a_proof_changes_no_letter_that_is_not_in_doubt(tmp_path: Path, doubted: tuple[Path, int, str]) -> None:
    folder, number, _ = doubted
    other = next(each for each in results(folder) if each.status is Status.ACCEPTED)
    before = of_customer(folder, int(other.address.removeprefix("customer").partition("@")[0]))
    settled = read_all(folder, box(tmp_path, proof("success", number, other.message_id)))
    assert settled.cleared == 0
    assert of_customer(folder, int(other.address.removeprefix("customer").partition("@")[0])) == before


# A customer's new mail


def mail_of(address: str, at: float, *fields: str) -> str:
    lines = (f"From: Customer <{address}>", "To: anna@acme.example", "Subject: my invoice", f"Date: {formatdate(at)}")
    return "\n".join((*lines, *fields)) + "\n\nWhere is my money?\n"


@pytest.fixture
def with_follow_up(tmp_path: Path) -> Path:
    from test_follow_up import campaign

    with relay() as live:
        folder = campaign(tmp_path / "trial", live, unless_replied=True)
        send(folder)
    return folder


def letters_of_the_follow_up(folder: Path) -> int:
    from test_follow_up import outlook

    return int(outlook(Workspace.open(folder)).waves[0].letters)


def test_a_customer_s_new_mail_keeps_the_follow_up_away(tmp_path: Path, with_follow_up: Path) -> None:
    left_at = of_customer(with_follow_up, 6).accepted_at or 0
    settled = read_all(with_follow_up, box(tmp_path, mail_of("Customer6@D6.example", left_at + HOUR)))
    assert settled.kinds == {"reply": 1}
    assert [item.subject for item in settled.replies] == ["my invoice"]
    assert letters_of_the_follow_up(with_follow_up) == 19


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "List-Id: news <news.d6.example>",
        "List-Unsubscribe: <mailto:off@d6.example>",
        "Return-Path: <>",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "Feedback-ID: 1:2:3:acme",
        "Content-Type: text/calendar",
        "Content-Type: multipart/report; report-type=x; boundary=b",
    ],
)
def test_what_a_machine_or_a_list_sends_is_no_reply(tmp_path: Path, with_follow_up: Path, field: str) -> None:
    left_at = of_customer(with_follow_up, 6).accepted_at or 0
    settled = read_all(with_follow_up, box(tmp_path, mail_of("customer6@d6.example", left_at + HOUR, field)))
    assert settled.replies == ()
    assert letters_of_the_follow_up(with_follow_up) == 20


def test_a_stranger_s_mail_and_a_customer_s_older_mail_are_no_replies(tmp_path: Path, with_follow_up: Path) -> None:
    left_at = of_customer(with_follow_up, 6).accepted_at or 0
    settled = read_all(
        with_follow_up,
        box(
            tmp_path,
            mail_of("stranger@d6.example", left_at + HOUR),
            mail_of("customer6@d6.example", left_at - HOUR),
            mail_of("customer6@d6.example", left_at + HOUR).replace("Date:", "X-Date:"),
            mail_of("customer6@d6.example", left_at - HOUR, "In-Reply-To: <older@acme.example>"),
        ),
    )
    assert settled.kinds == {"unread": 3, "reply": 1}  # the last one is a reply, and to something else
    assert letters_of_the_follow_up(with_follow_up) == 20


@pytest.mark.parametrize("address", ["no-reply@d6.example", "donotreply@d6.example", "mailer-daemon@d6.example"])
def test_addresses_nobody_writes_from_send_no_replies(tmp_path: Path, address: str) -> None:
    row = {"email": address, "name": "Customer 6", "minutes": "6"}
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, [row])
        assert send(folder).sent == 1
    left_at = results(folder)[0].accepted_at or 0
    assert read_all(folder, box(tmp_path, mail_of(address, left_at + HOUR))).replies == ()
