#!/usr/bin/env python3
"""Verifies a pack of evidence of mass-apology, and says what it proves and what it does not.

    python3 verify.py pack.zip
    python3 verify.py pack.zip --letter received.eml      is this one of the letters that left?
    python3 verify.py pack.zip --older earlier.zip        is the later one the earlier one continued?

It needs Python 3.9 or later and nothing else. Where ssh-keygen and openssl are there, it has them check signatures.
It exits with 0 where nothing is wrong, with 1 where something is, and with 2 where the pack cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

FORMAT = "mass-apology evidence 1"
MANIFEST, TOKEN, SUMS = "manifest.json", "timestamp.tsr", "SHA256SUMS"
LOG, PLAN, NOTES = "log.jsonl", "plan.json", "notes.jsonl"
APPROVALS, SIGNERS, PASSKEYS = "approvals.jsonl", "signers", "passkeys"
RESULTS, COVERAGE = "results/", "coverage/"  # one file a wave
LOGS = "logs/"  # one file for each further machine that sent with the same ledger
VERSION, FILE = "the program's version", "the recipients file"  # parts of a plan of which a pack has no file
LARGEST, MOST_FILES = 0xFFFF_FFFE, 0xFFFE  # octets, and files: what is more needs the longer fields of zip64

_LOCAL, _CENTRAL, _END, _LONG_END, _LOCATOR = 0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50
_UTF_8, _STORED, _TIME, _DATE, _MODE = 1 << 11, 0, 0, 0x21, 0o100600 << 16
_VERSION, _LONG_VERSION, _UNIX = 20, 45, 3 << 8  # what it takes to read the file, without and with zip64; made by
_LONG, _LONG_COUNT = 0xFFFF_FFFF, 0xFFFF  # in place of a number that stands in a longer field
_LONG_FIELDS = 1  # the tag of these in a header
_CHUNK = 1 << 20
_AGREED = 512  # octets at the end of a log, by which a ledger knows it again
_LISTED = 10  # letters that are named one by one
_FIELDS = 500  # lines of a header that mail servers may have put before a letter
_TEXT = re.compile(rb',"(?:reply|reason)":')
_PURGED = re.compile(rb'(?:,"(?:reply|reason)":"")?\}')
_HASHED = ("at", "event", "facts", "lines", "previous", "texts")
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # before the point: SubjectPublicKeyInfo
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")  # the object identifier 1.2.840.113549.1.9.16.1.4
_IDENTIFIER = 0x06  # the tag of one
_WERE_ACCEPTED = ("ACCEPTED", "BOUNCED", "COMPLAINED")
_IN_DOUBT = ("HANDING_OVER", "IN_DOUBT")
_ARE_OVER = ("REFUSED", "EXPIRED", "WITHHELD", "IN_DOUBT")


class Broken(Exception):
    """The pack cannot be read on; the text says where."""


class Member(NamedTuple):
    """One file of the pack."""

    name: str
    offset: int  # of its header
    start: int  # of its octets
    size: int
    crc: int
    sha256: str


# The container: a zip file of one kind only, so that its octets follow from the names and contents of its files.


def local_header(name: str, size: int, crc: int) -> bytes:
    """What stands before a file's octets. It is longer for a file that is larger than ``LARGEST``."""
    encoded = name.encode()
    (short,), is_long = _in_fields(size)
    longer = _long_fields([size, size]) if is_long else b""
    version = _LONG_VERSION if is_long else _VERSION
    fields = (_LOCAL, version, _UTF_8, _STORED, _TIME, _DATE, crc, short, short, len(encoded), len(longer))
    return struct.pack("<IHHHHHIIIHH", *fields) + encoded + longer


def directory(members: Sequence[Member]) -> bytes:
    """What stands after the last file, up to the end."""
    start = members[-1].start + members[-1].size if members else 0
    entries = b"".join(map(_entry, members))
    count, longer = len(members), b""
    (size, short), is_long = _in_fields(len(entries), start)
    if is_long or count > MOST_FILES:
        both = (_LONG_VERSION | _UNIX, _LONG_VERSION, 0, 0, count, count, len(entries), start)
        longer = struct.pack("<IQHHIIQQQQ", _LONG_END, 44, *both)
        longer += struct.pack("<IIQI", _LOCATOR, 0, start + len(entries), 1)
    count = count if count <= MOST_FILES else _LONG_COUNT
    return entries + longer + struct.pack("<IHHHHIIH", _END, 0, 0, count, count, size, short, 0)


def _entry(member: Member) -> bytes:
    encoded = member.name.encode()
    (size, offset), is_long = _in_fields(member.size, member.offset)
    numbers = [member.size] * 2 * (size == _LONG) + [member.offset] * (offset == _LONG)
    longer = _long_fields(numbers) if is_long else b""
    version = _LONG_VERSION if is_long else _VERSION
    fields = (_CENTRAL, version | _UNIX, version, _UTF_8, _STORED, _TIME, _DATE, member.crc, size, size)
    packed = struct.pack("<IHHHHHHIIIHHHHHII", *fields, len(encoded), len(longer), 0, 0, 0, _MODE, offset)
    return packed + encoded + longer


