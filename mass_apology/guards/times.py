"""Finds impossible times among the facts of an incident."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

AHEAD = 24 * 3600.0  # seconds: a wrong clock does not explain a moment further ahead

# Names of past events: started_at, charged_on, ended. An expected, scheduled or promised one may lie ahead.
_HAPPENED = re.compile(
    r"(?!.*(?:expected|planned|scheduled|promised))(?:.*_)?(?:[a-z]+ed(?:_at|_on)?|(?:began|begun|found|start|end|sent)(?:_at|_on)?)"
)
_PAIRS = (("started", "ended"), ("began", "ended"), ("start", "end"), ("from", "until"), ("from", "to"))


def in_future(moments: Mapping[str, datetime], now: float) -> list[str]:
    """Facts that are past events by their name, and more than a day later than ``now`` (Unix seconds)."""
    return [
        path
        for path, moment in moments.items()
        if _HAPPENED.fullmatch(path.rpartition(".")[2]) and moment.timestamp() > now + AHEAD
    ]


def reversed_pairs(moments: Mapping[str, datetime]) -> list[tuple[str, str]]:
    """Pairs of a beginning and an end that precedes it: ``("started_at", "ended_at")``."""
    return [
        (path, end)
        for path, moment in moments.items()
        for first, last in _PAIRS
        if (end := re.sub(rf"(?<![a-z]){first}(?![a-z])", last, path)) != path
        and end in moments
        and moments[end] < moment
    ]
