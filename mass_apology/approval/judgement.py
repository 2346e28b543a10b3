"""Judges whether enough people have approved exactly this plan. Pure: the time is passed in."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from mass_apology.approval.passkeys import Assertion
from mass_apology.quantities import enumerated
from mass_apology.settings import ApprovalSettings, parse_duration
from mass_apology.system.timestamps import utc_minute

CLOCK_TOLERANCE = 300.0  # seconds by which the clock of an approver's machine may be ahead of ours

_LAST_MOMENT = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second of ``datetime``


class Approval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's approval of one plan, as approvals.jsonl has it."""

    by: Annotated[str, Meta(min_length=1)]  # the name given; if signed, the principal of the key
    at: Annotated[float, Meta(ge=0, le=_LAST_MOMENT)]  # Unix seconds
    letters: Annotated[int, Meta(ge=0)]  # in the plan
    parts: Mapping[str, str]  # "the recipients file" → its digest, at the time
    signature: str | None = None  # OpenSSH's armoured form
    passkey: Assertion | None = None


class Policy(Struct, frozen=True, kw_only=True):
    """The approvals that campaign.toml requires before sending."""

    required: int  # approvals by different people
    valid_for: float  # seconds
    signed: bool  # only signed approvals count


class ApprovalVerdict(Struct, frozen=True, kw_only=True):
    """The judgement of the approvals for one plan. ``judge`` makes it; ``send`` stops while approvals are missing."""

    approved: bool
    valid: tuple[Approval, ...]  # the latest of each person; oldest first
    void: tuple[tuple[Approval, str], ...]  # with the reason as a clause; oldest first
    missing: int  # approvals still needed
    sentence: str  # for a person: who approved, how many are missing, which do not count and why


def policy(settings: ApprovalSettings) -> Policy:
    """The policy of campaign.toml's ``[approval]``. Raises ``ValueError`` if ``valid_for`` is not a duration."""
    return Policy(
        required=settings.required,
        valid_for=parse_duration(settings.valid_for),
        signed=settings.signers is not None or settings.passkeys is not None,
    )


def identity(by: str) -> str:
    """A form of the name that is equal for two spellings of it: without differences of case, blanks and NFKC."""
    return " ".join(unicodedata.normalize("NFKC", by).casefold().split())


def judge(
    approvals: Iterable[Approval],
    *,
    parts: Mapping[str, str],
    letters: int,
    policy: Policy,
    now: float,
    fault: Callable[[Approval], str | None],
) -> ApprovalVerdict:
    """Judge ``approvals`` for the plan of ``parts`` and ``letters`` at ``now`` (Unix seconds).

    ``fault`` returns the error of an approval's signature as a clause, or ``None``; it is called only if signatures
    count and the approval is valid otherwise.
    """
    latest: dict[str, Approval] = {}
    void: list[tuple[Approval, str]] = []
    for approval in sorted(approvals, key=lambda each: each.at):
        reasons = [*_changes(approval, parts, letters), *_untimely(approval, policy, now)]
        if not reasons and policy.signed:
            reasons = _unproven(approval, fault)
        if reasons:
            void.append((approval, "; ".join(reasons)))
        else:
            latest[identity(approval.by)] = approval
    valid = tuple(sorted(latest.values(), key=lambda each: each.at))
    missing = max(0, policy.required - len(valid))
    return ApprovalVerdict(
        approved=missing == 0,
        valid=valid,
        void=tuple(void),
        missing=missing,
        sentence=" ".join(_sentences(valid, void, policy)),
    )


def _changes(approval: Approval, parts: Mapping[str, str], letters: int) -> Iterator[str]:
    names = dict.fromkeys((*parts, *approval.parts))
    changed = [name for name in names if parts.get(name) != approval.parts.get(name)]
    if changed:
        yield f"there have been changes to {_listed(changed)} since"
    if approval.letters != letters:
        yield f"the number of letters was {approval.letters:,} and is {letters:,} now"


def _untimely(approval: Approval, policy: Policy, now: float) -> Iterator[str]:
    if approval.at > now + CLOCK_TOLERANCE:
        yield f"it is dated {utc_minute(approval.at)}, which is still to come"
    elif now - approval.at > policy.valid_for:
        yield f"it was given on {utc_minute(approval.at)} and has run out"


def _unproven(approval: Approval, fault: Callable[[Approval], str | None]) -> list[str]:
    is_signed = approval.signature is not None or approval.passkey is not None
    problem = fault(approval) if is_signed else "it is not signed"
    return [problem] if problem else []


def _sentences(valid: Sequence[Approval], void: Sequence[tuple[Approval, str]], policy: Policy) -> Iterator[str]:
    names = _listed([each.by.strip() for each in valid])
    if len(valid) >= policy.required:
        yield f"Approved by {names}." if valid else "This campaign asks for no approval."
        return
    noun = "approval" if policy.required == 1 else "approvals"
    yield f"This plan needs {policy.required} {noun} and has {f'{len(valid)}, by {names}' if valid else 'none'}."
    heard = {identity(each.by) for each in valid}
    latest = {identity(each.by): (each.by.strip(), reason) for each, reason in void}
    for person, (name, reason) in latest.items():
        if person not in heard:
            yield f"The one in the name of {name} does not count: {reason}."


def _listed(names: Sequence[str]) -> str:
    return enumerated(names)
