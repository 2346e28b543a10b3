"""Signed approvals, through OpenSSH's ssh-keygen (``-Y``, OpenSSH 8.2 or later).

The signed text (``statement``) names one campaign, one plan and one moment. It does not name the signer: only the
signers file maps a key to a person. The signers file is OpenSSH's
allowed_signers (ssh-keygen(1), ALLOWED SIGNERS); its ``namespaces``, ``valid-before`` and so on are observed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from mass_apology.approval.code import plan_code, plan_digest
from mass_apology.errors import ApprovalError
from mass_apology.system.regular_file import refuse_special

NAMESPACE = "mass-apology"
"""Keeps a signature given here from being worth anything elsewhere (a git commit, say), and the other way round."""

VERIFY_TIMEOUT = 30.0  # seconds; verifying asks nobody anything

_PATTERN = frozenset("*?!")  # such a principal stands for many people (ssh_config(5), PATTERNS)


class _Unproven(Exception):
    """A signature is not valid; the text is a clause with the reason."""


class Signature(Struct, frozen=True, kw_only=True):
    """A valid signature and its signer."""

    by: str  # the key's principal in the signers file
    armour: str  # OpenSSH's armoured form


def statement(campaign: str, *, parts: Mapping[str, str], letters: int, at: float) -> str:
    """The text to sign, in plain lines that ssh-keygen alone can verify. ``at`` is Unix seconds."""
    return (
        "mass-apology: this plan may be sent\n"
        f"campaign: {campaign}\n"
        f"plan: {plan_digest(parts)}\n"
        f"code: {plan_code(parts)}\n"
        f"letters: {letters}\n"
        f"at: {datetime.fromtimestamp(at, UTC).isoformat(timespec='microseconds')}\n"
    )


def sign(text: str, *, key: Path, signers: Path) -> Signature:
    """Sign ``text`` with ``key``: a private key, or the .pub file of one that the agent holds.

    ssh-keygen may ask for a passphrase or a touch on the terminal. Raises ``ApprovalError`` if there is no signature
    or it is not valid.
    """
    _require_signers(signers)
    _require_file(key, "The key", "Name your own with --key, such as --key ~/.ssh/id_ed25519")
    armour = _signature(text, key)
    try:
        return Signature(by=_signer(text, armour, signers), armour=armour)
    except _Unproven as error:
        raise ApprovalError(
            f"The approval by the key {key} would not count: {error}.",
            next_step=f"Sign with a key that {signers} lists, or have yours added to it.",
        ) from error


def fault(text: str, signature: Signature, *, signers: Path) -> str | None:
    """The error of a signature of ``text``, as a clause; ``None`` if it is valid.

    Raises ``ApprovalError`` if it cannot be checked.
    """
    _require_signers(signers)
    try:
        by = _signer(text, signature.armour, signers)
    except _Unproven as error:
        return str(error)
    # One key is one person, even if the signers file has several names for it.
    return None if by == signature.by else f"it is signed by {by}"


def _signature(text: str, key: Path) -> str:
    """The armoured signature. The text is in a file, since ssh-keygen asks for passphrases on standard input."""
    with _private_file(text) as path:
        command = [_ssh_keygen(), "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(path)]
        # Standard error stays the terminal's: ssh-keygen asks there for a touch of the key, and reports failures.
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 (a list, and no shell)
        if done.returncode == 0:
            return path.with_suffix(".sig").read_text("ascii")
    raise ApprovalError(
        f"ssh-keygen gave no signature with the key {key}; its reason stands above.",
        next_step="Unlock the key, with its passphrase or in the agent (ssh-add KEY), then approve again.",
    )


def _signer(text: str, signature: str, signers: Path) -> str:
    """The principal whose key signed ``text``. Raises ``_Unproven`` if the signers file has no such key."""
    with _private_file(signature) as path:
        found = _asked("find-principals", "-s", str(path), "-f", str(signers))
        principals = found.stdout.decode("utf-8", "replace").splitlines()
        if found.returncode or not principals:
            raise _Unproven(f"nobody in {signers.name} made its signature{_words(found)}")
        by = principals[0]
        if not _PATTERN.isdisjoint(by):
            raise _Unproven(f"{signers.name} gives the key to {by!r}, which is not one person")
        arguments = ("-s", str(path), "-f", str(signers), "-n", NAMESPACE, "-I", by)
        verified = _asked("verify", *arguments, given=text)
        if verified.returncode:
            raise _Unproven(f"its signature is not one of {by} under what was approved{_words(verified)}")
        return by


def _asked(task: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run ``ssh-keygen -Y task`` with ``given`` on its standard input."""
    command = [_ssh_keygen(), "-Y", task, *arguments]
    try:
        return subprocess.run(  # noqa: S603 (a list, and no shell)
            command, check=False, capture_output=True, input=given.encode(), timeout=VERIFY_TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise ApprovalError(
            f"ssh-keygen did not answer within {VERIFY_TIMEOUT:.0f} seconds.", next_step="Run the command again."
        ) from error


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    """ssh-keygen's own reason, in brackets; it often gives a line of the signers file."""
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return f" (ssh-keygen: {'; '.join(line.rstrip('.') for line in lines)})" if lines else ""


def _ssh_keygen() -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ApprovalError(
            "ssh-keygen is not on the PATH, and approvals of this campaign are signed with it.",
            next_step="Install OpenSSH (Debian: apt install openssh-client), or add its folder to the PATH.",
        )
    return program


def _require_signers(signers: Path) -> None:
    _require_file(signers, "The signers file", "Correct [approval] signers in campaign.toml, or write that file.")


def _require_file(path: Path, what: str, next_step: str) -> None:
    try:
        refuse_special(path)
        path.open("rb").close()
    except OSError as error:
        raise ApprovalError(f"{what} {path} cannot be read: {error.strerror}.", next_step=next_step) from error


@contextmanager
def _private_file(text: str) -> Iterator[Path]:
    """A file (0600) in its own folder (0700); both are deleted afterwards, with any file beside it."""
    try:
        with tempfile.TemporaryDirectory(prefix="mass-apology-") as folder:
            path = Path(folder) / "approval"
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8", newline="\n")
            yield path
    except OSError as error:
        raise ApprovalError(
            f"ssh-keygen cannot be run on a temporary file: {error.strerror or error}.",
            next_step="Make room in the temporary folder (TMPDIR), then run the command again.",
        ) from error
