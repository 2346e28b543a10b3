"""A campaign's live view as lines of a terminal: the most important first, so that a low window cuts the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from msgspec import Struct

from mass_apology.cli.exits import printable
from mass_apology.cli.terminal_lines import columns, wrapped
from mass_apology.flows.watch.view_model import CampaignView, RelayView, ReplyView, ShareView, WatchState
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.quantities import counted, number
from mass_apology.system.time_zones import zone_named

WIDEST = 100  # columns; wider windows leave the rest free
_LABEL = 10  # columns
_SHARES = 5  # languages, and destinations
_REPLIES = 4
_NOTES = 2
_TROUBLE = frozenset({WatchState.DEAD, WatchState.SILENT, WatchState.STOPPED})


class Line(Struct, frozen=True):
    """One line, and how it stands out."""

    text: str
    style: str = ""  # of rich


def frame(view: CampaignView, width: int, height: int, *, blocks: bool = True) -> list[Line]:
    """At most ``height`` lines of at most ``width`` columns. ``blocks``: the terminal can show them."""
    width = min(width, WIDEST)
    lines = [line for part in _parts(view, width, blocks=blocks) for line in part]
    return [Line(_cropped(line.text, width), line.style) for line in lines[:height]]


def one_line(view: CampaignView) -> str:
    """The view in one line, for a log."""
    pace = f" · {view.pace.rate:g}/s" if view.moving else ""
    limit = f" · {view.limit.sentence}" if view.limit.sentence != view.headline else ""
    return printable(f"{view.at:%H:%M:%S} UTC  {view.headline}{pace}{limit}")


def _parts(view: CampaignView, width: int, *, blocks: bool) -> Iterator[Sequence[Line]]:
    wave = "" if view.wave == FIRST_WAVE else f" · {view.wave}"
    zone = zone_named(view.time_zone)
    now = f"{view.at.astimezone(zone):%H:%M:%S %Z}"
    title = printable(f"{view.campaign}{wave}")
    yield [Line(f"{title:<{max(0, width - len(now) - 1)}} {now}", "bold")]
    yield _text(view.headline, width, "bold red" if view.state in _TROUBLE else "bold")
    if view.people.total:
        yield [Line(_bar(view.people.percent / 100, width, blocks=blocks), "green")]
        yield _text(view.people.sentence, width, "")
    yield [Line("")]
    if view.people.total:
        yield _row("letters", _statuses(view), width)
    yield _row("pace", _pace(view), width)
    yield [line for at, relay in enumerate(view.relays) for line in _row("" if at else "through", _relay(relay), width)]
    yield _row("held by", view.limit.sentence, width, "yellow" if view.limit.needs_a_person else "")
    if view.limit.advice:
        yield _row("", f"→ {view.limit.advice}", width, "yellow")
    yield _row("end", view.end.sentence, width, "" if view.end.in_time is not False else "yellow")
    yield _row("sender", _sender(view, zone), width)
    possible = [action.name for action in view.actions if action.possible]
    if possible:
        yield _row("you can", " · ".join(f"mass-apology {name}" for name in possible), width)
    if view.details is not None:
        yield _shares("language", view.details.languages, width, blocks=blocks)
        yield _shares("to", view.details.destinations, width, blocks=blocks)
        yield _replies(view.details.replies)
        if view.details.answers_waiting:
            waiting = counted(view.details.answers_waiting, "person", "people")
            yield _row("answers", f"{waiting} wrote and wait: mass-apology answers", width)
    yield [Line(f"{note.at.astimezone(zone):%H:%M}  {printable(note.what)}", "dim") for note in view.notes[:_NOTES]]


def _text(text: str, width: int, style: str) -> list[Line]:
    return [Line(line, style) for line in wrapped(printable(text), width).split("\n")]


def _row(label: str, text: str, width: int, style: str = "") -> list[Line]:
    told = wrapped(f"{label:<{_LABEL}}{printable(text)}", width, hang=_LABEL).split("\n")
    return [Line(line, style) for line in told]


def _bar(share: float, width: int, *, blocks: bool) -> str:
    percent = f"{100 * share:5.1f} %"
    room = width - len(percent) - 1
    full = int(share * room)
    signs = "█░" if blocks else "#."
    return f"{signs[0] * full}{signs[1] * (room - full)} {percent}"


def _statuses(view: CampaignView) -> str:
    counts = view.people.counts
    shown = [
        f"{number(counts[status])} {status.value.lower().replace('_', ' ')}" for status in Status if counts.get(status)
    ]
    return " · ".join(shown) or "none"


def _pace(view: CampaignView) -> str:
    pace = view.pace
    parts = [f"{pace.rate:g}/s of {pace.configured}"]
    if pace.share < 1:
        parts.append(f"throttled to {pace.share:.0%}")
    if pace.connections:
        parts.append(counted(pace.connections, "connection"))
    return " · ".join([*parts, *pace.windows])


def _relay(relay: RelayView) -> str:
    parts = [f"{relay.name}: {relay.rate:g}/s", f"{number(relay.accepted)} accepted"]
    others = {"deferred": relay.deferred, "refused": relay.refused, "in doubt": relay.in_doubt}
    parts += [f"{number(count)} {name}" for name, count in others.items() if count]
    if relay.share < 1:
        parts.append(f"throttled to {relay.share:.0%}")
    return " · ".join([*parts, relay.state] if relay.state else parts)


def _sender(view: CampaignView, zone: tzinfo) -> str:
    if view.sender is None:
        return "nobody"
    began = f", since {view.sender.began_at.astimezone(zone):%H:%M:%S}" if view.sender.began_at else ""
    return f"process {view.sender.pid} on {view.sender.host}{began}"


def _shares(label: str, shares: Sequence[ShareView], width: int, *, blocks: bool) -> list[Line]:
    if len(shares) < 2:
        return []
    shown = shares[:_SHARES]
    wide = min(28, max(columns(printable(each.name)) for each in shown))
    room = max(8, width - _LABEL - wide - 34)
    lines = [Line("")]
    for at, each in enumerate(shown):
        name = _cropped(printable(each.name), wide)
        done = _filled(each.reached / each.total if each.total else 1.0, room, blocks=blocks)
        rest = [f"{number(each.open)} open"] if each.open else []
        rest += [f"{number(each.not_reached)} not reached"] if each.not_reached else []
        told = f"{number(each.reached)} of {number(each.total)}{', ' * bool(rest)}{', '.join(rest)}"
        blank = " " * (wide - columns(name))
        lines.append(Line(f"{label if at == 0 else '':<{_LABEL}}{name}{blank} {done} {told}"))
    return lines


def _filled(share: float, room: int, *, blocks: bool) -> str:
    full = int(share * room)
    signs = "▪·" if blocks else "#."
    return signs[0] * full + signs[1] * (room - full)


def _replies(replies: Sequence[ReplyView]) -> list[Line]:
    if not replies:
        return []
    lines = [
        Line(f"{number(each.letters):>8}  {each.status.value.lower().replace('_', ' ')}: {printable(each.text)}")
        for each in replies[:_REPLIES]
    ]
    return [Line(""), Line("latest replies"), *lines]


def _cropped(text: str, width: int) -> str:
    """A line of the screen: what is too long ends in "…"."""
    if columns(text) <= width:
        return text
    while columns(text) > width - 1:
        text = text[:-1]
    return f"{text}…"
