"""``reconcile``: settles letters in doubt by the relay's log, or rebuilds a lost ledger from the campaign's log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen, watching
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Json, opened
from mass_apology.quantities import are, counted, number

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mass_apology.flows.continuity.rebuild import Rebuilt
    from mass_apology.flows.feedback.reconcile import Reconciled

LISTED = 20  # letters that are printed one by one; --json has all

app = typer.Typer(rich_markup_mode=None)

_VERDICTS = {
    "taken": "taken by the relay",
    "not_taken": "not taken",
    "unnamed": "not decided by the log, though it covers their time",
    "uncovered": "not covered by the log",
}


@app.command()
def reconcile(
    log: Annotated[
        list[str] | None,
        typer.Option(
            "--log",
            metavar="PATH",
            help="A log of the relay, also .gz, or - for standard input. Repeatable, oldest first.",
        ),
    ] = None,
    from_log: Annotated[
        Path | None,
        typer.Option(
            "--from-log",
            metavar="PATH",
            help="The campaign's own log.jsonl, where the ledger was lost or set back: first learn from it what left.",
        ),
    ] = None,
    folder: Folder = HERE,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Of times without an offset: Europe/Warsaw; else this machine's.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the log proves; record nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Settle letters in doubt by the relay's own log, or rebuild a lost ledger from the campaign's.

    Logs of Postfix, Exim and Sendmail can be read. Nothing is sent.

    \b
    Examples:
      mass-apology reconcile --log /var/log/mail.log
      mass-apology reconcile --log mail.log.2.gz --log mail.log.1 --log mail.log --dry-run
      ssh relay journalctl -u postfix@- -o short-iso | mass-apology reconcile --log -
      mass-apology reconcile --from-log log.jsonl
    """
    from mass_apology.flows.feedback import reconcile as flow

    if not log and from_log is None:
        raise typer.BadParameter("one of them is needed", param_hint="--log and --from-log")
    if from_log is not None:
        if log or dry_run:
            raise typer.BadParameter("run it by itself first", param_hint="--from-log")
        _rebuild(folder, from_log, as_json=as_json)
        return

    def show(found: Reconciled) -> None:
        if not as_json:
            _show(found)

    with watching.planning_progress(quiet=as_json) as on_progress:
        found = flow.reconcile(
            opened(folder), log or [], zone=_zone(zone), record=not dry_run, show=show, on_progress=on_progress
        )
    if as_json:
        screen.print_json(found)
    elif found.recorded:
        screen.say(f"{counted(found.recorded, 'letter')} {are(found.recorded)} accepted from now on.")
    if found.count(flow.DoubtVerdict.TAKEN) < len(found.letters):
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _rebuild(folder: Path, log: Path, *, as_json: bool) -> None:
    from mass_apology.flows.continuity import rebuild as flow

    with watching.planning_progress(quiet=as_json) as on_progress:
        rebuilt = flow.rebuild(opened(folder), log, on_progress=on_progress)
    if as_json:
        screen.print_json(rebuilt)
    else:
        _show_rebuilt(rebuilt)
    if rebuilt.in_doubt or rebuilt.copied_from or not rebuilt.whole:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _show_rebuilt(rebuilt: Rebuilt) -> None:
    screen.say(f"The ledger learned of {counted(rebuilt.letters, 'letter')}:")
    named = ("accepted", "refused", "expired", "in_doubt")
    counts = [(name.replace("_", " "), getattr(rebuilt, name)) for name in named]
    screen.table(((name, number(count)) for name, count in counts if count), right=True)
    screen.say(f"Still due: {counted(rebuilt.due, 'letter')}.")
    if rebuilt.in_doubt:
        screen.say("What is in doubt, the relay's log may tell: mass-apology reconcile --log mail.log")
    if rebuilt.unmatched:
        screen.say(
            f"{counted(rebuilt.unmatched, 'letter')} of the log are of nobody in the recipients file as it is. "
            "Put the file back as it was when they left, and run this again: until then nothing is sent."
        )
    if rebuilt.missing:
        screen.say(
            f"This machine remembers {counted(rebuilt.missing, 'letter')} more that left; the log does not name "
            "them. Find the rest of the log, or a newer copy of the ledger: until then nothing is sent."
        )
    if rebuilt.copied_from:
        screen.say(
            f"The ledger is a copy of the one in {rebuilt.copied_from}, and its log is as old as it is: neither knows "
            "what left from there since. Until that is settled nothing is sent; mass-apology check says how."
        )
    elif rebuilt.whole:
        screen.say("To go on: mass-apology check, then mass-apology send")


def _zone(name: str | None) -> ZoneInfo | None:
    from mass_apology.system.time_zones import zone_named

    try:
        return zone_named(name) if name else None
    except ValueError as error:
        raise typer.BadParameter(f"{name} is no time zone; Europe/Warsaw and UTC are", param_hint="--zone") from error


def _show(found: Reconciled) -> None:
    if found.first_at is not None and found.last_at is not None:
        span = f"from {_utc_time(found.first_at)} to {_utc_time(found.last_at)} UTC"
    else:
        span = "without a time that could be read"
    screen.say(f"{counted(found.lines, 'line')} of log, {span}.")
    if found.on_their_way:
        letters = counted(found.on_their_way, "letter")
        screen.say(f"{letters} are just being handed over, and not looked at: ask again when the sending has ended.")
    if not found.letters:
        screen.say("No letter is in doubt.")
        return
    screen.say(f"{counted(len(found.letters), 'letter')} {are(len(found.letters))} in doubt:")
    counts = [
        (words, sum(letter.verdict == verdict for letter in found.letters)) for verdict, words in _VERDICTS.items()
    ]
    screen.table(((words, number(count)) for words, count in counts if count), right=True)
    _name_letters(found)
    _advise(*(count for _, count in counts))


def _name_letters(found: Reconciled) -> None:
    named = [letter for letter in found.letters if letter.verdict != "taken"]
    for letter in named[:LISTED]:
        where = f" ({letter.where})" if letter.where else ""
        said = f": {letter.relay_text}{where}" if letter.relay_text else ""
        screen.say(f"  {letter.address}: {_VERDICTS[letter.verdict]}{said}")
    if len(named) > LISTED:
        screen.say(f"  and {number(len(named) - LISTED)} more; --json names all.")


def _advise(_taken: int, not_taken: int, unnamed: int, uncovered: int) -> None:
    if uncovered:
        screen.say(
            "To decide more, read logs that reach further, all of one relay, and again once it has written more."
        )
    if not not_taken:
        return
    safe = f"send --resend-in-doubt is safe for {number(not_taken)}"
    if unnamed or uncovered:
        screen.say(f"{safe}; it would send the other {number(unnamed + uncovered)} too, which the relay may have.")
    else:
        screen.say(f"{safe}: mass-apology send --resend-in-doubt")


def _utc_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
