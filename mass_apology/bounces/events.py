"""Event JSON of mail providers → reports.

Each provider of ``providers`` knows its own events. Amazon's envelopes (SNS, EventBridge) are opened here. Whether an
event really comes from the provider is verified where it is received; here it is a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from msgspec import Struct

from mass_apology.bounces.bounce_report import Kind, Report
from mass_apology.bounces.providers import PROVIDERS
from mass_apology.errors import InputError
from mass_apology.mail_parts import well_formed

_DEPTH = 4  # an EventBridge envelope around an SNS message around an SES event
_LEVELS = 100  # of values within values that are looked at
_DIGITS = 30  # of a number; a longer one is no time, no code and no id


class ReadEvent(Struct, frozen=True, kw_only=True):
    """One event of a file, understood."""

    key: str  # SHA-256 of its values, hexadecimal: the same event is known again in a file that has grown
    octets: bytes  # the event alone, as JSON
    report: Report


def read_events(data: bytes, where: str) -> tuple[ReadEvent, ...]:
    """The reports in one file of events: a JSON value, an array of them, or one on each line (UTF-8).

    ``where`` names the file in errors. An event that is no report, such as "open" or another provider's, is UNREAD; so
    is a line that is not JSON among others that are.

    Raises:
        InputError: none of it is JSON.
    """
    return tuple(_read(event) for event in _events(data.decode("utf-8-sig", "replace").strip(), where))


def read_event_in(text: str) -> Report:
    """The report of the JSON object that ``text`` begins with, whatever follows it; UNREAD where it is none."""
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return Report(kind=Kind.UNREAD)
    return _report(_cleaned(value), _DEPTH)


def _read(event: object) -> ReadEvent:
    event = _cleaned(event)
    octets = json.dumps(event, sort_keys=True).encode()
    return ReadEvent(key=sha256(octets).hexdigest(), octets=octets, report=_report(event, _DEPTH))


def _events(text: str, where: str) -> Iterator[object]:
    try:
        value = _parsed(text) if text else []
    except (ValueError, RecursionError):
        yield from _lines(text, where)
        return
    yield from value if isinstance(value, list) else [value]


def _lines(text: str, where: str) -> Iterator[object]:
    broken: list[str] = []
    reason, sound = "", False
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = _parsed(line)
        except (ValueError, RecursionError):
            broken.append(line)
            reason = reason or f"{where}, line {number}, is not JSON."
            continue
        sound = True
        yield from value if isinstance(value, list) else [value]
    if broken and not sound:
        raise InputError(reason, next_step=_next_step())
    yield from broken  # a string is no event, and is UNREAD


def _parsed(text: str) -> Any:
    return _DECODER.decode(text)


def _whole_number(digits: str) -> float:
    """Python refuses whole numbers of thousands of digits; here they are infinite."""
    return int(digits) if len(digits) <= _DIGITS else float("inf")


_DECODER = json.JSONDecoder(parse_int=_whole_number)


def _cleaned(value: object, levels: int = _LEVELS) -> object:
    """The value with well-formed strings; what lies too deep is left out."""
    match value:
        case str():
            return well_formed(value)
        case dict() if levels:
            return {well_formed(key): _cleaned(each, levels - 1) for key, each in value.items()}
        case list() if levels:
            return [_cleaned(each, levels - 1) for each in value]
        case dict() | list():
            return None
        case _:
            return value


def _next_step() -> str:
    *others, last = (provider.name for provider in PROVIDERS)
    return f"Save the events as the relay posts them: {', '.join(others)} or {last}."


def _report(event: object, depth: int) -> Report:
    if not isinstance(event, dict) or not depth:
        return Report(kind=Kind.UNREAD)
    if isinstance(event.get("Message"), str) and "TopicArn" in event:  # SNS (also where SQS or Lambda carry it)
        return _report(_inner(event["Message"]), depth - 1)
    if isinstance(event.get("detail"), dict):  # EventBridge
        return _report(event["detail"], depth - 1)
    provider = next((provider for provider in PROVIDERS if provider.recognises(event)), None)
    return provider.report(event) if provider else Report(kind=Kind.UNREAD)


def _inner(text: str) -> object:
    try:
        return _cleaned(_parsed(text))
    except (ValueError, RecursionError):
        return None
