"""What an incident page tells of an incident, in the JSON that Statuspage, PagerDuty and incident.io answer with.

Which of them it is, is seen by its content. Statuspage: ``/api/v2/incidents.json``, ``scheduled-maintenances.json`` and
``summary.json``, of which maintenances count where there is no incident, and one incident of its management interface.
PagerDuty (REST API v2): ``/incidents``, ``/incidents/ID``, their ``log_entries``, and a webhook's event. incident.io
(API v2): ``/v2/incidents``, ``/v2/incidents/ID``, ``/v2/incident_updates``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from mass_apology.errors import InputError

LONGEST_NAME = 200  # characters of a component
LONGEST_TEXT = 1000  # characters of an update; what is longer is cut
MOST_UPDATES = 100

Json = Mapping[str, Any]

_TAG = re.compile(r"<[^<>]*>")
_BEGINS = ("started_at", "scheduled_for")  # a maintenance is announced long before
_STARTED = ("impact started", "impact start", "started", "started at", "reported", "reported at")
_ENDED = ("impact ended", "impact end", "fixed", "fixed at", "resolved", "resolved at", "closed", "closed at")
_COMPONENTS = frozenset({"affected services", "affected service", "services", "service", "affected components"})
_TOLD = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved", "status_update": "update"}


class Update(Struct, frozen=True, kw_only=True):
    """One update of an incident."""

    at: datetime  # in UTC
    status: str  # in the page's own word; may be empty
    text: str  # one line


class PageIncident(Struct, frozen=True, kw_only=True):
    """One incident as its page tells it. Of each fact the member of the JSON that it is from."""

    page: str  # "Statuspage"
    id: str
    name: str
    start: datetime | None = None
    start_from: str = ""
    end: datetime | None = None  # None while it goes on
    end_from: str = ""
    component: str = ""
    component_from: str = ""
    updates: tuple[Update, ...] = ()  # the oldest first
    updates_from: str = ""


def read_pages(octets: bytes, source: str) -> list[PageIncident]:
    """The incidents in an answer of one of the pages. Raises ``InputError`` where it is none."""
    try:
        found = msgspec.json.decode(_in_utf_8(octets))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(f"{source} is no JSON: {error}.") from error
    try:
        incidents = list(_incidents(found, source))
    except RecursionError as error:
        raise _unusable(f"{source} is nested too deep.") from error
    if not incidents:
        raise _unusable(f"{source} tells of no incident.")
    return incidents


def _in_utf_8(octets: bytes) -> bytes:
    """The octets without a byte order mark; PowerShell saves an answer as UTF-16."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16").encode()
    return octets.removeprefix(b"\xef\xbb\xbf")


def _incidents(found: object, source: str) -> Iterator[PageIncident]:
    if isinstance(found, list):
        for each in found:
            yield _incident(each, source)
        return
    top = _object(found, source)
    event = top.get("event")
    if isinstance(event, Mapping):
        yield _incident(event.get("data"), f"{source}: event.data")
    elif "log_entries" in top:
        yield _pagerduty_log(_objects(top, "log_entries", source), source)
    elif "incidents" in top or "scheduled_maintenances" in top:
        for each in _objects(top, "incidents", source) or _objects(top, "scheduled_maintenances", source):
            yield _incident(each, source)
    elif "incident" in top:
        yield _incident(top["incident"], source)
    elif "incident_updates" in top and "incident_timestamp_values" not in top and "name" not in top:
        yield from _incidentio_updates(_objects(top, "incident_updates", source), source)
    else:
        yield _incident(top, source)


def _incident(found: object, source: str) -> PageIncident:
    incident = _object(found, source)
    if "incident_status" in incident or "incident_timestamp_values" in incident:
        return _incidentio(incident, source)
    if str(incident.get("type", "")).startswith("incident"):
        return _pagerduty(incident, source)
    if "incident_updates" in incident or "shortlink" in incident:
        return _statuspage(incident, source)
    raise _unusable(f"{source} is no answer of Statuspage, PagerDuty or incident.io.")


