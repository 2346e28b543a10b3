"""A process that writes letters for its parent, ``render_pool``: ``python -m mass_apology.letter.render_worker``.

It reads requests from its standard input and writes replies to its standard output, each a frame of four octets, the
length, and as many octets of MessagePack; the first request is a pickled function that makes the ``Writer``. The end
of the input, which is what a parent's death looks like here, kill -9 included, ends it.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

import msgspec
from msgspec import Struct

from mass_apology.errors import MassApologyError
from mass_apology.letter.inspecting.inspection import Inspection
from mass_apology.model import Delivery
from mass_apology.system.child_pipes import parent_pipes, read_frame, write_frame
from mass_apology.system.processes import collect_rarely

if TYPE_CHECKING:
    from mass_apology.letter.letter_writer import Writer


class Write(Struct, frozen=True, tag=True):
    """Asks for the messages of these deliveries."""

    deliveries: Sequence[Delivery]
    date: str  # for the Date header
    eightbit: bool  # the relay offers 8BITMIME


class Check(Struct, frozen=True, tag=True):
    """Asks what is found in these deliveries' letters."""

    deliveries: Sequence[Delivery]


class Ready(Struct, frozen=True, tag=True):
    """The writer is made: every template is compiled."""


class Written(Struct, frozen=True, tag=True):
    """A message's subject, data, SHA-256, sender, eightbit and smtputf8 for each delivery; the parent has the rest."""

    messages: list[tuple[str, bytes, bytes, str, bool, bool]]


class Checked(Struct, frozen=True, tag=True):
    """What was found in the deliveries' letters."""

    inspection: Inspection


class Failed(Struct, frozen=True, tag=True):
    """The error that a letter, or the making of the writer, ended with."""

    kind: str  # the name of its class in ``errors``
    problem: str
    next_step: str


Request = Write | Check
Reply = Ready | Written | Checked | Failed

_REQUESTS = msgspec.msgpack.Decoder(Request)


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    requests, replies = parent_pipes()
    try:
        _serve(requests, replies)
    except BrokenPipeError:  # the parent has gone, and so has whoever could be told
        os._exit(0)


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    recipe = read_frame(requests)
    if recipe is None:
        return
    try:
        writer: Writer = pickle.loads(recipe)()  # noqa: S301 (only our own parent holds the other end of this pipe)
    except MassApologyError as error:
        _send(replies, _failed(error))
        return
    collect_rarely()
    _send(replies, Ready())
    while (request := read_frame(requests)) is not None:
        _send(replies, _answer(writer, _REQUESTS.decode(request)))


def _answer(writer: Writer, request: Request) -> Reply:
    if isinstance(request, Check):
        return Checked(writer.check(request.deliveries))
    try:
        messages = [writer.write(each, date=request.date, eightbit=request.eightbit) for each in request.deliveries]
    except MassApologyError as error:
        return _failed(error)
    return Written(
        [(each.subject, each.data, each.sha256, each.sender, each.eightbit, each.smtputf8) for each in messages]
    )


def _failed(error: MassApologyError) -> Failed:
    return Failed(kind=type(error).__name__, problem=error.problem, next_step=error.next_step)


def _send(stream: IO[bytes], reply: Reply) -> None:
    write_frame(stream, msgspec.msgpack.encode(reply))


if __name__ == "__main__":
    main()