def _in_fields(*numbers: int) -> tuple[list[int], bool]:
    """The numbers as they stand in fields of 32 bits, and whether one of them does not fit."""
    found = [number if number <= LARGEST else _LONG for number in numbers]
    return found, _LONG in found


def _long_fields(numbers: Sequence[int]) -> bytes:
    """What a header has in place of numbers that do not fit (APPNOTE.TXT 6.3, 4.5.3)."""
    return struct.pack(f"<HH{len(numbers)}Q", _LONG_FIELDS, 8 * len(numbers), *numbers)


def read_container(file: BinaryIO) -> list[Member]:
    """The files of the pack. Raises ``Broken`` where one octet of the container is not as it has to be."""
    members: list[Member] = []
    position = 0
    while True:
        head = file.read(4)
        if head != struct.pack("<I", _LOCAL):
            _require_directory(head + file.read(len(directory(members)) + 1), members)
            return members
        fixed = head + file.read(26)
        if len(fixed) < 30:
            raise Broken(f"The file ends at octet {position + len(fixed)}, within a header.")
        crc, size, _, length, longer = struct.unpack("<IIIHH", fixed[14:30])
        encoded, extra = file.read(length), file.read(longer)
        if size == _LONG and len(extra) == 20:
            (size,) = struct.unpack("<Q", extra[4:12])
        try:
            name = encoded.decode()
        except UnicodeDecodeError:
            raise Broken(f"The name of a file at octet {position} is damaged.") from None
        if not set(name.split("/")).isdisjoint(("", ".", "..")):
            raise Broken(
                f"The name {name!r} of a file at octet {position} leads out of the folder that it is taken to."
            )
        header = fixed + encoded + extra
        if header != local_header(name, size, crc):
            raise Broken(f"The header of {name!r} at octet {position} is not as it was written.")
        start = position + len(header)
        position = start + size
        members.append(Member(name, start - len(header), start, size, crc, _contents(file, name, size, crc)))


def _contents(file: BinaryIO, name: str, size: int, crc: int) -> str:
    """Read a file's octets: their SHA-256."""
    whole, sum_so_far, left = hashlib.sha256(), 0, size
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise Broken(f"The pack ends within {name}.")
        left -= len(chunk)
        whole.update(chunk)
        sum_so_far = zlib.crc32(chunk, sum_so_far)
    if sum_so_far != crc:
        raise Broken(f"{name} was changed: its checksum is another one.")
    return whole.hexdigest()


def _require_directory(found: bytes, members: Sequence[Member]) -> None:
    if not members or found != directory(members):
        raise Broken("What follows the last file is not as it was written: it was changed, cut off, or added to.")


class Pack:
    """An opened pack whose container is as it was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            members = read_container(file)
        self.members = {member.name: member for member in members}
        if len(self.members) < len(members):
            raise Broken("Two of its files have the same name.")
        self.names = [member.name for member in members]

    def read(self, name: str) -> bytes:
        """The octets of one file."""
        member = self.members[name]
        with self.path.open("rb") as file:
            file.seek(member.start)
            return file.read(member.size)

    def part(self, name: str, start: int, size: int) -> bytes:
        """Some octets of one file."""
        with self.path.open("rb") as file:
            file.seek(self.members[name].start + start)
            return file.read(size)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The octets of one file, piece by piece."""
        member = self.members[name]
        with self.path.open("rb") as file:
            file.seek(member.start)
            for at in range(0, member.size, _CHUNK):
                yield file.read(min(_CHUNK, member.size - at))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of one file without their line feeds; the last one may lack it."""
        member = self.members.get(name)
        if member is None:
            return
        with self.path.open("rb") as file:
            file.seek(member.start)
            left = member.size
            while left > 0:
                line = file.readline(left)
                left -= len(line)
                yield line[:-1] if line.endswith(b"\n") else line

    def manifest(self) -> dict[str, Any]:
        """What the pack says of itself; every digest in it holds. Raises ``Broken``."""
        for name in (MANIFEST, SUMS):
            if name not in self.members:
                raise Broken(f"It has no {name}, so it is no pack of evidence.")
        tail = [name for name in (MANIFEST, TOKEN) if name in self.members]
        if self.read(SUMS) != sums([(self.members[name].sha256, name) for name in tail]):
            raise Broken(f"{SUMS} and the pack disagree: one of the two was changed.")
        manifest = _json(self.read(MANIFEST), MANIFEST)
        if manifest.get("format") != FORMAT:
            raise Broken(f"It is of the format {manifest.get('format')!r}; this program knows {FORMAT!r}.")
        listed = [(file["name"], file["size"], file["sha256"]) for file in manifest["files"]]
        there = [self.members[name] for name in self.names if name not in (*tail, SUMS)]
        if [(each.name, each.size, each.sha256) for each in there] != listed:
            raise Broken(f"The files do not have the digests in {MANIFEST}: one was changed, added or taken out.")
        if self.names != [*(name for name, _, _ in listed), *tail, SUMS]:
            raise Broken("Its files are not in the order in which they were packed.")
        return manifest


def sums(digests: Sequence[tuple[str, str]]) -> bytes:
    """The file ``SHA256SUMS``, as sha256sum(1) reads it."""
    return "".join(f"{digest}  {name}\n" for digest, name in digests).encode()


def _json(octets: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        raise Broken(f"{where} is no JSON.") from None
    if not isinstance(found, dict):
        raise Broken(f"{where} is no JSON object.")
    return found


# What is found out, in words


class Findings:
    """What is proven, what is not, and what is wrong."""

    def __init__(self) -> None:
        self.proven: list[str] = []
        self.unproven: list[str] = []
        self.wrong: list[str] = []

    def show(self, out: Callable[[str], None]) -> None:
        """Print all of it."""
        for title, sentences in (("WRONG", self.wrong), ("Proven", self.proven), ("Not proven", self.unproven)):
            if sentences:
                out(f"\n{title}:")
                for sentence in sentences:
                    out(f"  - {printable(sentence)}")


def printable(text: str) -> str:
    """The text without what moves a cursor or cannot be written."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


