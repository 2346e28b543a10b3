"""Mail transactions over one open connection, one round trip each where the relay offers PIPELINING (RFC 2920).

The final dot follows ``Desk.hand_over``, and in the same group as the dot go MAIL, RCPT and DATA of the next message
(RFC 2920 §3.1). Long content follows the 354 at once, short content goes with its dot. Without PIPELINING every command
waits for its reply.

How a message is settled:

    ==================================================  =====================================================
    2yz, 4yz or 5yz to the dot, 421 included            DOT, the reply, dot written
    close, silence or nonsense after the dot            DOT, a problem, dot written: in doubt
    cancelled after the dot                             DOT, INTERRUPTED, dot written: in doubt
    MAIL, RCPT or DATA refused                          the phase of the first refusal, its reply; no dot
    RCPT refused, and 354 to the pipelined DATA         the same; only a dot is sent, and its reply means nothing
    421, close, silence or nonsense before the dot      the phase reached, the 421 or a problem; no dot
    a reply between 354 and the dot                     CONTENT, the refusal or a problem; no dot
    ``hand_over`` raises or is cancelled                CONTENT, INTERRUPTED; no dot
    SMTPUTF8, 8BITMIME or SIZE is wanting               MAIL, a problem of our own; the wire is not touched
    ==================================================  =====================================================

A message goes ``back`` to the desk, as no attempt, when it was interrupted before ``hand_over`` was asked; when its
commands went out behind a message whose end ended the connection; and when the connection closed, or its session cap
was reached, before its MAIL was answered. The last does not hold for the first message of a connection, so that every
connection settles at least one and none is opened in vain for ever.

Some servers, Courier among them, lose what stands behind a dot, against RFC 2920 §3.2. So the first time it is waited
for a few seconds only; where nothing comes, the message goes back, and none stands behind a dot of this relay any more.
The same holds where replies to what stood behind a dot come before the dot's own (``reply_order`` finds that one), or
are of another kind.

A connection on which anything unforeseen happened is aborted and never used again. What it had of a content whose dot
never came is void (RFC 5321 §4.1.1.4).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mass_apology.model import Message, NoReply, Outcome, Phase, Problem, Reply
from mass_apology.settings import RelaySettings
from mass_apology.smtp.envelope import envelope, objection, stuffed
from mass_apology.smtp.message_source import MessageSource
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_order import GROUP, Words, dot_reply, is_suspicious, words
from mass_apology.smtp.session import Session
from mass_apology.smtp.verdicts import Kind
from mass_apology.smtp.wire import CLOSED, ConnectionEnded

_DOT = b".\r\n"  # the CRLF before it ends the content, or DATA where there is none (RFC 5321 §4.1.1.4)
_RSET = b"RSET\r\n"
_SHORT = 65_536
"""Octets of content that wait for the dot: one write less, here and at the relay. Longer content goes ahead of it."""

_TRIAL = 10.0
"""Seconds that the first reply to what stood behind a dot may take, before the relay counts as one that loses it."""

_COMMANDS = (Phase.MAIL, Phase.RCPT, Phase.DATA)


@dataclass(slots=True)
class _Attempt:
    """One message on its way."""

    message: Message
    phase: Phase | None = None  # what is waited for; None before the reply to MAIL is
    hand_over_asked: bool = False
    dot_written: bool = False

    def outcome(self, reply: Reply | None, problem: Problem | None = None) -> Outcome:
        phase = self.phase or Phase.MAIL
        return Outcome(phase=phase, reply=reply, problem=problem, dot_written=self.dot_written)


@dataclass(slots=True)
class Grouping:
    """What is known of a relay: whether it answers commands that stand behind a dot, and in their order."""

    works: bool | None = None  # None: not tried yet


class Conversation:
    """Sends the desk's messages over one connection: until there are no more, enough were sent, or it ends."""

    def __init__(
        self,
        session: Session,
        relay: RelaySettings,
        source: MessageSource,
        may_go_on: Callable[[], bool],
        grouping: Grouping,
    ) -> None:
        self._wire = session.wire
        self._extensions = session.extensions
        self._relay = relay
        self._source = source
        self._may_go_on = may_go_on  # asked between messages
        self._grouping = grouping  # shared by all connections to the relay
        self._is_behind_dot = False  # the current message's commands went out with the dot before it
        self._left = relay.messages_per_connection
        self._first = True  # no transaction has ended yet
        self._current: _Attempt | None = None
        self._following: _Attempt | None = None  # its commands went out with the current one's dot
        self._needs_reset = False  # the relay may still have a transaction open
        self._desk_is_empty = False
        self._envelope: dict[Phase, Words] = {}  # what this relay says to MAIL and RCPT, from the first transaction

    async def run(self, first: Message) -> bool:
        """True where the desk has no more messages, false where only this connection is at its end.

        Raises what the desk raises. However it ends, the connection is closed and every message settled or given back.
        """
        try:
            await self._converse(first)
        except ConnectionEnded as ended:
            self._close_books(ended.problem, ended.reply)
        finally:
            self._wire.abort()
            self._close_books(Problem(NoReply.INTERRUPTED))
        return self._desk_is_empty

    async def _converse(self, first: Message) -> None:
        self._current = self._attempt(first)
        self._begin()
        while attempt := self._current or await self._obtain():
            await self._transaction(attempt)
            self._current, self._following = self._following, None
            self._is_behind_dot = self._current is not None
            self._first = False
        await self._wire.quit()

    # Messages from the desk.

    async def _obtain(self) -> _Attempt | None:
        """Waits for a message and begins it; ``None`` where this connection is to have no more."""
        while self._current is None and self._has_room():
            message = await self._source.next_message()
            if message is None:
                self._desk_is_empty = True
                return None
            self._current = self._attempt(message)
        self._begin()
        return self._current

    def _at_hand(self) -> _Attempt | None:
        while self._has_room() and (message := self._source.next_at_hand()):
            if attempt := self._attempt(message):
                return attempt
        return None

    def _has_room(self) -> bool:
        return self._left > 0 and self._may_go_on()

    def _attempt(self, message: Message) -> _Attempt | None:
        """The attempt to send this message; a message that this relay cannot take is settled instead."""
        problem = objection(message, self._extensions)
        if problem is not None:
            self._source.settle(message, Outcome(phase=Phase.MAIL, problem=problem))
            return None
        self._left -= 1
        return _Attempt(message)

    # The conversation.

    def _begin(self) -> None:
        """Writes the current message's commands, where they may all be written at once."""
        if self._current and self._extensions.pipelining:
            reset = _RSET if self._needs_reset else b""
            self._wire.send(reset + self._commands(self._current), replies=4 if reset else 3)

    def _commands(self, attempt: _Attempt) -> bytes:
        return b"".join(envelope(attempt.message, self._extensions))

    async def _transaction(self, attempt: _Attempt) -> None:
        content_is_awaited = await (self._replies() if self._extensions.pipelining else self._lock_step(attempt))
        self._needs_reset = not content_is_awaited
        if not content_is_awaited:
            return
        content = b""
        if self._current is attempt:  # not refused
            content = await self._content(attempt)
        self._write_dot(content)
        self._settle(await self._answer_to_dot())

    async def _replies(self) -> bool:
        """The replies to the commands of the group; true where the relay awaits content, be it of a refused message."""
        if self._needs_reset:
            await self._reset()
        refused = set()
        for phase in _COMMANDS:
            reply = await self._answer(phase)
            if reply.code >= 400:
                refused.add(phase)
                self._settle(reply)
            elif self._first and reply.positive:
                self._envelope[phase] = words(reply)
        if reply.code == 354 and refused and Phase.RCPT not in refused:
            # There is a recipient without a sender: even a lone dot would send an empty letter.
            raise ConnectionEnded(_unexpected("DATA: 354 after a refused MAIL"))
        return reply.code == 354

    async def _lock_step(self, attempt: _Attempt) -> bool:
        """Command by command, up to the first refusal; true where the relay awaits content."""
        if self._needs_reset:
            self._wire.send(_RSET, replies=1)
            await self._reset()
        for phase, command in zip(_COMMANDS, envelope(attempt.message, self._extensions), strict=True):
            self._wire.send(command, replies=1)
            reply = await self._answer(phase)
            if reply.code >= 400:
                self._settle(reply)
                return False
        return True

    async def _reset(self) -> None:
        reply = await self._wire.reply(self._relay.timeout)
        if not reply.positive:  # RFC 5321 §4.1.1.5 knows no other
            raise ConnectionEnded(_unexpected(f"RSET: {reply.code} {reply.text}"))

    async def _content(self, attempt: _Attempt) -> bytes:
        """Has the message handed over; returns the content that is still to be written, together with the dot."""
        attempt.phase = Phase.CONTENT
        content = stuffed(attempt.message.data)
        if len(content) > _SHORT:
            await self._wire.send_content(content, self._relay.timeout)
            content = b""
        attempt.hand_over_asked = True
        await self._source.hand_over(attempt.message)
        return content

    def _write_dot(self, content: bytes) -> None:
        """Writes the dot, and behind it the commands of the message at hand: the group of RFC 2920 §3.1."""
        groups = self._extensions.pipelining and self._grouping.works is not False
        self._following = self._at_hand() if groups else None
        commands = self._commands(self._following) if self._following else b""
        self._wire.send(b"".join((content, _DOT, commands)), replies=4 if commands else 1)
        if self._current is not None:
            self._current.dot_written = True

    async def _answer(self, phase: Phase) -> Reply:
        """The reply to a command or to the dot: a refusal, or what the standard lets follow (RFC 5321 §4.3.2)."""
        if self._current is not None:
            self._current.phase = phase
        reply = await (self._tried() if self._is_on_trial(phase) else self._wire.reply(self._seconds(phase)))
        return self._fitting(phase, reply)

    def _fitting(self, phase: Phase, reply: Reply) -> Reply:
        if reply.code == 421 or (phase is Phase.MAIL and self._is_session_cap(reply)):
            raise ConnectionEnded(CLOSED, reply)
        if reply.code < 400 and not (reply.code == 354 if phase is Phase.DATA else reply.positive):
            if self._is_behind_dot:
                self._grouping.works = False
                if phase is Phase.MAIL:  # the message got a reply that was not its own, and is none the worse for it
                    raise ConnectionEnded(CLOSED)
            raise ConnectionEnded(_unexpected(f"{phase.upper()}: {reply.code} {reply.text}"))
        return reply

    def _is_session_cap(self, reply: Reply) -> bool:
        """Whether this connection has had its letters; a server that does not close it then means us to."""
        return reply.code >= 400 and classify(Outcome(phase=Phase.MAIL, reply=reply)).kind is Kind.SESSION_CAP

    async def _answer_to_dot(self) -> Reply:
        """The reply to the dot, be it out of order behind replies to what followed it."""
        if self._following is None:
            return await self._answer(Phase.DOT)
        if self._current is not None:
            self._current.phase = Phase.DOT
        first = await self._wire.reply(self._seconds(Phase.DOT))
        if not is_suspicious(first, self._envelope):
            return self._fitting(Phase.DOT, first)
        replies = [first, *await self._rest_of_group()]
        found = dot_reply(replies, self._envelope)
        if found.in_order and found.reply is not None:
            self._wire.unread(replies[1:])
            return found.reply
        self._grouping.works = False
        if found.reply is None:
            raise ConnectionEnded(_unexpected(f"{Phase.DOT.upper()}: {first.code} {first.text}"))
        self._settle(found.reply)
        raise ConnectionEnded(CLOSED)  # what followed is given back, and begins in lock-step

    async def _rest_of_group(self) -> list[Reply]:
        """The replies behind the first one, as many as come in a few seconds."""
        replies: list[Reply] = []
        with suppress(ConnectionEnded):
            while len(replies) < GROUP - 1:
                replies.append(await self._wire.reply(min(_TRIAL, self._relay.timeout)))
        return replies

    def _seconds(self, phase: Phase) -> float:
        return self._relay.dot_timeout if phase is Phase.DOT else self._relay.timeout

    def _is_on_trial(self, phase: Phase) -> bool:
        return self._is_behind_dot and self._grouping.works is None and phase is Phase.MAIL

    async def _tried(self) -> Reply:
        """The first reply ever to what stood behind a dot of this relay."""
        try:
            reply = await self._wire.reply(min(_TRIAL, self._relay.timeout))
        except ConnectionEnded as ended:
            if ended.problem.kind is NoReply.SILENT:
                self._grouping.works = False
                raise ConnectionEnded(CLOSED) from ended  # the message was lost, and is none the worse for it
            raise
        self._grouping.works = True
        return reply

    # The books.

    def _settle(self, reply: Reply) -> None:
        """Settles the current message, unless an earlier reply has."""
        attempt, self._current = self._current, None
        if attempt is not None:
            self._source.settle(attempt.message, attempt.outcome(reply))

    def _close_books(self, problem: Problem, reply: Reply | None = None) -> None:
        """Settles or gives back what is under way when the connection ends."""
        current, self._current = self._current, None
        following, self._following = self._following, None
        if following is not None:
            self._source.back(following.message)
        if current is None:
            return
        if self._was_no_attempt(current, problem, reply):
            self._source.back(current.message)
        else:
            self._source.settle(current.message, current.outcome(reply, None if reply else problem))

    def _was_no_attempt(self, attempt: _Attempt, problem: Problem, reply: Reply | None) -> bool:
        if problem.kind is NoReply.INTERRUPTED:
            return not attempt.hand_over_asked
        if self._first or attempt.phase not in {None, Phase.MAIL}:
            return False
        if attempt.phase is None:
            return True
        return (
            problem.kind is NoReply.CLOSED
            if reply is None
            else classify(attempt.outcome(reply)).kind is Kind.SESSION_CAP
        )


def _unexpected(detail: str) -> Problem:
    return Problem(NoReply.UNEXPECTED, detail)
