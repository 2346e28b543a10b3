"""The log of a campaign is one hash chain, over kills, full disks, purges and a sender that was taken over."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from mass_apology.errors import OutputError
from mass_apology.evidence.verify_pack import Log
from mass_apology.flows.purge.purged_log import purge_log
from mass_apology.model import Delivery, Mark, Phase, Status
from mass_apology.sending.event_log import EventLog
from mass_apology.sending.log_chain import NO_HEAD, head_of


def letter(number: int) -> Delivery:
    return Delivery(
        id=number,
        address=f"{number}@one.example",
        name="",
        language="en",
        time_zone="",
        lines=f"[{number}]",
        rows="[{}]",
        message_id=f"<letter-{number}@acme.example>",
    )


def accepted(log: EventLog, *numbers: int) -> None:
    for number in numbers:
        text = f'250 2.0.0 Ok ,"reply":"{number}" to Anna'
        mark = Mark(delivery=number, status=Status.ACCEPTED, at=1.5e9, attempts=1, code=250, reply=text)
        log.mark(letter(number), mark, Phase.DOT, sha256=bytes([number]) * 32)


def written(path: Path, *numbers: int) -> str:
    log = EventLog(path)
    log.event("started", 1.5e9, {"rate": 0.1, "parts": {"the template": "0" * 64}})
    log.claimed([letter(number) for number in numbers])
    accepted(log, *numbers)
    log.event("ended", 1.5e9, reason='it ended, "reason": because')
    log.close()
    return log.head


def followed(path: Path) -> Log:
    log = Log()
    log.read(iter(path.read_bytes().splitlines()))
    return log


def test_each_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    heads = [written(path, 1, 2), written(path, 3)]
    found = followed(path)
    assert (found.wrong, found.strays, found.events) == ([], 0, 9)
    assert found.head == heads[1] == head_of(path)
    assert heads[0] in found.heads
    assert found.accepted["letter-3"] == ("03" * 32, 250)


def test_the_head_of_a_log_is_found_behind_long_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert head_of(path) == NO_HEAD
    head = written(path, *range(1, 200))
    with path.open("ab") as file:
        file.write(b'{"event":"claimed","letters":[' + b"0," * 100_000 + b'0]}\n{"event":"chained","ha')
    assert head_of(path) == head


def test_what_a_power_cut_left_stands_outside_the_chain_and_breaks_it_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written(path, 1)
    with path.open("ab") as file:
        file.write(b'{"event":"accepted","letter":"nobody"}\n{"event":"acc')
    written(path, 2)
    found = followed(path)
    assert (found.wrong, found.strays) == ([], 2)
    assert set(found.accepted) == {"letter-1", "letter-2"}


def test_no_octet_of_the_log_changes_unseen(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    head = written(path, 1, 2)
    octets = path.read_bytes()
    for at in range(0, len(octets), 3):
        changed = bytearray(octets)
        changed[at] ^= 1
        log = Log()
        try:
            log.read(iter(bytes(changed).split(b"\n")[:-1]))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        salt = octets.rfind(b'"salt"', 0, at + 1) > octets.rfind(b"\n", 0, at + 1)
        assert log.wrong or log.strays or log.head != head or salt, octets[at - 20 : at + 20]


def test_lines_that_are_taken_out_put_in_or_exchanged_are_found(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written(path, 1)
    written(path, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        [*lines[1:]],
        [*lines[:3], lines[3], lines[3], *lines[4:]],
        [*lines[:1], lines[2], lines[1], *lines[3:]],
        [*lines[:-4]],
    ):
        log = Log()
        log.read(iter(line.rstrip(b"\n") for line in changed))
        assert log.wrong or log.strays or log.head != head_of(path)


def test_a_purge_takes_the_texts_and_the_chain_holds(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written(path, 1, 2)
    purge_log(path)
    head = written(path, 3)
    octets = path.read_bytes()
    assert b"Anna" not in octets.replace(b'"3\\" to Anna"', b"")
    assert b"because" in octets  # of the run after the purge
    found = followed(path)
    assert (found.wrong, found.strays, found.head) == ([], 0, head)
    assert found.purged_groups == 2
    purged = msgspec.json.decode(octets.splitlines()[3])
    assert (purged["event"], purged["reply"], purged["sha256"]) == ("accepted", "", "01" * 32)


def test_a_sender_that_was_taken_over_writes_its_last_lines_into_the_same_chain(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first, second = EventLog(path), EventLog(path)
    for log, number in ((first, 1), (second, 2), (first, 3), (second, 4)):
        accepted(log, number)
        log.flush()
    first.close()
    second.close()
    found = followed(path)
    assert (found.wrong, found.strays, len(found.accepted)) == ([], 0, 4)


@pytest.mark.skipif(os.name == "nt", reason="no such limit there")
def test_a_full_disk_leaves_no_half_of_a_group(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    head = written(path, 1)
    log = EventLog(path)
    accepted(log, *range(2, 60))
    import resource  # which Windows has not
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            log.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        log.close()
    found = followed(path)
    assert (found.wrong, found.strays, found.head) == ([], 0, head)
