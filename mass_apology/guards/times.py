"""Moments that an incident cannot have had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

AHEAD = 24 * 3600.0  # seconds: a moment later than this is not a clock that is wrong

# What has happened: started_at, charged_on, ended. What is expected, scheduled or promised may well be to come.
_HAPPENED = re.compile(
    r"(?!.*(?:expected|planned|scheduled|promised))(?:.*_)?(?:[a-z]+ed(?:_at|_on)?|(?:began|begun|found|start|end|sent)(?:_at|_on)?)"
)
_PAIRS = (("started", "ended"), ("began", "ended"), ("start", "end"), ("from", "until"), ("from", "to"))


def in_future(moments: Mapping[str, datetime], now: float) -> list[str]:
    """The facts that should have happened and lie more than a day ahead of ``now`` (Unix seconds)."""
    return [
        path
        for path, moment in moments.items()
        if _HAPPENED.fullmatch(path.rpartition(".")[2]) and moment.timestamp() > now + AHEAD
    ]


def reversed_pairs(moments: Mapping[str, datetime]) -> list[tuple[str, str]]:
    """The beginnings and their ends that come before them: ``("started_at", "ended_at")``."""
    return [
        (path, end)
        for path, moment in moments.items()
        for first, last in _PAIRS
        if (end := re.sub(rf"(?<![a-z]){first}(?![a-z])", last, path)) != path
        and end in moments
        and moments[end] < moment
    ]
