"""Finds the dot's reply if the next message's MAIL, RCPT and DATA were grouped behind the dot (RFC 2920 §3.1). Pure.

Replies come in the order of the commands (RFC 2920 §3.2). But a server that handles the content asynchronously may
answer MAIL first: counting replies would then take "sender ok" for the letter's acceptance, and the letter's refusal
for the next sender's. So a reply to the dot that looks like a reply to the envelope is judged together with those that
follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mass_apology.model import Phase, Reply

GROUP = 4
"""Replies to a dot with MAIL, RCPT and DATA behind it."""

Words = tuple[str | None, str]
"""A reply's enhanced code and text."""

Envelope = Mapping[Phase, Words]
"""A relay's replies to MAIL and RCPT that were not grouped behind a dot."""


class DotReply(Struct, frozen=True, kw_only=True):
    """The dot's reply among the replies to a group."""

    reply: Reply | None  # the dot's; None if it cannot be distinguished from the others
    in_order: bool  # the replies came in the order of the commands


def words(reply: Reply) -> Words:
    """The parts of a reply that distinguish replies to different commands."""
    return reply.enhanced, reply.text


def is_suspicious(first: Reply, envelope: Envelope) -> bool:
    """Whether the first reply after a dot may be another command's."""
    return not (first.positive or first.code >= 400) or _is_of_envelope(first, envelope)


def dot_reply(replies: Sequence[Reply], envelope: Envelope) -> DotReply:
    """Find the dot's reply among ``GROUP`` replies, or fewer if the connection ended; the first one is suspicious."""
    first = replies[0]
    rest = replies[1:]
    if first.positive and not _names_envelope(first) and _follow_in_order(rest, envelope):
        if len(rest) == GROUP - 1 and rest[-1].code == 354 and _may_be_of_content(rest[1], envelope):
            return DotReply(reply=None, in_order=False)  # RCPT or the dot was refused, in the same words
        return DotReply(reply=first, in_order=True)
    others = [reply for reply in replies if reply.code != 354]
    if len(replies) == GROUP == len(others) + 1 and all(reply.positive for reply in others):
        accepted = [reply for reply in others if not _is_of_envelope(reply, envelope)] or others
        return DotReply(reply=accepted[-1], in_order=False)
    candidates = [reply for reply in others if _may_be_of_content(reply, envelope)]
    surely = len(candidates) == 1 and (candidates[0].positive or len(replies) == GROUP)
    return DotReply(reply=candidates[0] if surely else None, in_order=False)


def _follow_in_order(rest: Sequence[Reply], envelope: Envelope) -> bool:
    """Whether these can be the replies to MAIL, RCPT and DATA, as far as they came: some servers say OK to all."""
    if not rest:
        return True
    if any(reply.code == 354 for reply in rest[: GROUP - 2]):
        return False
    if rest[0].code >= 400:  # a refused MAIL lets no DATA be taken
        return rest[-1].code != 354
    return rest[0].enhanced == "2.1.0" or words(rest[0]) == envelope.get(Phase.MAIL)


def _is_of_envelope(reply: Reply, envelope: Envelope) -> bool:
    return reply.positive and (_names_envelope(reply) or words(reply) in envelope.values())


def _names_envelope(reply: Reply) -> bool:
    """RFC 3463 X.1.x is about addresses: "2.1.0 sender ok", "5.1.1 no such user"."""
    return reply.enhanced is not None and reply.enhanced[1:].startswith(".1.")


def _may_be_of_content(reply: Reply, envelope: Envelope) -> bool:
    """A 2yz of no other command, or a refusal that is not about addresses, the order of commands or the connection."""
    if reply.positive:
        return not _is_of_envelope(reply, envelope)
    return reply.code >= 400 and reply.code not in {421, 503} and not _names_envelope(reply)
