"""Approvals by passkey are verified from the pack alone, by each kind of key that authenticators use."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from live import campaign_folder, customers, relay, send
from msgspec.structs import replace
from smtp_fakes import Relay

from mass_apology.approval import Approvals, approval_file
from mass_apology.approval.passkeys import Assertion
from mass_apology.approval.signing import statement
from mass_apology.evidence.verify_pack import Findings, verify
from mass_apology.flows.evidence.packing import PackOptions, pack
from mass_apology.flows.plan import plan
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

ORIGIN, HOST = "https://apologies.acme.example", "apologies.acme.example"


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def text_of(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def cbor(values: dict[int, int | bytes]) -> bytes:
    out = bytes([0xA0 | len(values)])
    for key, value in values.items():
        for each in (key, value):
            if isinstance(each, bytes):
                out += b"\x58" + bytes([len(each)]) if len(each) < 256 else b"\x59" + len(each).to_bytes(2, "big")
                out += each
            elif abs(each) < 24:
                out += bytes([each if each >= 0 else 0x20 | (-1 - each)])
            else:  # RS256
                out += b"\x39" + (-1 - each).to_bytes(2, "big")
    return out


Sign = Callable[[bytes], bytes]


def p256() -> tuple[bytes, Sign]:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
    return cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y}), lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))


def edwards() -> tuple[bytes, Sign]:
    key = ed25519.Ed25519PrivateKey.generate()
    return cbor({1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}), key.sign


def rsa_key() -> tuple[bytes, Sign]:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    n, e = numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(3, "big")
    return cbor({1: 3, 3: -257, -1: n, -2: e}), lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def assertion(text: str, sign: Sign, *, origin: str = ORIGIN, flags: int = 5) -> Assertion:
    challenge = text_of(hashlib.sha256(text.encode()).digest())
    client = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": origin}).encode()
    data = hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + bytes(4)
    signature = sign(data + hashlib.sha256(client).digest())
    parts = {"client_data": client, "authenticator_data": data, "signature": signature}
    return Assertion(id=text_of(b"credential"), **{name: text_of(octets) for name, octets in parts.items()})


@pytest.mark.parametrize("make", [p256, edwards, rsa_key])
def test_a_passkey_is_proven_and_anything_else_that_it_signed_is_not(
    tmp_path: Path, live: Relay, make: Callable[[], tuple[bytes, Sign]]
) -> None:
    public, sign = make()
    approval = {"required": 1, "passkeys": "passkeys"}
    folder = campaign_folder(tmp_path / "c", live.sink.url, customers(3), approval=approval)
    passkey = {
        "by": "Anna",
        "rp_id": HOST,
        "origin": ORIGIN,
        "id": text_of(b"credential"),
        "public_key": text_of(public),
    }
    (folder / "passkeys").write_text(f"# who may approve\n{json.dumps(passkey)}\n")
    workspace = Workspace.open(folder)
    with workspace.recipients_file() as file:
        parts = plan.digest_parts(workspace, file)
    at = round(time.time(), 3)
    text = statement("trial", parts=parts, letters=3, at=at)
    approvals = Approvals(folder, workspace.campaign)
    given = approvals.give_proven(parts, 3, by="Anna", passkey=assertion(text, sign), at=at)
    send(folder)
    found = judged(folder, "good.zip")
    assert found.wrong == []
    assert any("Anna approved a plan that was sent" in each and "their passkey signed" in each for each in found.proven)
    others = {
        "is something else": assertion("another text", sign),
        "is something else ": assertion(text, sign, origin="https://evil.example"),
        "is something else  ": assertion(text, sign, flags=1),
        "does not hold": replace(assertion(text, sign), signature=text_of(make()[1](b"x"))),
    }
    for number, (words, other) in enumerate(others.items()):
        (folder / approval_file.FILE_NAME).unlink()
        approval_file.append(folder, replace(given, passkey=other))
        wrong = judged(folder, f"{number}.zip").wrong
        assert any(words.strip() in each for each in wrong), words
    (folder / "passkeys").write_text("")
    assert any("is not in the pack's passkeys file" in each for each in judged(folder, "none.zip").unproven)


def judged(folder: Path, name: str) -> Findings:
    made = pack(Workspace.open(folder), PackOptions(to=folder.parent / name))
    return verify(Path(made.written), (), None, None)