# The log and its chain


class Log:
    """The events of all logs, each of which is chained, and what becomes of each letter by them."""

    def __init__(self) -> None:
        self.name = LOG  # of the file that is read
        self.head = ""  # of it, so far
        self.heads = {""}  # the hashes of all groups
        self.groups = 0
        self.events = 0  # lines that are chained
        self.strays = 0  # lines that are not
        self.purged_groups = 0  # whose texts were taken away
        self.runs: list[dict[str, Any]] = []  # the lines "started"
        self.ends: list[tuple[str, dict[str, Any]]] = []  # file, and line "started" or "ended", which knows the notes
        self.accepted: dict[str, tuple[str | None, int | None]] = {}  # token → SHA-256, code
        self.others: set[tuple[str, str, int | None]] = set()  # token, status, code of all other outcomes
        self.letters: dict[str, set[str]] = {}  # ledger → tokens of all letters that its runs name
        self.wrong: list[str] = []
        self._ledger = ""  # of the run that is read

    def read(self, lines: Iterator[bytes], name: str = LOG) -> None:
        """Follow the chain through all lines of one file."""
        self.name, self.head, self._ledger = name, "", ""
        waiting: list[bytes] = []
        for line in lines:
            if b'"event":"chained"' not in line:
                waiting.append(line)
                continue
            if not line.endswith(b"}"):  # a power cut or a full disk left half of it
                waiting.append(line)
                continue
            try:
                link = _json(line, LOG)
                count = int(link["lines"])
                self.strays += max(0, len(waiting) - count)
                self._follow(link, waiting[-count:] if count else [], count)
            except (Broken, KeyError, TypeError, ValueError):
                self.wrong.append(f"A line of {name} that chains others cannot be read.")
            waiting = []
        self.strays += len(waiting)

    def _follow(self, link: dict[str, Any], group: list[bytes], count: int) -> None:
        facts, texts = hashlib.sha256(), hashlib.sha256(bytes.fromhex(link["salt"]))
        told = []
        for line in group:
            fact, text = _split(line)
            facts.update(fact + b"\n")
            texts.update(text + b"\n")
            told.append((fact, text))
        if len(group) < count or facts.hexdigest() != link["facts"]:
            self.wrong.append(f"A group of {count} lines of {self.name} at {link['at']} was changed, or is not whole.")
        if not link["salt"]:
            self.purged_groups += 1
            if any(_PURGED.fullmatch(text) is None for _, text in told):
                self.wrong.append(f"A purged group of {self.name} at {link['at']} has texts, which nothing proves.")
        elif texts.hexdigest() != link["texts"]:
            self.wrong.append(f"Replies in a group of {count} lines of {self.name} at {link['at']} were changed.")
        hashed = json.dumps({key: link[key] for key in _HASHED}, sort_keys=True, separators=(",", ":"))
        if hashlib.sha256(hashed.encode()).hexdigest() != link["hash"]:
            self.wrong.append(f"A line of {self.name} at {link['at']} that chains others was changed.")
        if link["previous"] != self.head:
            known = link["previous"] in self.heads
            why = "two programs wrote it at once, or a part was put in" if known else "a part is missing"
            self.wrong.append(f"The chain of {self.name} is broken at {link['at']}: {why}.")
        self.head = link["hash"]
        self.heads.add(self.head)
        self.groups += 1
        for fact, _ in told:
            self._event(_json(fact + b"}", self.name))  # of the facts alone, which the chain proves after a purge, too

    def _event(self, event: dict[str, Any]) -> None:
        self.events += 1
        what = event.get("event")
        if what == "accepted":
            self.accepted[event["letter"]] = (event.get("sha256"), event.get("code"))
        elif what == "started":
            self.runs.append(event)
            self._ledger = str(event.get("ledger", ""))
        elif "letter" in event:
            self.others.add((event["letter"], str(what).upper(), event.get("code")))
        named = event.get("letters", [event["letter"]] if "letter" in event else [])
        self.letters.setdefault(self._ledger, set()).update(named)
        if what in ("started", "ended"):
            self.ends.append((self.name, event))


def _split(line: bytes) -> tuple[bytes, bytes]:
    """A line's facts, and its text with all that follows, at least the closing brace."""
    found = _TEXT.search(line)
    at = found.start() if found else line.rfind(b"}")
    return line[:at], line[at:]


