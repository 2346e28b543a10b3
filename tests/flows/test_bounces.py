"""What comes back changes the ledger once, and only where it proves whose letter it is about."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.utils import formatdate
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, results, send, statuses
from msgspec.structs import replace
from smtp_fakes import Relay

from bench.hostile_mail import MAILS, mutant_mails
from mass_apology.bounces.bounce_report import Report
from mass_apology.bounces.mail_reading import read as read_mail
from mass_apology.flows.feedback import bounces, feedback_sources
from mass_apology.flows.feedback.bounces import Settled, settle
from mass_apology.flows.report.report import report
from mass_apology.ledger.came_back import Traces
from mass_apology.suppression import Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

DSN = """\
From: MAILER-DAEMON@mx.example
To: anna@acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: text/rfc822-headers

From: anna@acme.example
To: {address}
Subject: x
{returned}
--b--
"""

ABUSE = """\
From: reports@provider.example
To: anna@acme.example
Subject: Abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

Somebody called this unwanted.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1
Version: 1

--b
Content-Type: message/rfc822

From: anna@acme.example
Subject: x
Message-ID: {}

x
--b--
"""


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
    assert send(folder).sent == 10
    return folder


def read_all(folder: Path, source: Path) -> Settled:
    return settle(Workspace.open(folder), str(source), on_progress=lambda *_: None)


def id_of(live: Relay, number: int) -> str:
    mails = (message_from_bytes(each.data) for each in live.received)
    return next(mail["Message-ID"] for mail in mails if f"customer{number}@" in mail["To"])


def bounce(number: int, message_id: str = "", *, status: str = "5.1.1", said: str = "550 5.1.1 user unknown") -> str:
    returned = f"Message-ID: {message_id}\n" if message_id else ""
    return DSN.format(address=f"customer{number}@d{number % 7}.example", status=status, said=said, returned=returned)


def box(folder: Path, *mails: str) -> Path:
    """A folder of .eml."""
    made = folder / "box"
    made.mkdir(exist_ok=True)
    for number, mail in enumerate(mails):
        (made / f"{number}.eml").write_text(mail, encoding="utf-8")
    return made


def suppressed() -> dict[str | None, Reason]:
    with Suppressions.open(shared_path()) as store:
        return {entry.address: entry.reason for entry in store.entries()}


def test_a_dead_address_bounces_and_is_not_written_to_again(tmp_path: Path, sent: Path, live: Relay) -> None:
    settled = read_all(sent, box(tmp_path, bounce(3, id_of(live, 3))))
    assert (settled.read, settled.bounced, settled.suppressed) == (1, 1, 1)
    assert statuses(sent) == {"ACCEPTED": 9, "BOUNCED": 1}
    assert suppressed() == {"customer3@d3.example": Reason.DEAD_ADDRESS}
    assert "user unknown" in (results(sent)[3].reply or "")
    other = campaign_folder(tmp_path / "other", live.sink.url, customers(10))
    assert send(other, override=("same-file-sent",)).sent == 9
    assert {each.address for each in results(other) if each.status == "WITHHELD"} == {"customer3@d3.example"}


def test_a_full_mailbox_bounces_and_stays_off_the_list(tmp_path: Path, sent: Path, live: Relay) -> None:
    mail = bounce(4, id_of(live, 4), status="5.2.2", said="552 5.2.2 mailbox full")
    settled = read_all(sent, box(tmp_path, mail))
    assert (settled.bounced, settled.suppressed) == (1, 0)
    assert statuses(sent)["BOUNCED"] == 1
    assert suppressed() == {}


def test_a_message_that_cannot_be_recorded_is_kept_apart_and_the_others_count(
    tmp_path: Path, sent: Path, live: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that the reader does not know yet: a fault in one message costs that message only."""
    bad = bounce(3, id_of(live, 3), said="550 5.1.1 user unknown, and a fault")
    made = box(tmp_path, bounce(2, id_of(live, 2)), bad, bounce(5, id_of(live, 5)))

    def unfit(report: Report, address: str) -> Traces:
        if "fault" in report.affected[0].diagnostic:
            raise ValueError("lone surrogate \ud800")
        return traces(report, address)

    traces = bounces._traces
    monkeypatch.setattr(bounces, "_traces", unfit)
    settled = read_all(sent, made)
    assert (settled.read, settled.bounced, settled.suppressed) == (3, 2, 2)
    (kept,) = settled.kept_apart
    assert kept.where == "1.eml"
    assert "lone surrogate" in kept.reason
    assert (sent / kept.file).read_text(encoding="utf-8") == bad
    monkeypatch.undo()
    again = read_all(sent, made)
    assert (again.known, again.bounced, again.kept_apart) == (2, 1, ())


