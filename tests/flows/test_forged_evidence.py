"""Packs that somebody made anew, with all digests right: what the verifier must not believe."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from smtp_fakes import Relay
from test_evidence import Authority, judged, packed, refuse_one, told

from mass_apology.evidence.pack_writer import PackWriter
from mass_apology.evidence.verify_pack import APPROVALS, MANIFEST, SUMS, TOKEN, Broken, Pack, time_stamp, verify
from mass_apology.flows.evidence.packing import PackOptions, stamp
from mass_apology.sending.log_chain import without_text

pytestmark = pytest.mark.slow

RESULTS, LOG = "results/first.jsonl", "log.jsonl"
Change = Callable[[bytes], bytes]


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay(fault=refuse_one) as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(12))
    send(folder)
    return folder


def made_anew(path: Path, changes: Mapping[str, Change], names: Mapping[str, str] | None = None) -> Path:
    """The pack with these files changed, and all that can be computed computed anew."""
    there = Pack(path)
    manifest = there.manifest()
    forged = path.with_name("forged.zip")
    with forged.open("w+b") as file:
        writer = PackWriter(file)
        for name in there.names:
            if name not in {MANIFEST, SUMS}:
                octets = changes.get(name, bytes)(there.read(name))
                writer.add((names or {}).get(name, name), [octets])
                if name == RESULTS:
                    counts = Counter(json.loads(line)["status"] for line in octets.splitlines())
                    manifest["counts"]["first"] = dict(counts)
        writer.finish({key: value for key, value in manifest.items() if key not in {"format", "files"}})
    return forged


def test_made_anew_without_a_change_it_is_the_same(sent: Path) -> None:
    path = Path(packed(sent).written)
    assert made_anew(path, {}).read_bytes() == path.read_bytes()
    assert told(judged(path).proven, "Of 1 letters that were not accepted, results and log tell the same")


@pytest.mark.parametrize("event", ["ACCEPTED", "REFUSED"])
def test_nobody_is_left_out_of_the_results(sent: Path, event: str) -> None:
    def without_one(octets: bytes) -> bytes:
        lines = octets.splitlines(keepends=True)
        gone = next(line for line in lines if f'"status":"{event}"'.encode() in line)
        return b"".join(line for line in lines if line != gone)

    wrong = judged(made_anew(Path(packed(sent).written), {RESULTS: without_one})).wrong
    assert told(wrong, "names 1 letters of this ledger of which the results say nothing")


def test_nobody_stands_there_twice_in_the_place_of_somebody_else(sent: Path) -> None:
    def doubled(octets: bytes) -> bytes:
        first, second, *others = octets.splitlines(keepends=True)
        return b"".join((first, first, *others)) if b"ACCEPTED" in second else octets

    wrong = judged(made_anew(Path(packed(sent).written), {RESULTS: doubled})).wrong
    assert told(wrong, "in the results more than once")
    assert told(wrong, "the results say nothing")


def test_digests_that_changed_places_are_contradicted(sent: Path) -> None:
    def swapped(octets: bytes) -> bytes:
        lines = [json.loads(line) for line in octets.splitlines()]
        one, other = [line for line in lines if line["status"] == "ACCEPTED"][:2]
        one["sha256"], other["sha256"] = other["sha256"], one["sha256"]
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    assert told(judged(made_anew(Path(packed(sent).written), {RESULTS: swapped})).wrong, "about 2 letters")


def test_an_end_that_the_log_does_not_know_is_the_ledgers_alone(sent: Path) -> None:
    def other_end(octets: bytes) -> bytes:
        return octets.replace(b'"status":"REFUSED"', b'"status":"EXPIRED"')

    unproven = judged(made_anew(Path(packed(sent).written), {RESULTS: other_end})).unproven
    assert told(unproven, "Why 1 letters were not accepted: the ledger alone says so")


def test_a_sender_that_was_killed_between_log_and_ledger_contradicts_nothing(sent: Path) -> None:
    def in_doubt(octets: bytes) -> bytes:
        first, *others = [json.loads(line) for line in octets.splitlines()]
        first |= {"status": "IN_DOUBT", "sha256": None, "code": None}
        return b"".join(json.dumps(line).encode() + b"\n" for line in (first, *others))

    judgement = judged(made_anew(Path(packed(sent).written), {RESULTS: in_doubt}))
    assert judgement.wrong == []
    assert told(judgement.unproven, "What became of 1 letters: by the log the relay took them")


def test_what_is_put_in_the_place_of_purged_texts_is_not_believed(sent: Path) -> None:
    """A purged group's texts are proven by nothing, so no fact may be read from them."""

    def purged(octets: bytes) -> bytes:
        return b"\n".join(without_text(line) for line in octets.splitlines()) + b"\n"

    def added(octets: bytes) -> bytes:
        lines = purged(octets).splitlines(keepends=True)
        place = next(number for number, line in enumerate(lines) if b'"event":"refused"' in line)
        lines[place] = lines[place].replace(b'"reply":""}', b'"reply":"","event":"accepted","code":250}')
        return b"".join(lines)

    path = Path(packed(sent).written)
    assert judged(made_anew(path, {LOG: purged})).wrong == []
    found = judged(made_anew(path, {LOG: added}))
    assert told(found.wrong, "has texts, which nothing proves")
    assert not told(found.wrong, "contradict")


