"""Who is sending, and what a person asks of them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Control(StrEnum):
    """What the sender is asked to do."""

    RUN = "run"
    PAUSE = "pause"  # begin no letter until told to run
    STOP = "stop"  # finish what is begun, then end


class Holder(Struct, frozen=True, kw_only=True):
    """A process, as others can recognise it."""

    host: str
    pid: int
    started: str  # tells it from a later process with its pid; empty where the system does not say
