"""A pack of evidence: the verifier says what it proves, alone, and finds every octet that was changed."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live import campaign_folder, customers, relay, send
from smtp_fakes import FaultyConversation, Relay
from test_purge import Clock, clock, purged  # noqa: F401 (a fixture)

from mass_apology.errors import InputError, OutputError
from mass_apology.evidence import verify_pack
from mass_apology.evidence.pack_writer import PackWriter
from mass_apology.evidence.verify_pack import Broken, Findings, Pack, verify
from mass_apology.flows.evidence.packing import Evidence, PackOptions, pack, stamp
from mass_apology.flows.plan.approve import ApproveOptions, approve
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SOURCE = Path(verify_pack.__file__)
PYTHONS = [sys.executable, *map(str, Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9")), "/usr/bin/python3.9"]


def refuse_one(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    return b"550 5.1.1 no such user here" if verb == "RCPT" and b"customer3@" in argument else None


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay(fault=refuse_one) as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(12))
    send(folder)
    return folder


def packed(folder: Path, name: str = "pack.zip", request: Path | None = None) -> Evidence:
    return pack(Workspace.open(folder), PackOptions(to=folder.parent / name, request=request))


def judged(path: Path, *letters: Path, older: Path | None = None) -> Findings:
    return verify(path, letters, older, None)


def told(sentences: list[str], words: str) -> bool:
    return any(words in sentence for sentence in sentences)


def by_itself(python: str, *arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier that is in the pack, with no library at hand."""
    with zipfile.ZipFile(folder / "pack.zip") as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    command = [python, "-S", "verify.py", *arguments]
    told = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=told)


