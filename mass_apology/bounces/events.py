"""Event JSON of mail providers → reports.

Each provider of ``providers`` knows its own events. Amazon's envelopes (SNS, EventBridge) are opened here. Whether an
event really comes from the provider is verified where it is received; here it is a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from mass_apology.bounces.bounce_report import Kind, Report
from mass_apology.bounces.providers import PROVIDERS
from mass_apology.errors import InputError

_DEPTH = 4  # an EventBridge envelope around an SNS message around an SES event


def read_events(data: bytes, where: str) -> tuple[tuple[str, Report], ...]:
    """The reports in one file of events: a JSON value, an array of them, or one on each line (UTF-8).

    Each comes with its key, the SHA-256 of the event's values: the same event is known again in a file that has grown.
    ``where`` names the file in errors. An event that is no report, such as "open" or another provider's, is UNREAD.

    Raises:
        InputError: it is not JSON.
    """
    return tuple((_key(event), _report(event, _DEPTH)) for event in _events(data, where))


def _key(event: object) -> str:
    return sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _events(data: bytes, where: str) -> Iterator[object]:
    text = data.decode("utf-8-sig", "replace").strip()
    try:
        value = json.loads(text) if text else []
    except (ValueError, RecursionError):
        yield from _lines(text, where)
        return
    yield from value if isinstance(value, list) else [value]


def _lines(text: str, where: str) -> Iterator[object]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = f"{where}, line {number}, is not JSON: {str(error)[:100]}."
            raise InputError(reason, next_step=_next_step()) from error
        yield from value if isinstance(value, list) else [value]


def _next_step() -> str:
    *others, last = (provider.name for provider in PROVIDERS)
    return f"Save the events as the relay posts them: {', '.join(others)} or {last}."


def _report(event: object, depth: int) -> Report:
    if not isinstance(event, dict) or not depth:
        return Report(kind=Kind.UNREAD)
    if isinstance(event.get("Message"), str) and "TopicArn" in event:  # SNS (also where SQS or Lambda carry it)
        return _report(_parsed(event["Message"]), depth - 1)
    if isinstance(event.get("detail"), dict):  # EventBridge
        return _report(event["detail"], depth - 1)
    provider = next((provider for provider in PROVIDERS if provider.recognises(event)), None)
    return provider.report(event) if provider else Report(kind=Kind.UNREAD)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