def test_a_name_that_leads_out_of_the_folder_is_refused(sent: Path) -> None:
    path = Path(packed(sent).written)
    for name in ("../README.txt", "/README.txt", "a/../../README.txt"):
        with pytest.raises(Broken, match="leads out of the folder"):
            judged(made_anew(path, {}, {"README.txt": name}))


def test_half_a_line_that_chains_is_what_a_power_cut_leaves(sent: Path, live: Relay) -> None:
    log = sent / "log.jsonl"
    before = log.read_bytes()
    log.write_bytes(before[:-40])
    alone = judged(Path(packed(sent, "cut.zip").written))
    assert not told(alone.wrong, "cannot be read")
    log.write_bytes(before + before.splitlines(keepends=True)[-1][:-40])
    campaign_folder(sent, live.sink.url, customers(14))
    send(sent)
    judgement = judged(Path(packed(sent).written))
    assert judgement.wrong == []
    assert told(judgement.unproven, "1 lines of the log stand outside the chain")
    assert told(judgement.proven, "Of 13 letters, results and log tell the same")


def test_half_an_approval_is_what_a_full_disk_leaves(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4))
    approvals = folder / APPROVALS
    approvals.write_bytes(b'{"by":"Boris","at":1.7e9,')
    send(folder)
    assert judged(Path(packed(folder, "torn.zip").written)).wrong == []
    approvals.write_bytes(approvals.read_bytes() + b'\x18\n{"by":"Anna","at":1.7e9,"letters":4,"parts":{}}\n')
    judgement = judged(Path(packed(folder).written))
    assert judgement.wrong == []
    assert told(judgement.unproven, "Anna approved")


def test_notes_after_the_last_run_are_told_apart(sent: Path) -> None:
    def one_more(octets: bytes) -> bytes:
        return octets + b'{"at":"2026-11-20T09:12:00.000+00:00","what":"Anna approved everything."}\n'

    unproven = judged(made_anew(Path(packed(sent).written), {"notes.jsonl": one_more})).unproven
    assert told(unproven, "The last 1 of the ledger's notes")


def test_a_time_beside_the_signed_part_of_a_time_stamp_is_not_taken_for_it(sent: Path, tmp_path: Path) -> None:
    """The text of a response's status is not signed; here it looks like the part that is, with an earlier time."""
    authority = Authority(tmp_path / "authority")
    path = Path(packed(sent, request=tmp_path / "pack.tsq").written)
    answer = authority.answer(tmp_path / "pack.tsq")
    genuine = answer.read_bytes()
    _, at = time_stamp(genuine)
    kind = bytes.fromhex("060b2a864886f70d0109100104")
    wrapped = genuine[genuine.index(kind) :][: 13 + 4 + 300]
    year = wrapped.index(b"20", wrapped.index(bytes.fromhex(Pack(path).members[MANIFEST].sha256)) + 32)
    decoy = wrapped[:year] + b"1999" + wrapped[year + 4 :]
    response = in_der(0x30, in_der(0x30, b"\x02\x01\x00" + in_der(0x30, in_der(0x0C, decoy))) + token_in(genuine))
    answer.write_bytes(response)
    stamp(PackOptions(to=path), answer)
    judgement = verify(path, (), None, authority.certificate)
    assert not told([*judgement.proven, *judgement.unproven], "1999-")
    assert TOKEN in Pack(path).members
    assert time_stamp(response)[1] == at


def in_der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def token_in(response: bytes) -> bytes:
    """The signed part, behind the response's header and status."""
    body = response[2 + (response[1] & 0x7F if response[1] & 0x80 else 0) :]
    return body[2 + body[1] :]