def _statuspage(incident: Json, source: str) -> PageIncident:
    told = _objects(incident, "incident_updates", source)
    updates = [
        Update(
            at=_moment(each.get("display_at") or each.get("created_at"), source),
            status=_line(each.get("status")),
            text=_line(each.get("body")),
        )
        for each in told
    ]
    start_from = next((each for each in _BEGINS if incident.get(each)), "created_at")
    affected = [part for each in told for part in _objects(each, "affected_components", source)]
    component_from = "components" if _objects(incident, "components", source) else "affected_components"
    parts = _objects(incident, "components", source) or affected
    return PageIncident(
        page="Statuspage",
        id=_line(incident.get("id")),
        name=_line(incident.get("name")),
        start=_optional(incident.get(start_from), source),
        start_from=start_from,
        end=_optional(incident.get("resolved_at"), source),
        end_from="resolved_at",
        component=_joined((each.get("name") for each in parts), source),
        component_from=component_from,
        updates=_in_order(updates, source),
        updates_from="incident_updates",
    )


def _pagerduty(incident: Json, source: str) -> PageIncident:
    is_over = incident.get("status") == "resolved"
    end_from = "resolved_at" if incident.get("resolved_at") else "last_status_change_at"
    service = _inner(incident, "service")
    return PageIncident(
        page="PagerDuty",
        id=_line(incident.get("id")),
        name=_line(incident.get("title") or incident.get("summary")),
        start=_optional(incident.get("created_at"), source),
        start_from="created_at",
        end=_optional(incident.get(end_from), source) if is_over else None,
        end_from=end_from,
        component=_joined([service.get("summary") or service.get("name")], source),
        component_from="service.summary",
    )


def _pagerduty_log(entries: Sequence[Json], source: str) -> PageIncident:
    """The log of one incident; entries of others are an error, since nobody could tell them apart afterwards."""
    incidents = {_line(_inner(each, "incident").get("id")): _inner(each, "incident") for each in entries}
    if len(incidents) != 1:
        raise _unusable(f"{source} has log entries of {len(incidents)} incidents, and not of one.")
    ((identity, incident),) = incidents.items()
    events = sorted(((_moment(each.get("created_at"), source), each) for each in entries), key=lambda pair: pair[0])
    kinds = [(at, str(each.get("type", "")).partition("_log_entry")[0], each) for at, each in events]
    triggered = next((at for at, kind, _ in kinds if kind == "trigger"), None)
    last = next(((at, kind) for at, kind, _ in reversed(kinds) if kind in {"trigger", "resolve", "reopen"}), None)
    services = [_inner(each, "service").get("summary") for _, each in events]
    return PageIncident(
        page="PagerDuty",
        id=identity,
        name=_line(incident.get("summary")),
        start=triggered,
        start_from="trigger_log_entry",
        end=last[0] if last and last[1] == "resolve" else None,
        end_from="resolve_log_entry",
        component=_joined(filter(None, services), source),
        component_from="service.summary",
        updates=_in_order([_log_update(at, kind, each) for at, kind, each in kinds if kind in _TOLD], source),
        updates_from="log_entries",
    )


def _log_update(at: datetime, kind: str, entry: Json) -> Update:
    text = entry.get("message") or _inner(entry, "channel").get("message") or entry.get("summary")
    return Update(at=at, status=_TOLD[kind], text=_line(text))


