"""What a process and its parent say to each other over pipes: frames of four octets, the length, and as many octets."""

from __future__ import annotations

import os
from typing import IO

HEAD = 4
"""Octets of a frame's length, big-endian."""


def parent_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes from the parent and to it.

    Descriptor 1 becomes standard error, so that a stray ``print`` cannot break a frame.
    """
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, replies


def write_frame(stream: IO[bytes], octets: bytes) -> None:
    """Write one frame and hand it over."""
    stream.write(len(octets).to_bytes(HEAD, "big"))
    stream.write(octets)  # no joined copy: a reply has a megabyte
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame's octets; ``None`` where there is none, or only a part of one."""
    head = stream.read(HEAD)
    size = int.from_bytes(head, "big")
    octets = stream.read(size) if len(head) == HEAD else b""
    return octets if size and len(octets) == size else None
