"""``bounces`` over boxes in which hostile mails and events lie between good ones: every good one has to be recorded."""

from __future__ import annotations

import json
import mailbox
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from bench.campaigns import Relay, addresses, make_campaign
from bench.coming_back import LETTER, REPORT
from bench.hostile_mail import EVENTS, MAILS, mutant_events, mutant_mails, write
from bench.product import send_all
from bench.relays import recorder
from bench.result import Bar, Options, Result
from bench.workplace import scratch
from mass_apology.bounces.events import read_events
from mass_apology.bounces.mail_reading import read
from mass_apology.errors import MassApologyError
from mass_apology.flows.feedback.bounces import settle
from mass_apology.workspace.workspace import Workspace

MUTANTS = 5_400
_EVERY = 15  # so many hostile ones for a good one
_SEPARATOR = b"From x@mx.example Fri Nov 20 10:00:00 2026\n"


class Box(Struct, frozen=True, kw_only=True):
    """A box, and the numbers of what it holds."""

    path: Path
    good: int
    hostile: int


class Settling(Struct, frozen=True, kw_only=True):
    """The reading of one box."""

    bounced: int
    kept_apart: int
    read: int
    stop: str  # the error that ended it, or nothing
    seconds: float


def measure(options: Options) -> Result:
    """Boxes of every kind are read by the flow itself; then each mutant alone, for its time."""
    mutants = max(len(MAILS) + len(EVENTS), round(MUTANTS * options.scale))
    with scratch("hostile-box") as folder:
        os.environ["MASS_APOLOGY_STATE"] = str(folder / "state")
        good = mutants // _EVERY
        campaign, ids = _sent(folder / "campaign", max(60, good))
        boxes = list(_boxes(folder, list(ids.items())[:good], mutants, options.seed))
        settlings = [_settled(campaign, box) for box in boxes]
    times = sorted(_times(mutants, options.seed), reverse=True)
    bounced, wanted = sum(each.bounced for each in settlings), sum(box.good for box in boxes)
    stops = [each.stop for each in settlings if each.stop]
    read_in_all, seconds = sum(each.read for each in settlings), sum(each.seconds for each in settlings)
    return Result(
        bars=(
            Bar(name="hostile mails and events", figure=sum(box.hostile for box in boxes), limit=5_000, unit=""),
            Bar(name="kinds of them", figure=len(MAILS) + len(EVENTS), limit=60, unit=""),
            Bar(name="good ones that were not recorded", figure=wanted - bounced, limit=0, unit="", at_most=True),
            Bar(name="boxes whose reading stopped", figure=len(stops), limit=0, unit="", at_most=True),
            Bar(name="the slowest message", figure=times[0][0] * 1000, limit=100, unit="ms", at_most=True),
        ),
        notes=(
            f"{bounced} of {wanted} good ones recorded; {sum(each.kept_apart for each in settlings)} kept apart",
            f"{read_in_all} messages and events in {seconds:.1f} s: {read_in_all / seconds:.0f}/s",
            *stops,
            *(f"{name}: {taken * 1000:.0f} ms of a core" for taken, name in times[:8]),
        ),
    )


def _sent(folder: Path, letters: int) -> tuple[Path, Mapping[str, str]]:
    """A campaign whose letters were all accepted, and their Message-IDs by address."""
    with recorder(folder.with_suffix(".jsonl")) as sink:
        send_all(make_campaign(folder, letters, Relay(port=sink.port, connections=4)), letters)
        ids = {arrival.recipients[0]: arrival.message_id for arrival in sink.stop()}
    return folder, {address: ids[address] for address in addresses(letters)}