def _incidentio(incident: Json, source: str) -> PageIncident:
    moments: dict[str, Any] = {}
    for each in _objects(incident, "incident_timestamp_values", source):
        moments[_line(_inner(each, "incident_timestamp").get("name")).lower()] = _inner(each, "value").get("value")
    start_from = next((name for name in _STARTED if moments.get(name)), "")
    end_from = next((name for name in _ENDED if moments.get(name)), "")
    return PageIncident(
        page="incident.io",
        id=_line(incident.get("reference") or incident.get("id")),
        name=_line(incident.get("name")),
        start=_optional(moments[start_from] if start_from else incident.get("created_at"), source),
        start_from=start_from or "created_at",
        end=_optional(moments.get(end_from), source),
        end_from=end_from,
        component=_joined(_custom_values(incident, source), source),
        component_from="custom_field_entries",
    )


def _custom_values(incident: Json, source: str) -> Iterator[object]:
    """The values of the custom field that names what is affected."""
    for entry in _objects(incident, "custom_field_entries", source):
        if _line(_inner(entry, "custom_field").get("name")).lower() in _COMPONENTS:
            for value in _objects(entry, "values", source):
                option, catalog = _inner(value, "value_option"), _inner(value, "value_catalog_entry")
                yield catalog.get("name") or option.get("value") or value.get("value_text")


def _incidentio_updates(updates: Sequence[Json], source: str) -> Iterator[PageIncident]:
    by_incident: dict[str, list[Update]] = {}
    for each in updates:
        update = Update(
            at=_moment(each.get("created_at"), source),
            status=_line(_inner(each, "new_incident_status").get("name")),
            text=_line(each.get("message")),
        )
        by_incident.setdefault(_line(each.get("incident_id")), []).append(update)
    for identity, told in by_incident.items():
        yield PageIncident(
            page="incident.io",
            id=identity,
            name="",
            updates=_in_order(told, source),
            updates_from="incident_updates",
        )


def _object(found: object, source: str) -> Json:
    if not isinstance(found, Mapping):
        raise _unusable(f"{source} is no answer of Statuspage, PagerDuty or incident.io.")
    return found


def _objects(whole: Json, name: str, source: str) -> Sequence[Json]:
    found = whole.get(name) or ()
    if not isinstance(found, list | tuple) or not all(isinstance(each, Mapping) for each in found):
        raise _unusable(f"{source}: `{name}` is no list of objects.")
    return found


def _inner(whole: Json, name: str) -> Json:
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}


def _in_order(updates: Sequence[Update], source: str) -> tuple[Update, ...]:
    if len(updates) > MOST_UPDATES:
        raise _unusable(f"{source} has {len(updates):,} updates of one incident, more than {MOST_UPDATES}.")
    return tuple(sorted((each for each in updates if each.text or each.status), key=lambda each: each.at))


def _joined(names: Iterable[object], source: str) -> str:
    """Names as one text, each once."""
    text = ", ".join(dict.fromkeys(filter(None, map(_line, names))))
    if len(text) > LONGEST_NAME:
        raise _unusable(f"{source}: what is affected has a name of more than {LONGEST_NAME} characters.")
    return text


def _line(value: object) -> str:
    """A text as a letter may tell it: one line without markup and invisible characters; "" for anything else."""
    if not isinstance(value, str):
        return ""
    told = " ".join(html.unescape(_TAG.sub(" ", value[: 10 * LONGEST_TEXT])).split())
    plain = "".join(each for each in told if each.isprintable())
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[: LONGEST_TEXT - 1].rstrip()}…"


def _optional(value: object, source: str) -> datetime | None:
    return None if value is None or value == "" else _moment(value, source)


def _moment(value: object, source: str) -> datetime:
    """A time in UTC, whole seconds."""
    try:
        at = datetime.fromisoformat(value.upper() if isinstance(value, str) else "")
        if at.tzinfo is None:
            raise _unusable(f"{source}: the time {value!r} has no offset, so nobody knows when it was.")
        return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise _unusable(f"{source}: {_line(str(value))[:60]!r} is no time (RFC 3339).") from error


def _unusable(problem: str) -> InputError:
    return InputError(
        problem,
        next_step="Save what the page's interface answers (https://STATUSPAGE/api/v2/incidents.json), as it is.",
    )
