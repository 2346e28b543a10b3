"""Gives, stores and judges the approvals of one campaign."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path

from mass_apology.approval import approval_file
from mass_apology.approval.judgement import Approval, ApprovalVerdict, identity, judge, policy
from mass_apology.approval.passkeys import Assertion, Passkey, passkey_fault, read_passkeys
from mass_apology.approval.signing import Signature, fault, sign, statement
from mass_apology.errors import ApprovalError
from mass_apology.settings import Campaign


class Approvals:
    """The approvals of the campaign in ``folder``. ``approve`` gives one, ``send`` asks for the verdict.

    A plan is identified by its ``parts`` (name → digest of everything that shapes it) and its number of ``letters``:
    all of them, not only those still due, so that no new approval is needed after a crash.
    """

    def __init__(self, folder: Path, campaign: Campaign) -> None:
        self._folder = folder
        self._campaign = campaign.name
        self._policy = policy(campaign.approval)
        signers = campaign.approval.signers
        self._signers = folder / Path(signers).expanduser() if signers else None
        passkeys = campaign.approval.passkeys
        self.passkeys_path = folder / Path(passkeys).expanduser() if passkeys else None

    def give(self, parts: Mapping[str, str], letters: int, *, by: str | None, key: Path | None, now: float) -> Approval:
        """Approve a plan at ``now`` (Unix seconds): with ``key`` if the campaign has a signers file, else by name.

        ``by`` is the approver's name, the login name where it is ``None``; of a signed approval it can only confirm
        whose key it is. Raises ``ApprovalError``; then nothing was approved.
        """
        signature = None
        if self._signers is None and self.passkeys_path is not None:
            raise ApprovalError(
                "This campaign's approvals are given by passkey, in a browser.",
                next_step="Open its page Plan: mass-apology serve",
            )
        if self._signers is not None:
            text = statement(self._campaign, parts=parts, letters=letters, at=now)
            signature = _owned(sign(text, key=_key(key), signers=self._signers), by)
        approval = Approval(
            by=signature.by if signature else _name(by, key),
            at=now,
            letters=letters,
            parts=dict(parts),
            signature=signature.armour if signature else None,
        )
        approval_file.append(self._folder, approval)
        return approval

    def verdict(self, parts: Mapping[str, str], letters: int, *, now: float) -> ApprovalVerdict:
        """Judge whether enough people have approved this plan. Raises ``ApprovalError`` if that cannot be checked."""
        return judge(
            approval_file.read(self._folder),
            parts=parts,
            letters=letters,
            policy=self._policy,
            now=now,
            fault=self._fault,
        )

    def statement(self, parts: Mapping[str, str], letters: int, *, at: float) -> str:
        """What an approval at ``at`` (Unix seconds) signs."""
        return statement(self._campaign, parts=parts, letters=letters, at=at)

    def give_proven(
        self, parts: Mapping[str, str], letters: int, *, by: str, passkey: Assertion, at: float
    ) -> Approval:
        """Approve a plan by a passkey's assertion of its statement at ``at``. Raises ``ApprovalError``."""
        approval = Approval(by=by, at=at, letters=letters, parts=dict(parts), passkey=passkey)
        if problem := self._fault(approval):
            raise ApprovalError(
                f"The approval of {by} would not count: {problem}; nothing was approved.",
                next_step="Use a passkey that is in the campaign's passkeys file, or have yours added to it.",
            )
        approval_file.append(self._folder, approval)
        return approval

    def passkeys_of(self, by: str) -> tuple[Passkey, ...]:
        """Those of this person. Raises ``ApprovalError`` where the file cannot be read."""
        path = self.passkeys_path
        return tuple(each for each in read_passkeys(path) if each.by == by) if path is not None else ()

    def _fault(self, approval: Approval) -> str | None:
        text = self.statement(approval.parts, approval.letters, at=approval.at)
        if approval.passkey is not None:
            if self.passkeys_path is None:
                return "the campaign names no passkeys file"
            return passkey_fault(text, approval.by, approval.passkey, read_passkeys(self.passkeys_path))
        if self._signers is None or approval.signature is None:
            return "it is not signed by a passkey"
        return fault(text, Signature(by=approval.by, armour=approval.signature), signers=self._signers)


def _key(key: Path | None) -> Path:
    if key is None:
        raise ApprovalError(
            "This campaign's approvals are signed, and no key was given.",
            next_step="Name yours: mass-apology approve --key ~/.ssh/id_ed25519",
        )
    return key.expanduser()


def _owned(signature: Signature, by: str | None) -> Signature:
    """Return the signature, after a check that it is of ``by`` (if given)."""
    if by is not None and identity(by) != identity(signature.by):
        raise ApprovalError(
            f"The key is {signature.by}'s and not {by}'s; nothing was approved.",
            next_step="Leave --by out, or name your own key with --key",
        )
    return signature


def _name(by: str | None, key: Path | None) -> str:
    """The name of an approver without a key."""
    if key is not None:
        raise ApprovalError(
            f"There is nothing to check a signature of {key} against; nothing was approved.",
            next_step="Name an allowed_signers file under [approval] signers in campaign.toml, or leave --key out.",
        )
    name = (_login_name() if by is None else by).strip()
    if not name or not name.isprintable():
        raise ApprovalError(
            f"{name!r} is nobody's name; nothing was approved.", next_step="Give yours: mass-apology approve --by NAME"
        )
    return name


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:  # depends on the system and on Python's version
        raise ApprovalError(
            "This account has no login name to approve by.", next_step="Give yours: mass-apology approve --by NAME"
        ) from error