def check_log(log: Log, manifest: dict[str, Any], found: Findings) -> None:
    """Say what the chain proves."""
    found.wrong += log.wrong[:_LISTED]
    heads = [head for head in manifest["heads"].values() if head]
    if heads and not log.wrong:
        which = "The log is one unbroken chain" if len(heads) == 1 else f"{len(heads)} logs are an unbroken chain each"
        found.proven.append(
            f"{which}: {log.groups:,} groups with {log.events:,} events. The head is {', '.join(heads)}. "
            "No event before a head can have been changed, added or taken away by anybody after that head was noted "
            "elsewhere. `send` prints it when it ends."
        )
    if log.purged_groups:
        found.proven.append(
            f"A purge took the relay's texts out of {log.purged_groups:,} of these groups; all else is as it was."
        )
    if log.strays:
        found.unproven.append(
            f"{log.strays:,} lines of the log stand outside the chain, as after a power cut: they prove nothing."
        )
    for anchor in manifest["anchors"]:
        if anchor["head"] in log.heads:
            found.proven.append(f"The chain has the head that was kept in {anchor['where']} at {anchor['at']}.")
        else:
            found.wrong.append(f"The chain has not the head that was kept in {anchor['where']} at {anchor['at']}.")


def check_agreement(pack: Pack, manifest: dict[str, Any], found: Findings) -> None:
    """Whether this is the log that the ledger agreed with when a run ended last; a purge writes the log anew."""
    size, end = manifest["agreed"]["size"], manifest["agreed"]["end"]
    if not size or manifest["purged"]:
        return
    log = pack.members[LOG]
    start = max(0, size - _AGREED)
    if size <= log.size and hashlib.sha256(pack.part(LOG, start, size - start)).hexdigest() == end:
        found.proven.append(f"The ledger agreed with this log, up to its octet {size:,}, when a run ended last.")
    else:
        found.unproven.append("The ledger agreed with another log when a run ended last: this one was cut or replaced.")


# Results, and whether the log agrees


class Sum:
    """What the results say, wave by wave, and how far the log bears it out."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self.agreed = 0
        self.alone: list[str] = []  # tokens of letters that only the ledger has as accepted
        self.doubted: list[str] = []  # that the log has as accepted
        self.contradicted: list[str] = []
        self.over: list[int] = [0, 0]  # letters that were never accepted and are over: in the ledger alone, in both
        self.seen: set[str] = set()
        self.twice: list[str] = []

    def add(self, result: dict[str, Any], log: Log) -> None:
        """Count one person, and compare their letter with the log."""
        wave, status = result["wave"], result["status"]
        counts = self.counts.setdefault(wave, {})
        counts[status] = counts.get(status, 0) + 1
        token = (result["message_id"] or "").strip("<>").partition("@")[0]
        if not token:
            return
        if token in self.seen:
            self.twice.append(token)
        self.seen.add(token)
        logged = log.accepted.get(token)
        if logged is None and status in _ARE_OVER:
            self.over[(token, status, result["code"]) in log.others] += 1
        if status in _WERE_ACCEPTED and logged is None:
            self.alone.append(token)
        elif logged is None:
            return
        elif status in _WERE_ACCEPTED and logged == (result["sha256"], result["code"]):
            self.agreed += 1
        elif status in _IN_DOUBT:
            self.doubted.append(token)
        else:
            self.contradicted.append(token)


def check_results(pack: Pack, manifest: dict[str, Any], log: Log, found: Findings) -> None:
    """Compare every result with the log."""
    total = Sum()
    for name in pack.names:
        if name.startswith(RESULTS):
            for line in pack.lines(name):
                total.add(_json(line, name), log)
    if total.counts != manifest["counts"]:
        found.wrong.append(f"The results do not add up to the numbers in {MANIFEST}.")
    for wave, counts in total.counts.items():
        parts = " + ".join(f"{count:,} {status.lower().replace('_', ' ')}" for status, count in counts.items())
        found.proven.append(f"Wave {wave}: {sum(counts.values()):,} people = {parts}. Each is one line of the results.")
    if total.agreed:
        found.proven.append(
            f"Of {total.agreed:,} letters, results and log tell the same: the relay's code, and the SHA-256 of the "
            "message as it was handed over. Who holds a letter can compare it: --letter FILE."
        )
    if total.alone:
        found.unproven.append(
            f"{len(total.alone):,} letters that the relay took are in the ledger alone, and not in the log (the "
            f"sender was killed, or they were settled later, by `reconcile` or a bounce): {_some(total.alone)}."
        )
    _check_whole(total, log.letters.get(manifest["ledger"], set()), found)
    if total.contradicted:
        found.wrong.append(
            f"Results and log contradict each other about {len(total.contradicted):,} letters: "
            f"{_some(total.contradicted)}."
        )


def _check_whole(total: Sum, logged: set[str], found: Findings) -> None:
    """Whether each letter that the log names is there once, and what is said of those that were not accepted."""
    alone, agreed = total.over
    if agreed:
        found.proven.append(
            f"Of {agreed:,} letters that were not accepted, results and log tell the same end and code."
        )
    if alone:
        found.unproven.append(
            f"Why {alone:,} letters were not accepted: the ledger alone says so, as of those that were withheld before "
            "they could leave, or whose sender was killed."
        )
    if total.doubted:
        found.unproven.append(
            f"What became of {len(total.doubted):,} letters: by the log the relay took them, and the ledger has them "
            f"in doubt, as where the sender was killed between writing the two: {_some(total.doubted)}."
        )
    missing = sorted(logged - total.seen)
    if missing:
        found.wrong.append(
            f"The log names {len(missing):,} letters of this ledger of which the results say nothing: {_some(missing)}."
        )
    if total.twice:
        found.wrong.append(f"{len(total.twice):,} letters are in the results more than once: {_some(total.twice)}.")


def _some(tokens: Sequence[str]) -> str:
    more = f" and {len(tokens) - _LISTED:,} more" if len(tokens) > _LISTED else ""
    return ", ".join(tokens[:_LISTED]) + more


# The plan: what letters were made from, and who approved it


def plan_digest(parts: dict[str, str]) -> str:
    """The SHA-256 that approvals are given to: over names and digests of all parts, each after its length."""
    whole = hashlib.sha256()
    for name, value in sorted(parts.items()):
        for text in (name.encode(), value.encode()):
            whole.update(len(text).to_bytes(8, "big") + text)
    return whole.hexdigest()


def plan_code(digest: str) -> str:
    """The three words for a plan's digest."""
    words = []
    for at in range(0, 12, 4):
        number = int(digest[at : at + 4], 16)
        low, high = "bdfghjklmnprstvz", "aiou"
        places = ((low, 12, 15), (high, 10, 3), (low, 6, 15), (high, 4, 3), (low, 0, 15))
        words.append("".join(letters[number >> shift & mask] for letters, shift, mask in places))
    return "-".join(words)


