"""``bounces`` over a mailbox of reports about letters of a real ledger, and over the tests' corpus of real formats."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bench.campaigns import Relay, addresses, make_campaign
from bench.product import Run, run, send_all
from bench.relays import recorder
from bench.result import Bar, Options, Result, TrialError, listed
from bench.workplace import ROOT, scratch
from mass_apology.bounces.mail_reading import read

REPORTS = 5_000
REPETITIONS = 3
_CORPUS = ROOT / "tests" / "bounces" / "corpus"
REPORT = """\
From MAILER-DAEMON Fri Nov 20 10:00:00 2026
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: anna@acme.example
Subject: Undelivered Mail Returned to Sender
Date: Fri, 20 Nov 2026 10:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{address}>: host mail.example.com[192.0.2.25] said: 550 5.1.1
    <{address}>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Fri, 20 Nov 2026 09:59:58 +0000

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected: User unknown

--=_b
Content-Type: message/rfc822

From: Anna Kowalska <anna@acme.example>
To: {address}
Subject: We are sorry
Message-ID: {message_id}
Date: Fri, 20 Nov 2026 09:59:58 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

{letter}
--=_b--

"""
LETTER = "We were down for two hours, and we know what that meant for you. We are sorry.\n" * 50


def measure(options: Options) -> Result:
    """The rate of the whole command, less what it takes with an empty box; then what the corpus is taken for."""
    reports = options.letters(REPORTS)
    with scratch("coming-back") as folder:
        box = folder / "returned.mbox"
        empty = folder / "empty.mbox"
        empty.touch()
        taken, idle = [], []
        for number in range(REPETITIONS):
            campaign = _sent(folder / f"campaign-{number}", reports, box)
            idle.append(run("bounces", campaign, "--from", str(empty)).expect().seconds)
            taken.append(_settled(campaign, box, reports))
    rate = reports / max(1e-9, min(each.seconds for each in taken) - min(idle))
    wrong, wrongly_hard = _corpus()
    messages, worst = _reading()
    return Result(
        bars=(
            Bar(name="reports read, matched and recorded", figure=rate, limit=2000, unit="/s"),
            Bar(name="messages of the corpus read", figure=messages, limit=2000, unit="/s"),
            Bar(name="the slowest of them", figure=1000 * worst, limit=100, at_most=True, unit="ms"),
            Bar(name="of the corpus: taken for a dead address by mistake", figure=wrongly_hard, limit=0, at_most=True),
        ),
        notes=(
            f"{reports} reports in {listed((each.seconds for each in taken), 's')}, of which the start is "
            f"{listed(idle, 's')}; processor {listed((each.cpu_seconds for each in taken), 's')}",
            f"of the corpus's messages {wrong} are taken for something else than its table says",
        ),
    )


def _sent(folder: Path, letters: int, box: Path) -> Path:
    """A campaign whose letters are all accepted, and its box: all of them come back."""
    with recorder(folder.with_suffix(".jsonl")) as sink:
        send_all(make_campaign(folder, letters, Relay(port=sink.port, connections=4)), letters)
        ids = {arrival.recipients[0]: arrival.message_id for arrival in sink.stop()}
    with box.open("w", encoding="utf-8") as file:
        for address in addresses(letters):
            file.write(REPORT.format(address=address, message_id=ids[address], letter=LETTER))
    return folder


def _settled(campaign: Path, box: Path, reports: int) -> Run:
    """Read the box; raises ``TrialError`` unless every letter is BOUNCED and every address on the list afterwards."""
    done = run("bounces", campaign, "--from", str(box), "--json").expect()
    settled = json.loads(done.output)
    found = settled["read"], settled["bounced"], settled["suppressed"]
    if found != (reports, reports, reports):
        raise TrialError(f"Of {reports} reports {found} were read, counted as bounces, and put on the list.")
    return done


def _reading() -> tuple[float, float]:
    """Messages of the corpus that one core reads in a second, and the seconds that the slowest takes."""
    taken = []
    for path in sorted(_CORPUS.glob("*.eml")):
        data, best = path.read_bytes(), 1.0
        for _ in range(REPETITIONS):
            start = time.process_time()
            read(data)
            best = min(best, time.process_time() - start)
        taken.append(best)
    return len(taken) / sum(taken), max(taken)


def _corpus() -> tuple[int, int]:
    """Messages that are not what the table says; and those of whom somebody is called dead who is not."""
    table: dict[str, Mapping[str, object]] = {}
    for file in ("corpus.toml", "shapes.toml"):
        table |= tomllib.loads((_CORPUS / file).read_text(encoding="utf-8"))
    wrong = wrongly_hard = 0
    for name, expected in table.items():
        report = read((_CORPUS / f"{name}.eml").read_bytes())
        dead = {one.address for one in report.affected if one.hard}
        said = [f"{expected.get('cause')} {expected.get('address', '')}", *map(str, _others(expected))]
        wrongly_hard += bool(dead - {each.removeprefix("dead ") for each in said if each.startswith("dead ")})
        cause = report.affected[0].cause if report.affected else None
        wrong += (report.kind, cause) != (expected["kind"], expected.get("cause"))
    return wrong, wrongly_hard


def _others(expected: Mapping[str, object]) -> list[object]:
    others = expected.get("others", [])
    return others if isinstance(others, list) else []