def by_itself_from(
    program: Path, *arguments: str, folder: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    command = [python, "-I", "-S", str(program), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_all_is_proven_that_the_log_and_the_ledger_tell_alike(sent: Path) -> None:
    found = packed(sent)
    judgement = judged(Path(found.written))
    assert judgement.wrong == []
    assert told(judgement.proven, "Wave first: 12 people = 11 accepted + 1 refused.")
    assert told(judgement.proven, "Of 11 letters, results and log tell the same")
    assert told(
        judgement.proven, "the templates and settings that 11 accepted letters of the wave first were made from"
    )
    assert told(judgement.proven, "The ledger's notes are those that the log saw at 2 beginnings and ends of runs")
    assert told(judgement.proven, f"The head is {found.log_head}")
    assert told(judgement.proven, "The chain has the head that was kept in the record of the sending machine")
    assert told(judgement.proven, "The ledger agreed with this log")
    assert told(judgement.proven, found.digest)
    assert told(judgement.unproven, "has no time-stamp of somebody else")
    assert set(verify_pack.NEVER_PROVEN) <= set(judgement.unproven)


def test_the_verifier_is_one_file_for_python_3_9() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
    imported |= {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_runs_alone(sent: Path) -> None:
    packed(sent)
    for python in filter(shutil.which, PYTHONS):
        done = by_itself(python, "pack.zip", folder=sent.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert "nothing is wrong" in done.stdout
    (sent.parent / "pack.zip").write_bytes(b"PK\x03\x04 no pack")
    done = subprocess.run(
        [sys.executable, str(SOURCE), str(sent.parent / "pack.zip")], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")
    done = by_itself_from(SOURCE, "nowhere.zip", folder=sent.parent)
    assert (done.returncode, done.stderr) == (2, "nowhere.zip cannot be read: No such file or directory.\n")


def test_no_octet_of_the_pack_changes_unseen(sent: Path, tmp_path: Path) -> None:
    path = Path(packed(sent).written)
    octets = path.read_bytes()
    members = Pack(path).members.values()
    places = {at for member in members for at in (member.offset, member.start, member.start + member.size - 1)}
    places |= {member.offset + step for member in members for step in range(0, 30, 3)}
    places |= set(range(max(member.start + member.size for member in members), len(octets), 5))
    places |= {len(octets) - back for back in range(1, 23)}
    chance = random.Random(17)
    places |= {
        chance.randrange(member.start, member.start + member.size)
        for member in members
        for _ in range(20 if member.size else 0)
    }
    changed = tmp_path / "changed.zip"
    assert len(places) >= 300
    for at in sorted(places):
        changed.write_bytes(octets[:at] + bytes([octets[at] ^ (1 << chance.randrange(8))]) + octets[at + 1 :])
        assert is_found(changed), at
    for several in (octets + b"\0", octets[:-1], b"\0" + octets, octets[:1000] + octets[1001:]):
        changed.write_bytes(several)
        assert is_found(changed)


def is_found(path: Path) -> bool:
    try:
        return bool(judged(path).wrong)
    except Broken:
        return True


def test_a_pack_with_true_digests_of_nonsense_gets_a_sentence_and_no_traceback(
    sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = Pack(Path(packed(sent).written))
    manifest = there.manifest()
    chance = random.Random(34)
    changed = tmp_path / "changed.zip"
    monkeypatch.setattr(sys, "argv", ["verify.py", str(changed)])
    for name in there.names:
        if not name.endswith((".json", ".jsonl")) or name == verify_pack.MANIFEST:
            continue
        for _ in range(12):
            remade(there, manifest, changed, name, mutated(there.read(name), chance))
            assert verify_pack.main() in {0, 1}
    for key in manifest:
        for value in (None, 7, [], {}, "x", [7], {"log.jsonl": 7}):
            remade(there, {**manifest, key: value}, changed, "", b"")
            assert verify_pack.main() in {0, 1}
    assert capsys.readouterr().err == ""


VALUES = [b"null", b"7", b"-1e400", b"[]", b"{}", b'""', b'"\\ud800"', b"1e999999", b"[" * 5000 + b"]" * 5000, b"true"]


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """One value of its JSON in the place of another."""
    places = list(re.finditer(rb'(?<=":)("[^"]*"|-?[\d.]+|null|\[[^\]]*\])', octets))
    if not places:
        return chance.choice(VALUES)
    place = chance.choice(places)
    return octets[: place.start()] + chance.choice(VALUES) + octets[place.end() :]


def remade(there: Pack, manifest: dict[str, Any], to: Path, name: str, octets: bytes) -> None:
    """The pack with other octets of one file, and a manifest that says so."""
    with to.open("w+b") as file:
        writer = PackWriter(file)
        for each in there.names:
            if each not in {verify_pack.MANIFEST, verify_pack.SUMS}:
                writer.add(each, [octets] if each == name else there.pieces(each))
        writer.finish({key: value for key, value in manifest.items() if key not in {"format", "files"}})


def test_whoever_makes_a_pack_anew_cannot_hide_it_from_who_knows_the_head(sent: Path, live: Relay) -> None:
    earlier = Path(packed(sent, "earlier.zip").written)
    campaign_folder(sent, live.sink.url, customers(14))
    send(sent)
    later = packed(sent, "later.zip")
    assert told(judged(Path(later.written), older=earlier).proven, "nothing before was changed since")
    log = sent / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"no such user here", b"no such user there"))
    again = judged(Path(packed(sent, "again.zip").written))
    assert told(again.wrong, "Replies in a group")
    log.unlink()
    without = judged(Path(packed(sent, "without.zip").written), older=earlier)
    assert told(without.wrong, "The chain has not the head that was kept in the record of the sending machine")
    assert told(without.wrong, "is not that of")
    assert told(without.unproven, "The ledger agreed with another log")
    assert told(without.unproven, "13 letters that the relay took are in the ledger alone")


def test_logs_of_several_machines_are_a_chain_each(sent: Path, live: Relay, tmp_path: Path) -> None:
    first = tmp_path / "first.jsonl"
    (sent / "log.jsonl").rename(first)
    campaign_folder(sent, live.sink.url, customers(15))
    send(sent)
    alone = judged(Path(packed(sent).written))
    assert told(alone.unproven, "11 letters that the relay took are in the ledger alone")
    options = PackOptions(to=tmp_path / "both.zip", logs=(first,))
    both = Path(pack(Workspace.open(sent), options).written)
    judgement = judged(both)
    assert judgement.wrong == []
    assert told(judgement.proven, "2 logs are an unbroken chain each")
    assert told(judgement.proven, "Of 14 letters, results and log tell the same")
    assert told(judged(both, older=tmp_path / "pack.zip").proven, "nothing before was changed since")
    first.write_bytes(first.read_bytes().replace(b"no such user here", b"no such user"))
    other = pack(Workspace.open(sent), PackOptions(to=tmp_path / "other.zip", logs=(first,)))
    assert told(judged(Path(other.written)).wrong, "of logs/1.jsonl at")
    with pytest.raises(InputError, match="cannot be read"):
        pack(Workspace.open(sent), PackOptions(to=tmp_path / "third.zip", logs=(tmp_path / "nowhere",)))
    assert not (tmp_path / "third.zip").exists()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH")
def test_approvals_are_proven_by_their_signatures_and_names_are_not(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(
        tmp_path / "trial", live.sink.url, customers(4), approval={"required": 1, "signers": "signers"}
    )
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (folder / "signers").write_text("anna@acme.example " + key.with_suffix(".pub").read_text())
    asyncio.run(approve(Workspace.open(folder), ApproveOptions(key=key, by=None), on_progress=lambda *_: None))
    send(folder)
    judgement = judged(Path(packed(folder).written))
    assert judgement.wrong == []
    assert told(judgement.proven, "anna@acme.example approved a plan that was sent")
    approvals = folder / "approvals.jsonl"
    approvals.write_text(approvals.read_text().replace('"letters":4', '"letters":5'))
    judgement = judged(Path(packed(folder, "other.zip").written))
    assert told(judgement.wrong, "the signature does not hold")
    assert told(judgement.wrong, "are not those that the log saw when a run began")
    approvals.write_text('{"by":"Boris","at":1.7e9,"letters":4,"parts":{}}\n')
    judgement = judged(Path(packed(folder, "third.zip").written))
    assert told(judgement.unproven, "Boris approved a plan that no run in the log was made from")
    assert told(judgement.unproven, "Nothing proves a name")
    approvals.write_text('{"by":"\\u001b[2JŁuk","at":1.7e9,"letters":4,"parts":{}}\n')
    (tmp_path / "pack.zip").unlink()
    packed(folder)
    done = by_itself(sys.executable, "pack.zip", folder=tmp_path, PYTHONIOENCODING="latin-1")
    assert "\\x1b[2J\\u0141uk approved" in done.stdout
    assert done.stderr == ""


def test_a_letter_that_somebody_holds_is_known_also_as_it_arrives(sent: Path, live: Relay, tmp_path: Path) -> None:
    path = Path(packed(sent).written)
    letter = live.received[0].data
    received = tmp_path / "received.eml"
    received.write_bytes(b"Return-Path: <a@b.example>\nReceived: by mx\n\tfor you\n" + letter.replace(b"\r\n", b"\n"))
    assert told(judged(path, received).proven, "is, octet for octet, the letter <")
    received.write_bytes(letter.replace(b"sorry", b"happy"))
    assert told(judged(path, received).wrong, "is none of the letters")


def test_a_purged_campaign_proves_what_is_left(sent: Path, clock: Clock) -> None:  # noqa: F811 (the fixture)
    earlier = Path(packed(sent, "earlier.zip").written)
    purged(sent, clock)
    path = Path(packed(sent).written)
    octets = path.read_bytes()
    assert b"customer3@" not in octets
    assert b"no such user" not in octets
    judgement = judged(path, older=earlier)
    assert judgement.wrong == []
    assert told(judgement.proven, "Of 11 letters, results and log tell the same")
    assert told(judgement.proven, "A purge took the relay's texts out of")
    assert told(judgement.proven, "nothing before was changed since")
    assert told(judgement.unproven, "addresses and names were purged")


def test_a_time_stamp_of_an_authority_is_about_just_this_pack(sent: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    request = tmp_path / "pack.tsq"
    path = Path(packed(sent, request=request).written)
    answer = authority.answer(request)
    found = stamp(PackOptions(to=path), answer)
    assert found.stamped_at is not None
    judgement = verify(path, (), None, authority.certificate)
    assert (judgement.wrong, told(judgement.proven, found.stamped_at)) == ([], True)
    assert told(judged(path).unproven, "nobody checked its signature")
    stamp(PackOptions(to=path), answer)  # once more: it is the same
    assert judged(path).wrong == []
    other = Path(packed(sent, "other.zip").written)
    with pytest.raises(OutputError, match="is about something else than"):
        stamp(PackOptions(to=other), answer)
    with pytest.raises(OutputError, match="no time-stamp of RFC 3161"):
        stamp(PackOptions(to=other), request)
    with pytest.raises(InputError, match="is no pack as it was made"):
        stamp(PackOptions(to=request), answer)
    octets = path.read_bytes()
    member = Pack(path).members[verify_pack.TOKEN]
    changed = tmp_path / "changed.zip"
    for at in range(member.offset, member.start + member.size, 7):
        changed.write_bytes(octets[:at] + bytes([octets[at] ^ 4]) + octets[at + 1 :])
        assert is_found(changed)


class Authority:
    """A time-stamp authority of openssl's, with a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.certificate = folder / "ca.pem"
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(
            f"[req]\ndistinguished_name = name\nx509_extensions = stamping\nprompt = no\n[name]\nCN = stamps\n"
            "[stamping]\nextendedKeyUsage = critical,timeStamping\nbasicConstraints = critical,CA:true\n"
            f"[tsa]\ndefault_tsa = ours\n[ours]\nserial = {folder}/serial\nsigner_cert = {folder}/ca.pem\n"
            f"signer_key = {folder}/key.pem\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\n"
            "accuracy = secs:1\n"
        )
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "ca.pem")

    def answer(self, request: Path) -> Path:
        answer = self._folder / "answer.tsr"
        self._run("ts", "-reply", "-queryfile", str(request), "-out", str(answer))
        return answer

    def _run(self, *arguments: str) -> None:
        command = ["openssl", *arguments, "-config", "openssl.cnf"]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True)


def test_openssl_reads_the_request(sent: Path, tmp_path: Path) -> None:
    request = tmp_path / "pack.tsq"
    found = packed(sent, request=request)
    said = subprocess.run(
        ["openssl", "ts", "-query", "-in", str(request), "-text"], capture_output=True, text=True, check=True
    )
    digest = "".join(line.partition(" - ")[2][:49] for line in said.stdout.splitlines() if " - " in line)
    assert digest.replace("-", " ").split() == [found.digest[at : at + 2] for at in range(0, 64, 2)]
    assert "Certificate required: yes" in said.stdout


def test_results_are_lines_of_json_that_others_can_read(sent: Path) -> None:
    with zipfile.ZipFile(packed(sent).written) as archive:
        assert archive.testzip() is None
        results = [json.loads(line) for line in archive.read("results/first.jsonl").splitlines()]
        plan = json.loads(archive.read("plan.json"))
        assert archive.read("templates/sorry/en.md") == (sent / "templates" / "sorry" / "en.md").read_bytes()
    assert [each["status"] for each in results].count("ACCEPTED") == 11
    assert plan["editions"][0]["letters"] == 11