def part_digest(files: Sequence[dict[str, Any]]) -> str:
    """The digest of one part of a plan: over names and contents of its files, in their order."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file["name"].encode() + b"\0" + bytes.fromhex(file["sha256"] or ""))
    return whole.hexdigest()


def check_plan(pack: Pack, log: Log, found: Findings) -> None:
    """Whether the templates and settings in the pack are those that letters were made from."""
    plan = _json(pack.read(PLAN), PLAN)
    there = set()  # digests of parts of which the pack has the files, or their digests
    for source in plan["sources"]:
        for file in source["files"]:
            if file["file"] is not None and pack.members[file["file"]].sha256 != file["sha256"]:
                found.wrong.append(f"{file['file']} is not the file that {PLAN} names.")
        digest = source["files"][0]["sha256"] if source["plain"] else part_digest(source["files"])
        if digest != source["digest"]:
            found.wrong.append(f"The files of {source['part']} do not give the digest in {PLAN}.")
        there.add(digest)
    logged = [run.get("parts") for run in log.runs]
    for edition in plan["editions"]:
        parts = edition["parts"]
        letters = f"{edition['letters']:,} accepted letters of the wave {edition['wave']}"
        changed = sorted(part for part in parts if part != VERSION and parts[part] not in there)
        if changed:
            found.unproven.append(
                f"What {letters} were made from: {', '.join(changed)} changed since, and the pack has the later state."
            )
        elif parts in logged:
            found.proven.append(f"The pack has the templates and settings that {letters} were made from, by the log.")
        else:
            found.unproven.append(
                f"The pack has the templates and settings that {letters} were made from: the ledger says so, the log "
                "does not."
            )


def check_approvals(pack: Pack, log: Log, found: Findings) -> None:
    """Who approved which plan, with a signature or without."""
    sent = {plan_digest({**run["parts"], FILE: run["recipients"]}) for run in log.runs if "parts" in run}
    campaign = _json(pack.read(PLAN), PLAN)["campaign"]
    for line in pack.read(APPROVALS).split(b"\n")[:-1] if APPROVALS in pack.members else ():
        if line.endswith(b"\x18"):  # what a crash left; what has no line feed yet is left of one, too
            continue
        approval = _json(line, APPROVALS)
        digest = plan_digest(approval["parts"])
        at = datetime.fromtimestamp(approval["at"], timezone.utc).isoformat(timespec="microseconds")
        which = "a plan that was sent" if digest in sent else "a plan that no run in the log was made from"
        what = f"{approval['by']} approved {which}, {plan_code(digest)} of {approval['letters']:,} letters, at {at}"
        statement = (
            f"mass-apology: this plan may be sent\ncampaign: {campaign}\nplan: {digest}\ncode: {plan_code(digest)}\n"
            f"letters: {approval['letters']}\nat: {at}\n"
        )
        if approval.get("signature"):
            _check_signature(pack, approval, statement, what, found)
        elif approval.get("passkey"):
            _check_passkey(pack, approval, statement, what, found)
        else:
            found.unproven.append(f"{what}: by name only. Nothing proves a name.")


def _check_signature(pack: Pack, approval: dict[str, Any], statement: str, what: str, found: Findings) -> None:
    program = shutil.which("ssh-keygen")
    if program is None or SIGNERS not in pack.members:
        why = "there is no ssh-keygen here" if program is None else "the signers file is not in the pack"
        found.unproven.append(f"{what}, with a signature that was not checked: {why}.")
        return
    with tempfile.TemporaryDirectory() as folder:
        signature, signers = Path(folder, "approval.sig"), Path(folder, "signers")
        signature.write_text(approval["signature"], encoding="utf-8")
        signers.write_bytes(pack.read(SIGNERS))
        options = ["-f", str(signers), "-I", approval["by"], "-n", "mass-apology", "-s", str(signature)]
        done = subprocess.run(
            [program, "-Y", "verify", *options], input=statement.encode(), capture_output=True, check=False
        )
    if done.returncode:
        found.wrong.append(f"{what}, and the signature does not hold.")
    else:
        found.proven.append(f"{what}; the signature holds by the key that the pack's signers file gives them.")


def _check_passkey(pack: Pack, approval: dict[str, Any], statement: str, what: str, found: Findings) -> None:
    """What an authenticator signed (WebAuthn, section 7.2): the statement's digest, for the passkey's own page."""
    given = approval["passkey"]
    known = [_json(line, PASSKEYS) for line in pack.lines(PASSKEYS) if line.strip() and not line.startswith(b"#")]
    passkey = next((each for each in known if each["id"] == given["id"] and each["by"] == approval["by"]), None)
    if passkey is None:
        found.unproven.append(f"{what}, with a passkey that is not in the pack's passkeys file.")
        return
    client, data = _base64url(given["client_data"]), _base64url(given["authenticator_data"])
    told = _json(client, "The assertion of a passkey")
    wanted = ("webauthn.get", hashlib.sha256(statement.encode()).digest(), passkey["origin"])
    is_about = (told.get("type"), _base64url(told.get("challenge", "")), told.get("origin")) == wanted
    was_there = data[:32] == hashlib.sha256(passkey["rp_id"].encode()).digest() and data[32] & 5 == 5
    if not (is_about and was_there):
        found.wrong.append(f"{what}, and what the passkey signed is something else.")
        return
    key, options = _public_key(_base64url(passkey["public_key"]))
    holds = _openssl_verifies(key, options, _base64url(given["signature"]), data + hashlib.sha256(client).digest())
    if holds is None:
        found.unproven.append(f"{what}, with a passkey whose signature was not checked: there is no openssl here.")
    elif holds:
        found.proven.append(f"{what}; their passkey signed it, of the pack's passkeys file, with somebody recognised.")
    else:
        found.wrong.append(f"{what}, and the passkey's signature does not hold.")


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _public_key(octets: bytes) -> tuple[bytes, list[str]]:
    """A key of COSE (RFC 9052, 9053) as DER, and how openssl verifies by it."""
    cose = _cbor_map(octets)
    kind = cose[1]
    if kind == 2 and cose[-1] == 1:  # P-256
        return _P256 + b"\x04" + cose[-2].rjust(32, b"\0") + cose[-3].rjust(32, b"\0"), ["dgst", "-sha256"]
    if kind == 1 and cose[-1] == 6:
        return _ED25519 + cose[-2], ["pkeyutl"]
    if kind == 3:
        numbers = b"".join(_der(0x02, b"\0" + cose[name]) for name in (-1, -2))
        key = _der(0x03, b"\0" + _der(0x30, numbers))
        return _der(0x30, _RSA + key), ["dgst", "-sha256"]
    raise Broken("A passkey has a key of a kind that this program does not know.")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (length if size < 0x80 else bytes([0x80 | len(length)]) + length) + content


def _cbor_map(octets: bytes) -> dict[int, Any]:
    """A map of small numbers and octets (RFC 8949), as a key of COSE is."""
    values: list[Any] = []
    at = 1
    while at < len(octets):
        kind, size = octets[at] >> 5, octets[at] & 31
        width = {24: 1, 25: 2}.get(size, 0)
        size = int.from_bytes(octets[at + 1 : at + 1 + width], "big") if width else size
        at += 1 + width
        if kind == 2:
            values.append(octets[at : at + size])
            at += size
        else:
            values.append(-1 - size if kind == 1 else size)
    return {values[place]: values[place + 1] for place in range(0, len(values) - 1, 2)}


def _openssl_verifies(key: bytes, options: list[str], signature: bytes, data: bytes) -> bool | None:
    """Whether the signature holds; ``None`` without openssl."""
    program = shutil.which("openssl")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        names = {"key": key, "signature": signature, "data": data}
        paths = {name: str(Path(folder, name)) for name in names}
        for name, octets in names.items():
            Path(paths[name]).write_bytes(octets)
        pem = f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(key).decode()}-----END PUBLIC KEY-----\n"
        Path(paths["key"]).write_text(pem)
        if options == ["pkeyutl"]:
            options = [*options, "-verify", "-pubin", "-inkey", paths["key"], "-rawin", "-in", paths["data"]]
            command = [program, *options, "-sigfile", paths["signature"]]
        else:
            command = [program, *options, "-verify", paths["key"], "-signature", paths["signature"], paths["data"]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_notes(pack: Pack, log: Log, manifest: dict[str, Any], found: Findings) -> None:
    """Whether notes and approvals are those that stood there when runs began and ended."""
    lines = list(pack.lines(NOTES))
    digests, whole = [hashlib.sha256().hexdigest()], hashlib.sha256()
    for line in lines:
        whole.update(line + b"\n")
        digests.append(whole.hexdigest())
    seals = [event["notes"] for _, event in log.ends if "notes" in event]
    held = sum(seal["count"] < len(digests) and digests[seal["count"]] == seal["sha256"] for seal in seals)
    if held == len(seals) and seals:
        found.proven.append(f"The ledger's notes are those that the log saw at {held:,} beginnings and ends of runs.")
    elif manifest["purged"]:
        found.unproven.append("A purge took names out of the ledger's notes, so the log cannot bear them out any more.")
    elif seals:
        found.wrong.append(f"{len(seals) - held:,} times the ledger's notes are not those that the log saw.")
    later = len(lines) - max((seal["count"] for seal in seals), default=0)
    if later > 0:
        found.unproven.append(f"The last {later:,} of the ledger's notes: they were made after all that the log saw.")
    approvals = _approvals_so_far(pack)
    if any(event.get("approvals", "") not in approvals for name, event in log.ends if name == LOG):
        (found.unproven if manifest["purged"] else found.wrong).append(
            "The approvals in the pack are not those that the log saw when a run began."
        )


def _approvals_so_far(pack: Pack) -> set[str]:
    """The SHA-256 of the approvals after each line, and of what a crash left of one, which was ended by CAN later."""
    digests, whole = {"", hashlib.sha256().hexdigest()}, hashlib.sha256()
    octets = pack.read(APPROVALS) if APPROVALS in pack.members else b""
    for line in octets.splitlines(keepends=True):
        if not line.endswith(b"\n") or line.endswith(b"\x18\n"):
            torn = whole.copy()
            torn.update(line[:-2] if line.endswith(b"\n") else line)
            digests.add(torn.hexdigest())
        whole.update(line)
        digests.add(whole.hexdigest())
    return digests


# Time-stamp (RFC 3161)


def time_stamp(token: bytes) -> tuple[bytes, str]:
    """The digest that a time-stamp response or token is about, and its time in UTC. Raises ``Broken``."""
    try:
        # By its structure, and not by looking for it: what stands before the signed part could be anybody's.
        (response,) = _elements(token)
        parts = _elements(response[1])
        content = parts if parts[0][0] == _IDENTIFIER else _elements(parts[1][1])  # ContentInfo (RFC 5652)
        (signed,) = _elements(content[1][1])
        kind, wrapped = _elements(_elements(signed[1])[2][1])
        ((_, octets),) = _elements(wrapped[1])
        (info,) = _elements(octets)
        fields = _elements(info[1])
        (_, imprint), (_, stated) = _elements(fields[2][1]), fields[4]
        moment = datetime.strptime(stated.decode("ascii").rstrip("Z").partition(".")[0], "%Y%m%d%H%M%S")
    except (ValueError, IndexError):
        raise Broken("This is no time-stamp of RFC 3161.") from None
    if kind[1] != _TST_INFO:
        raise Broken("This is signed, and no time-stamp of RFC 3161.")
    return imprint[1], f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _element(octets: bytes, at: int) -> tuple[int, bytes, int]:
    """One DER element: its tag, its octets, and where the next one begins."""
    tag, length, start = octets[at], octets[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(octets[at + 2 : start], "big")
    if start + length > len(octets):
        raise IndexError
    return tag, octets[start : start + length], start + length


def _elements(octets: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(octets):
        tag, content, at = _element(octets, at)
        found.append((tag, content))
    return found


def check_token(pack: Pack, authority: Path | None, found: Findings) -> None:
    """Whether the time-stamp is about this pack, and by whom it is signed, where that can be checked."""
    if TOKEN not in pack.members:
        found.unproven.append("When it was packed: the pack says so itself, and has no time-stamp of somebody else.")
        return
    digest, at = time_stamp(pack.read(TOKEN))
    if digest.hex() != pack.members[MANIFEST].sha256:
        found.wrong.append("The time-stamp is about something else than this pack.")
        return
    program = shutil.which("openssl")
    if program is None or authority is None:
        found.unproven.append(
            f"{TOKEN} says that all of this was there at {at}, and nobody checked its signature: that takes openssl, "
            "and --ca FILE with the certificate of the authority."
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in (TOKEN, MANIFEST):
            Path(folder, name).write_bytes(pack.read(name))
        files = ["-in", str(Path(folder, TOKEN)), "-data", str(Path(folder, MANIFEST)), "-CAfile", str(authority)]
        done = subprocess.run([program, "ts", "-verify", *files], capture_output=True, check=False)
    if done.returncode:
        found.wrong.append(f"openssl does not confirm the time-stamp with {authority}.")
    else:
        found.proven.append(
            f"All of this was there at {at}: the authority of {authority} says so, and its signature holds."
        )


# A letter that somebody holds


def find_letter(octets: bytes, digests: dict[str, list[str]]) -> list[str] | None:
    """The Message-IDs of the letter that this is; ``None`` where it is none of them.

    Mail servers put lines of their own before a message, so it is looked for from each line of the header on.
    """
    whole = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    header = whole.find(b"\r\n\r\n")
    starts = [0, *(found.end() for found in re.finditer(rb"\r\n(?=\S)", whole[: header + 2]))][:_FIELDS]
    for end in (whole, whole.rstrip(b"\r\n") + b"\r\n"):
        for start in starts:
            found = digests.get(hashlib.sha256(end[start:]).hexdigest())
            if found:
                return found
    return None


def check_letters(pack: Pack, letters: Sequence[Path], found: Findings) -> None:
    """Whether each of these files is a letter that was handed over."""
    digests: dict[str, list[str]] = {}
    for name in pack.names:
        if letters and name.startswith(RESULTS):
            for line in pack.lines(name):
                result = _json(line, name)
                if result["sha256"]:
                    digests.setdefault(result["sha256"], []).append(
                        f"{result['message_id']} to {result['address']} ({result['status']})"
                    )
    for path in letters:
        which = find_letter(path.read_bytes(), digests)
        if which:
            found.proven.append(f"{path} is, octet for octet, the letter {', '.join(which)}.")
        else:
            found.wrong.append(
                f"{path} is none of the letters as they were handed over; a mail server or a mail program may have "
                "changed it on the way, or it is somebody else's."
            )


def check_older(later: Log, manifest: dict[str, Any], path: Path, found: Findings) -> None:
    """Whether an earlier pack's log is the beginning of this one's."""
    before = Pack(path).manifest()
    if before["ledger"] != manifest["ledger"]:
        found.wrong.append(f"{path} is of another ledger.")
    elif later.heads.issuperset(before["heads"].values()):
        found.proven.append(f"The log goes on where that of {path} ended; nothing before was changed since.")
    else:
        found.wrong.append(f"The log is not that of {path} continued: what was there then was changed since.")


NEVER_PROVEN = (
    "That the relay said what the log says: we wrote it down. The relay's own log has the same queue ids.",
    "That a letter arrived, or was read. ACCEPTED means that the relay took it.",
    "That the clock of the sending machine was right.",
    "To whom each letter went, beyond what the results say: the log has no addresses. It names letters by Message-ID "
    "and by line of the recipients file, whose SHA-256 the run's beginning has; a letter that somebody holds has both.",
    "That a key is whose the pack's signers and passkeys say. Compare them with those that you know.",
    "That a verify.py out of the pack is honest: whoever makes a pack can make that, too. Use a copy of your own.",
    "That nobody made all of this anew, before a head of the chain or the digest of this pack was known to somebody "
    "else: a line in a mail of that day, the paper that it was printed on, or a time-stamp.",
)


def verify(path: Path, letters: Sequence[Path], older: Path | None, authority: Path | None) -> Findings:
    """All that can be said of a pack. Raises ``Broken`` where its octets are not those that were packed."""
    found = Findings()
    pack = Pack(path)
    manifest = pack.manifest()
    digest = pack.members[MANIFEST].sha256
    found.proven.append(
        f"All {len(pack.names)} files are as they were packed at {manifest['made_at']}, each octet of the container "
        f"included, if the digest of {MANIFEST} is the one that you were given: {digest}"
    )
    log = Log()
    for name in manifest["heads"]:
        log.read(pack.lines(name), name)
        if log.head != manifest["heads"][name]:
            found.wrong.append(f"{name} does not end where {MANIFEST} says that it ends.")
    check_log(log, manifest, found)
    check_agreement(pack, manifest, found)
    check_results(pack, manifest, log, found)
    check_plan(pack, log, found)
    check_approvals(pack, log, found)
    check_notes(pack, log, manifest, found)
    check_token(pack, authority, found)
    check_letters(pack, letters, found)
    if older is not None:
        check_older(log, manifest, older, found)
    if any(name.startswith(COVERAGE) for name in pack.names):
        found.unproven.append(
            f"That letters have the contents that {COVERAGE} names: the program that sent them read them again. Who "
            "holds a letter can read it too. A help, no legal advice."
        )
    if manifest["purged"]:
        found.unproven.append("To whom the letters went: addresses and names were purged from the ledger.")
    found.unproven += NEVER_PROVEN
    return found


def main() -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(description="Verify a pack of evidence of mass-apology.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--letter", type=Path, action="append", default=[], help="a letter as somebody received it")
    parser.add_argument("--older", type=Path, help="an earlier pack of the same campaign")
    parser.add_argument("--ca", type=Path, help="certificates of the time-stamp's authority (PEM)")
    given = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an old locale lacks letters of names
    try:
        found = verify(given.pack, given.letter, given.older, given.ca)
    except Broken as error:
        print(f"WRONG: {printable(str(error))}\nThis is not the pack as it was made; nothing in it is proven.")
        return 1
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        print(f"WRONG: The pack is not made as its format says ({error!r}); nothing in it is proven.")
        return 1
    except OSError as error:
        print(f"{error.filename or given.pack} cannot be read: {error.strerror or error}.", file=sys.stderr)
        return 2
    print(f"{given.pack}: {'WRONG' if found.wrong else 'nothing is wrong'}.")
    found.show(print)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
