"""The sending process, and a person's request to it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Control(StrEnum):
    """A request to the sender."""

    RUN = "run"
    PAUSE = "pause"  # begin no letter until told to run
    STOP = "stop"  # finish what is begun, then end


class Holder(Struct, frozen=True, kw_only=True):
    """A process, as others can recognise it."""

    host: str
    pid: int
    started: str  # tells it from a later process with its pid; empty where the system does not say
