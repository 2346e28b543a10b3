"""Mail transactions over one open connection, one round trip each where the relay offers PIPELINING (RFC 2920).

The final dot is written after ``MessageSource.hand_over``; MAIL, RCPT and DATA of the next message go in the same group
as the dot (RFC 2920 §3.1). Long content is written at once after the 354, short content together with its dot. Without
PIPELINING every command waits for its reply.

Outcomes of a message:

    ==================================================  =====================================================
    2yz, 4yz or 5yz to the dot, 421 included            DOT, the reply, dot written
    close, silence or nonsense after the dot            DOT, a problem, dot written: in doubt
    cancelled after the dot                             DOT, INTERRUPTED, dot written: in doubt
    MAIL, RCPT or DATA refused                          the phase of the first refusal, its reply; no dot
    RCPT refused, and 354 to the pipelined DATA         the same; only a dot is sent, and its reply means nothing
    421, close, silence or nonsense before the dot      the phase reached, the 421 or a problem; no dot
    a reply between 354 and the dot                     CONTENT, the refusal or a problem; no dot
    ``hand_over`` raises or is cancelled                CONTENT, INTERRUPTED; no dot
    SMTPUTF8, 8BITMIME or SIZE is missing               MAIL, a problem of our own; nothing is written
    ==================================================  =====================================================

A message is given back to its source, and does not count as an attempt, in three cases: it was interrupted before
``hand_over`` was called; its commands were grouped behind a message at which the connection ended; or the connection
closed, or reached its session cap, before its MAIL was answered. The third case excludes the first message of a
connection, so that every connection settles at least one message and no endless series of connections is opened.

Some servers, Courier among them, lose commands behind a dot, against RFC 2920 §3.2. So the first reply to such commands
is waited for only a few seconds; if none comes, the message is given back, and no command follows a dot of this relay
any more. The same holds if replies to commands behind a dot come before the dot's own (``reply_order`` finds that one),
or are of another kind.

A connection with an unexpected event is aborted and never used again. Content without its dot is void
(RFC 5321 §4.1.1.4).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mass_apology.model import Message, NoReply, Outcome, Phase, Problem, Reply
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.envelope import envelope, objection, stuffed
from mass_apology.smtp.message_source import MessageSource
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_order import GROUP, Words, dot_reply, is_suspicious, words
from mass_apology.smtp.reply_verdicts import Kind
from mass_apology.smtp.session import Session
from mass_apology.smtp.wire import CLOSED, ConnectionEnded

_DOT = b".\r\n"  # the CRLF before it ends the content, or DATA where there is none (RFC 5321 §4.1.1.4)
_RSET = b"RSET\r\n"
_SHORT = 65_536
"""Largest content (octets) that is written together with the dot, to save a write; longer content is written first."""

_TRIAL = 10.0
"""Seconds to wait for the first reply to commands behind a dot, before the relay counts as one that loses them."""

_COMMANDS = (Phase.MAIL, Phase.RCPT, Phase.DATA)
_USUAL = {Phase.MAIL: 250, Phase.RCPT: 250, Phase.DATA: 354}
"""The code of a reply after which the transaction goes on (RFC 5321 §4.3.2)."""


@dataclass(slots=True)
class _Attempt:
    """One message that is being sent."""

    message: Message
    phase: Phase | None = None  # whose reply is awaited; None before that to MAIL
    hand_over_asked: bool = False
    dot_written: bool = False

    def outcome(self, reply: Reply | None, problem: Problem | None = None) -> Outcome:
        phase = self.phase or Phase.MAIL
        return Outcome(phase=phase, reply=reply, problem=problem, dot_written=self.dot_written)


@dataclass(slots=True)
class Grouping:
    """Whether the relay answers commands behind a dot, in their order; one value for all connections to it."""

    works: bool | None = None  # None: not tried yet


class Conversation:
    """Sends messages of the source over one connection.

    ``smtp.relay`` makes one for each connection. It ends when the source has no more, when the connection has sent its
    number of messages or is not wanted any more, or when the connection fails.
    """

    def __init__(
        self,
        session: Session,
        relay: RelaySettings,
        source: MessageSource,
        may_continue: Callable[[], bool],
        grouping: Grouping,
    ) -> None:
        self._wire = session.wire
        self._extensions = session.extensions
        self._relay = relay
        self._source = source
        self._may_continue = may_continue  # asked between messages
        self._grouping = grouping  # shared by all connections to the relay
        self._is_behind_dot = False  # the current message's commands went out with the dot before it
        self._messages_left = relay.messages_per_connection
        self._first = True  # no transaction has ended yet
        self._current: _Attempt | None = None
        self._following: _Attempt | None = None  # its commands went out with the current one's dot
        self._needs_reset = False  # the relay may still have a transaction open
        self._source_is_empty = False
        self._abandoned = False  # the connection ends after the reply that is waited for
        self._envelope: dict[Phase, Words] = {}  # what this relay says to MAIL and RCPT, from the first transaction

    async def run(self, first: Message) -> bool:
        """Send, beginning with ``first``; true if the source has no more messages, false if only this connection ends.

        Raises the exceptions of the source. In every case the connection is closed, and every message settled or given
        back.
        """
        try:
            await self._send_all(first)
        except ConnectionEnded as ended:
            self._end_attempts(ended.problem, ended.reply)
        finally:
            self._wire.abort()
            self._end_attempts(Problem(NoReply.INTERRUPTED))
        return self._source_is_empty

    def abandon(self) -> None:
        """Give back what was begun and not handed over, as if the connection had been lost.

        What was handed over goes on waiting for its reply, and the connection ends after that.
        """
        self._abandoned = True
        following, self._following = self._following, None
        if following is not None:
            self._source.give_back(following.message)
        if self._current is not None and not self._current.hand_over_asked:
            self._wire.abort()

    async def _send_all(self, first: Message) -> None:
        self._current = self._attempt(first)
        self._begin()
        while attempt := self._current or await self._wait_for_message():
            await self._transaction(attempt)
            self._current, self._following = self._following, None
            self._is_behind_dot = self._current is not None
            self._first = False
        await self._wire.quit()

    # Messages of the source.

    async def _wait_for_message(self) -> _Attempt | None:
        """Wait for a message and begin it; ``None`` if this connection gets no more."""
        while self._current is None and self._has_room():
            message = await self._source.next_message()
            if message is None:
                self._source_is_empty = True
                return None
            self._current = self._attempt(message)
        self._begin()
        return self._current

    def _next_ready(self) -> _Attempt | None:
        while self._has_room() and (message := self._source.next_if_ready()):
            if attempt := self._attempt(message):
                return attempt
        return None

    def _has_room(self) -> bool:
        return self._messages_left > 0 and self._may_continue()

    def _attempt(self, message: Message) -> _Attempt | None:
        """An attempt to send this message, or ``None`` with the message settled if the relay cannot take it."""
        problem = objection(message, self._extensions)
        if problem is not None:
            self._source.settle(message, Outcome(phase=Phase.MAIL, problem=problem))
            return None
        self._messages_left -= 1
        return _Attempt(message)

    # The conversation.

    def _begin(self) -> None:
        """Write the current message's commands if they may be pipelined."""
        if self._current and self._extensions.pipelining:
            reset = _RSET if self._needs_reset else b""
            self._wire.send(reset + self._commands(self._current), replies=4 if reset else 3)

    def _commands(self, attempt: _Attempt) -> bytes:
        return b"".join(envelope(attempt.message, self._extensions))

    async def _transaction(self, attempt: _Attempt) -> None:
        content_is_awaited = await (self._group_replies() if self._extensions.pipelining else self._lock_step(attempt))
        self._needs_reset = not content_is_awaited
        if not content_is_awaited:
            return
        content = b""
        if self._current is attempt:  # not refused
            content = await self._content(attempt)
        self._write_dot(content)
        self._settle(await self._reply_to_dot())
        if self._abandoned:
            raise ConnectionEnded(CLOSED)

    async def _group_replies(self) -> bool:
        """Read the replies to the group's commands; true if the relay awaits content, even of a refused message."""
        if self._needs_reset:
            await self._reset()
        refused = set()
        for phase in _COMMANDS:
            reply = self._usual_reply(phase) or await self._reply_to(phase)
            if reply.code >= 400:
                refused.add(phase)
                self._settle(reply)
            elif self._first and reply.positive:
                self._envelope[phase] = words(reply)
        if reply.code == 354 and refused and Phase.RCPT not in refused:
            # MAIL was refused and RCPT taken: even a lone dot would send an empty letter.
            raise ConnectionEnded(_unexpected("DATA: 354 after a refused MAIL"))
        return reply.code == 354

    async def _lock_step(self, attempt: _Attempt) -> bool:
        """Send command by command, up to the first refusal; true if the relay awaits content."""
        if self._needs_reset:
            self._wire.send(_RSET, replies=1)
            await self._reset()
        for phase, command in zip(_COMMANDS, envelope(attempt.message, self._extensions), strict=True):
            self._wire.send(command, replies=1)
            reply = await self._reply_to(phase)
            if reply.code >= 400:
                self._settle(reply)
                return False
        return True

    async def _reset(self) -> None:
        reply = await self._wire.reply(self._relay.timeout)
        if not reply.positive:  # RFC 5321 §4.1.1.5 allows no other
            raise ConnectionEnded(_unexpected(f"RSET: {reply.code} {reply.text}"))

    async def _content(self, attempt: _Attempt) -> bytes:
        """Call ``hand_over``; return the content that is still to be written, together with the dot."""
        attempt.phase = Phase.CONTENT
        content = stuffed(attempt.message.data)
        if len(content) > _SHORT:
            await self._wire.send_content(content, self._relay.timeout)
            content = b""
        attempt.hand_over_asked = True
        await self._source.hand_over(attempt.message)
        return content

    def _write_dot(self, content: bytes) -> None:
        """Write the dot, followed by the commands of the next message if one is ready (the group of RFC 2920 §3.1)."""
        groups = self._extensions.pipelining and self._grouping.works is not False
        self._following = self._next_ready() if groups else None
        commands = self._commands(self._following) if self._following else b""
        self._wire.send(b"".join((content, _DOT, commands)), replies=4 if commands else 1)
        if self._current is not None:
            self._current.dot_written = True

    def _usual_reply(self, phase: Phase) -> Reply | None:
        """The reply to a command that lets the transaction go on, where it is here already."""
        if self._current is not None:
            self._current.phase = phase
        return None if self._is_on_trial(phase) else self._wire.arrived(_USUAL[phase])

    async def _reply_to(self, phase: Phase) -> Reply:
        """Read the reply to a command or to the dot: a refusal, or one that RFC 5321 §4.3.2 allows."""
        if self._current is not None:
            self._current.phase = phase
        reply = await (
            self._first_grouped_reply() if self._is_on_trial(phase) else self._wire.reply(self._seconds(phase))
        )
        return self._require_expected(phase, reply)

    def _require_expected(self, phase: Phase, reply: Reply) -> Reply:
        if reply.code == 421 or (phase is Phase.MAIL and self._is_session_cap(reply)):
            raise ConnectionEnded(CLOSED, reply)
        if reply.code < 400 and not (reply.code == 354 if phase is Phase.DATA else reply.positive):
            if self._is_behind_dot:
                self._grouping.works = False
                if phase is Phase.MAIL:  # the reply belongs to another command, so it does not count as an attempt
                    raise ConnectionEnded(CLOSED)
            raise ConnectionEnded(_unexpected(f"{phase.upper()}: {reply.code} {reply.text}"))
        return reply

    def _is_session_cap(self, reply: Reply) -> bool:
        """Whether the reply says that this connection may send no more messages; we close it if the server does not."""
        return reply.code >= 400 and classify(Outcome(phase=Phase.MAIL, reply=reply)).kind is Kind.SESSION_CAP

    async def _reply_to_dot(self) -> Reply:
        """Read the reply to the dot, even if it comes after replies to the commands behind it."""
        if self._following is None:
            return await self._reply_to(Phase.DOT)
        if self._current is not None:
            self._current.phase = Phase.DOT
        first = await self._wire.reply(self._seconds(Phase.DOT))
        if not is_suspicious(first, self._envelope):
            return self._require_expected(Phase.DOT, first)
        replies = [first, *await self._rest_of_group()]
        found = dot_reply(replies, self._envelope)
        if found.in_order and found.reply is not None:
            self._wire.unread(replies[1:])
            return found.reply
        self._grouping.works = False
        if found.reply is None:
            raise ConnectionEnded(_unexpected(f"{Phase.DOT.upper()}: {first.code} {first.text}"))
        self._settle(found.reply)
        raise ConnectionEnded(CLOSED)  # the following message is given back, and is sent without grouping

    async def _rest_of_group(self) -> list[Reply]:
        """Read the group's further replies, as many as come in a few seconds."""
        replies: list[Reply] = []
        with suppress(ConnectionEnded):
            while len(replies) < GROUP - 1:
                replies.append(await self._wire.reply(min(_TRIAL, self._relay.timeout)))
        return replies

    def _seconds(self, phase: Phase) -> float:
        return self._relay.dot_timeout if phase is Phase.DOT else self._relay.timeout

    def _is_on_trial(self, phase: Phase) -> bool:
        return self._is_behind_dot and self._grouping.works is None and phase is Phase.MAIL

    async def _first_grouped_reply(self) -> Reply:
        """Read the first reply ever to commands behind a dot of this relay."""
        try:
            reply = await self._wire.reply(min(_TRIAL, self._relay.timeout))
        except ConnectionEnded as ended:
            if ended.problem.kind is NoReply.SILENT:
                self._grouping.works = False
                raise ConnectionEnded(CLOSED) from ended  # the commands were lost, so it does not count as an attempt
            raise
        self._grouping.works = True
        return reply

    # Outcomes.

    def _settle(self, reply: Reply) -> None:
        """Settle the current message, unless an earlier reply did."""
        attempt, self._current = self._current, None
        if attempt is not None:
            self._source.settle(attempt.message, attempt.outcome(reply))

    def _end_attempts(self, problem: Problem, reply: Reply | None = None) -> None:
        """Settle or give back the messages of this connection when it ends."""
        current, self._current = self._current, None
        following, self._following = self._following, None
        if following is not None:
            self._source.give_back(following.message)
        if current is None:
            return
        if self._is_no_attempt(current, problem, reply):
            self._source.give_back(current.message)
        else:
            self._source.settle(current.message, current.outcome(reply, None if reply else problem))

    def _is_no_attempt(self, attempt: _Attempt, problem: Problem, reply: Reply | None) -> bool:
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