def _boxes(folder: Path, letters: list[tuple[str, str]], mutants: int, seed: int) -> Iterator[Box]:
    """An mbox, a Maildir and a folder of .eml files, and events in both forms; each letter's bounce is in one."""
    makers: tuple[Callable[[Path, list[tuple[str, str]], int, int], Box], ...] = (_mbox, _maildir, _eml, _json, _jsonl)
    shares = [letters[number :: len(makers)] for number in range(len(makers))]
    counts = [mutants * share // 100 for share in (22, 22, 22, 17, 17)]
    for number, (maker, share, count) in enumerate(zip(makers, shares, counts, strict=True)):
        yield maker(folder / f"box-{number}", share, count, seed + number)


def _mails(letters: list[tuple[str, str]], count: int, seed: int) -> Iterator[bytes]:
    """Good mails with hostile ones between them, and one of these at the beginning and the end."""
    every = max(1, count // (len(letters) + 1))
    waiting = iter(letters)
    for number, (_, octets) in enumerate(mutant_mails(count, seed)):
        if number and number % every == 0 and (letter := next(waiting, None)):
            yield _good_mail(*letter)
        yield octets
    yield from (_good_mail(*letter) for letter in waiting)


def _good_mail(address: str, message_id: str) -> bytes:
    text = REPORT.format(address=address, message_id=message_id, letter=LETTER)
    return text.partition("\n")[2].encode()


def _mbox(path: Path, letters: list[tuple[str, str]], count: int, seed: int) -> Box:
    # As a delivery agent writes it: "From " in a body is quoted only by half of them, and so it is here.
    octets = b"".join(_SEPARATOR + mail.rstrip(b"\n") + b"\n\n" for mail in _mails(letters, count, seed))
    write(path.with_suffix(".mbox"), octets)
    return Box(path=path.with_suffix(".mbox"), good=len(letters), hostile=count)


def _maildir(path: Path, letters: list[tuple[str, str]], count: int, seed: int) -> Box:
    mailbox.Maildir(path, create=True).close()
    for number, mail in enumerate(_mails(letters, count, seed)):
        write(path / ("new" if number % 2 else "cur") / f"{number:06}.mx.example:2,S", mail)
    return Box(path=path, good=len(letters), hostile=count)


def _eml(path: Path, letters: list[tuple[str, str]], count: int, seed: int) -> Box:
    for number, mail in enumerate(_mails(letters, count, seed)):
        write(path / f"{number:06}.eml", mail)
    return Box(path=path, good=len(letters), hostile=count)


def _events(letters: list[tuple[str, str]], count: int, seed: int) -> Iterator[str]:
    every = max(1, count // (len(letters) + 1))
    waiting = iter(letters)
    for number, (_, line) in enumerate(mutant_events(count, seed)):
        if number and number % every == 0 and (letter := next(waiting, None)):
            yield _good_event(*letter)
        yield line
    yield from (_good_event(*letter) for letter in waiting)


def _good_event(address: str, message_id: str) -> str:
    to = [{"emailAddress": address, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
    mail = {"messageId": "x", "headers": [{"name": "Message-ID", "value": message_id}]}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": to}
    return json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": bounce})


def _json(path: Path, letters: list[tuple[str, str]], count: int, seed: int) -> Box:
    write(path.with_suffix(".json"), ("[" + ",\n".join(_events(letters, count, seed)) + "]").encode())
    return Box(path=path.with_suffix(".json"), good=len(letters), hostile=count)


def _jsonl(path: Path, letters: list[tuple[str, str]], count: int, seed: int) -> Box:
    """Some lines are cut off as well."""
    lines = list(_events(letters, count, seed))
    good = {_good_event(*letter) for letter in letters}
    cut = (
        line[: len(line) // 2] if number % 9 == 0 and line not in good else line for number, line in enumerate(lines)
    )
    write(path.with_suffix(".jsonl"), "\n".join(cut).encode())
    return Box(path=path.with_suffix(".jsonl"), good=len(letters), hostile=count)


def _settled(campaign: Path, box: Box) -> Settling:
    begin = time.monotonic()
    try:
        done = settle(Workspace.open(campaign), str(box.path), on_progress=lambda *_: None)
    except (MassApologyError, Exception) as error:
        seconds = time.monotonic() - begin
        return Settling(bounced=0, kept_apart=0, read=0, stop=f"{box.path.name}: {error!r}", seconds=seconds)
    return Settling(
        bounced=done.bounced,
        kept_apart=len(done.kept_apart),
        read=done.read,
        stop="",
        seconds=time.monotonic() - begin,
    )


def _times(mutants: int, seed: int) -> Iterator[tuple[float, str]]:
    """Each mutant read alone: seconds of a core, the better of two, and its kind."""
    for name, octets in mutant_mails(mutants * 66 // 100, seed):
        yield min(_taken(read, octets), _taken(read, octets)), name
    for name, line in mutant_events(mutants * 34 // 100, seed):
        event = line.encode()
        yield min(_taken(lambda data: read_events(data, "x"), event) for _ in range(2)), name


def _taken(reader: Callable[[bytes], object], octets: bytes) -> float:
    begin = time.process_time()
    reader(octets)
    return time.process_time() - begin