def test_what_the_ledger_does_not_take_is_kept_apart_too(
    tmp_path: Path, sent: Path, live: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = box(tmp_path, *(bounce(number, id_of(live, number)) for number in (2, 3, 5)))

    def damaged(data: bytes) -> Report:
        report = read_mail(data)
        affected = tuple(replace(one, diagnostic="\ud800") for one in report.affected)
        return replace(report, affected=affected) if b"customer3@" in data else report

    monkeypatch.setattr(feedback_sources, "read", damaged)
    settled = read_all(sent, made)
    assert (settled.read, settled.bounced, len(settled.kept_apart)) == (3, 2, 1)
    assert statuses(sent)["BOUNCED"] == 2


def test_reading_a_box_twice_changes_nothing(tmp_path: Path, sent: Path, live: Relay) -> None:
    made = box(tmp_path, bounce(3, id_of(live, 3)), bounce(5, id_of(live, 5)))
    read_all(sent, made)
    before = results(sent)
    again = read_all(sent, made)
    assert (again.read, again.known, again.bounced) == (2, 2, 0)
    assert results(sent) == before


def test_a_complaint_is_no_bounce(tmp_path: Path, sent: Path, live: Relay) -> None:
    settled = read_all(sent, box(tmp_path, bounce(1, id_of(live, 1)), ABUSE.format(id_of(live, 2))))
    assert (settled.bounced, settled.complained, settled.suppressed) == (1, 1, 2)
    assert statuses(sent)["COMPLAINED"] == 1


def test_what_came_back_is_reported_with_its_own_code(tmp_path: Path, sent: Path, live: Relay) -> None:
    read_all(sent, box(tmp_path, bounce(1, id_of(live, 1))))
    (reply,) = report(Workspace.open(sent), None, None, force=False).replies
    assert (reply.code, reply.text) == (None, "550 5.1.1 user unknown")


def test_a_forged_bounce_changes_nothing(tmp_path: Path, sent: Path) -> None:
    settled = read_all(sent, box(tmp_path, bounce(3), bounce(5, "<guess@acme.example>")))
    assert (settled.bounced, settled.unproven, settled.suppressed) == (0, 2, 0)
    assert statuses(sent) == {"ACCEPTED": 10}
    assert suppressed() == {}


def test_a_bounce_of_somebody_elses_letter_is_unmatched(tmp_path: Path, sent: Path) -> None:
    settled = read_all(sent, box(tmp_path, bounce(77, "<other@elsewhere.example>")))
    assert (settled.unmatched, settled.bounced) == (1, 0)


def test_a_reply_is_listed_for_the_support_team(tmp_path: Path, sent: Path, live: Relay) -> None:
    mail = (
        "From: Customer 6 <customer6@d6.example>\nTo: anna@acme.example\nSubject: Re: Acme API and you\n"
        f"In-Reply-To: {id_of(live, 6)}\nMessage-ID: <r@d6.example>\n\nWhere is my refund?\n"
    )
    settled = read_all(sent, box(tmp_path, mail))
    assert [item.sender for item in settled.replies] == ["customer6@d6.example"]
    assert statuses(sent) == {"ACCEPTED": 10}


def unsubscribing(number: int, subject: str, *, at: float | None = None) -> str:
    return (
        f"From: customer{number}@d{number % 7}.example\nTo: stop@acme.example\nSubject: {subject}\n"
        f"Date: {formatdate(at or time.time() + 60)}\nX-Apple-Unsubscribe: true\n\n"
    )


def test_one_tap_is_an_opt_out_from_marketing(tmp_path: Path, sent: Path, live: Relay) -> None:
    token = id_of(live, 5)[1:33]
    own, foreign = unsubscribing(5, token), unsubscribing(77, "unsubscribe")
    old = unsubscribing(2, "unsubscribe", at=time.time() - 86400)  # before the letter: about something else
    settled = read_all(sent, box(tmp_path, own, unsubscribing(6, "unsubscribe"), foreign, old))
    assert (settled.kinds, settled.suppressed) == ({"opt_out": 4}, 2)
    assert suppressed() == {"customer5@d5.example": Reason.OPT_OUT, "customer6@d6.example": Reason.OPT_OUT}
    assert settled.replies == ()
    assert statuses(sent) == {"ACCEPTED": 10}
    again = campaign_folder(tmp_path / "again", live.sink.url, customers(10))
    assert send(again, override=("same-file-sent",)).sent == 10  # a letter about the service reaches them


def test_an_opt_out_is_no_reply_and_keeps_no_follow_up_away(tmp_path: Path, live: Relay) -> None:
    from test_follow_up import campaign, outlook

    folder = campaign(tmp_path / "trial", live, unless_replied=True)
    send(folder)
    read_all(folder, box(tmp_path, unsubscribing(6, "unsubscribe")))
    assert outlook(Workspace.open(folder)).waves[0].letters == 20


def test_a_relays_own_id_in_a_mailed_event_counts_only_in_its_random_form(
    tmp_path: Path, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can write a mail that looks as one of SNS."""
    asked: list[Traces] = []
    real = bounces._traces
    monkeypatch.setattr(bounces, "_traces", lambda *each: asked.append(real(*each)) or asked[-1])
    uuid = "0102018f1a2b3c4d-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000"
    for relay_id in (uuid, "everybody-gets-this-word-from-a-relay"):
        event = {
            "notificationType": "Bounce",
            "mail": {"messageId": relay_id},
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "customer3@d3.example"}]},
        }
        mail = f"From: no-reply@sns.example\nSubject: {len(asked)}\n\n{json.dumps(event)}\n\n--\nIf you wish to stop\n"
        assert read_all(sent, box(tmp_path, mail)).suppressed == 0
    assert [each.relay_ids for each in asked] == [(uuid,), ()]


def test_a_reply_keeps_the_follow_up_away(tmp_path: Path, live: Relay) -> None:
    from test_follow_up import campaign, outlook

    folder = campaign(tmp_path / "trial", live, unless_replied=True)
    send(folder)
    mail = (
        "From: customer6@d6.example\nTo: anna@acme.example\nSubject: Re: x\n"
        f"In-Reply-To: {id_of(live, 6)}\n\nThank you.\n"
    )
    read_all(folder, box(tmp_path, mail))
    assert outlook(Workspace.open(folder)).waves[0].letters == 19


def test_nonsense_is_counted_as_unread(tmp_path: Path, sent: Path) -> None:
    settled = read_all(sent, box(tmp_path, "\x00\xff garbage", "Subject: buy\n\nnow\n"))
    assert settled.read == 2
    assert settled.bounced == 0
    assert statuses(sent) == {"ACCEPTED": 10}


@pytest.mark.parametrize("returned_to", ["To: customer3@d3.example\n", ""])
def test_a_dead_address_that_mail_was_forwarded_to_suppresses_nobody(
    sent: Path, live: Relay, tmp_path: Path, returned_to: str
) -> None:
    raw = bounce(3, id_of(live, 3)).replace("To: customer3@d3.example\n", returned_to)
    raw = raw.replace("rfc822; customer3@d3.example", "rfc822; other@forward.example")
    (tmp_path / "one.eml").write_text(raw)
    settled = read_all(sent, tmp_path / "one.eml")
    assert (settled.bounced, settled.suppressed) == (1, 0)
    assert [(one.address, one.final) for one in settled.forwarded] == [
        ("customer3@d3.example", "other@forward.example")
    ]
    assert "user unknown" in settled.forwarded[0].said


def test_a_host_name_before_the_domain_is_no_forwarding(sent: Path, live: Relay, tmp_path: Path) -> None:
    raw = bounce(3, id_of(live, 3)).replace("rfc822; customer3@d3.example", "rfc822; Customer3@MX1.d3.example")
    (tmp_path / "one.eml").write_text(raw)
    settled = read_all(sent, tmp_path / "one.eml")
    assert (settled.bounced, settled.suppressed, settled.forwarded) == (1, 1, ())


def test_hostile_mails_between_good_ones_stop_nothing(tmp_path: Path, sent: Path, live: Relay) -> None:
    made = tmp_path / "box"
    made.mkdir()
    every = len(MAILS) // 9
    for number, (name, octets) in enumerate(mutant_mails(len(MAILS), seed=3)):
        (made / f"{number:03}-{name.replace(' ', '-')}.eml").write_bytes(octets)
        if number % every == 0 and (good := number // every) < 10:
            (made / f"{number:03}-zz.eml").write_text(bounce(good, id_of(live, good)), encoding="utf-8")
    assert read_all(sent, made).bounced == 10
    assert statuses(sent) == {"BOUNCED": 10}
