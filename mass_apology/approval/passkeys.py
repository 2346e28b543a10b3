"""Approvals by passkey (WebAuthn Level 3): the challenge is the digest of what is approved, which an assertion proves.

The passkeys file lists who may approve, and with which key, a JSON object a line; a person of the team keeps it, as
with OpenSSH's signers file. An assertion is verified with it alone, at any later time and on any machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from mass_apology.errors import ApprovalError, install_extra


class Passkey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's passkey, as the passkeys file has it. Octets are base64url without padding."""

    by: str  # the person's name
    rp_id: str  # the host that it was made for
    origin: str  # the page's: https://apologies.acme.example
    id: str  # the credential's
    public_key: str  # COSE (RFC 9052)


class Assertion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authenticator signed. Octets are base64url without padding."""

    id: str  # the credential's
    client_data: str  # JSON: the challenge and the page's origin
    authenticator_data: str  # the host's hash, and whether somebody was there and was recognised
    signature: str  # over both


def challenge_of(text: str) -> bytes:
    """The challenge for this statement: its SHA-256, 32 octets."""
    return hashlib.sha256(text.encode()).digest()


def read_passkeys(path: Path) -> tuple[Passkey, ...]:
    """All passkeys of the file. Raises ``ApprovalError`` where it is missing or cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ApprovalError(
            f"The passkeys file {path} cannot be read: {said}.",
            next_step="Name it under [approval] passkeys in campaign.toml; the page Plan of serve makes its lines.",
        ) from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            found.append(msgspec.json.decode(line, type=Passkey))
        except msgspec.DecodeError as error:
            raise ApprovalError(
                f"Line {number} of {path} is no passkey: {error}.",
                next_step="Put the line in as the page Plan of serve showed it, or take it out.",
            ) from error
    return tuple(found)


def passkey_fault(text: str, by: str, assertion: Assertion, passkeys: Sequence[Passkey]) -> str | None:
    """The error of an assertion for this statement, as a clause; ``None`` if it is the valid one of ``by``."""
    passkey = next((each for each in passkeys if each.id == assertion.id), None)
    if passkey is None:
        return "its passkey is not in the passkeys file"
    if passkey.by != by:
        return f"its passkey is that of {passkey.by}"
    return _proven(text, assertion, passkey)


def _proven(text: str, assertion: Assertion, passkey: Passkey) -> str | None:
    try:
        import webauthn  # noqa: PLC0415 (an extra; absent from a plain installation)
        from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415
    except ImportError as error:
        raise ApprovalError(
            "An approval was given by passkey, and what verifies it is not installed here.",
            next_step=f"To verify it, {install_extra('web')}",
        ) from error
    response = {
        "clientDataJSON": assertion.client_data,
        "authenticatorData": assertion.authenticator_data,
        "signature": assertion.signature,
    }
    credential = {"id": assertion.id, "rawId": assertion.id, "type": "public-key", "response": response}
    try:
        webauthn.verify_authentication_response(
            credential=json.dumps(credential),
            expected_challenge=challenge_of(text),
            expected_rp_id=passkey.rp_id,
            expected_origin=passkey.origin,
            credential_public_key=webauthn.base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        return f"its passkey did not sign this ({str(error).rstrip('.')})"
    return None
