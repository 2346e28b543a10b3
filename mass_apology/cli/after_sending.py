"""The commands after the first letter: follow-ups, corrections, purge.

Flows are imported inside the commands, as in ``app``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum, auto
from functools import partial
from typing import Annotated, Any

import typer

from mass_apology.cli import before_sending, completion, results, screen, watching
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Json, Override, opened
from mass_apology.model import Severity
from mass_apology.settings import SubjectLine

app = typer.Typer(rich_markup_mode=None)

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


class Timer(StrEnum):
    """A scheduler that can run ``follow-up`` regularly."""

    SYSTEMD = auto()
    CRON = auto()
    KUBERNETES = auto()


@app.command("follow-up")
def follow_up(  # noqa: PLR0913, PLR0917 (options)
    folder: Folder = HERE,
    plan: Annotated[bool, typer.Option("--plan", help="Only show who would get what, and when.")] = False,
    arm: Annotated[
        str | None,
        typer.Option(
            metavar="WAVE",
            help="Agree to this wave, by typing the number of its letters.",
            autocompletion=completion.follow_ups,
        ),
    ] = None,
    confirm: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="With --arm or --resend-in-doubt, instead of typing the number: it must equal it."
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and send whatever becomes due.")] = False,
    resend_in_doubt: Annotated[
        str | None,
        typer.Option(
            "--resend-in-doubt",
            metavar="WAVE",
            help="Send this wave, and again, with the same Message-ID, its letters in doubt, after their typed number.",
        ),
    ] = None,
    as_json: Json = False,
    override: Override = None,
) -> None:
    """Send the follow-up letters that are armed and due.

    It is meant for a timer: run late or twice, each letter goes once.

    \b
    Examples:
      mass-apology follow-up --plan
      mass-apology follow-up --arm follow-up-1
      mass-apology follow-up
      mass-apology follow-up --watch
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.follow_up import consent
    from mass_apology.flows.follow_up import follow_up as flow
    from mass_apology.flows.follow_up import outlook as looking

    if plan + watch + (arm is not None) + (resend_in_doubt is not None) > 1:
        raise typer.BadParameter(
            "only one of them at a time", param_hint="--plan, --arm, --watch and --resend-in-doubt"
        )
    if confirm is not None and arm is None and resend_in_doubt is None:
        raise typer.BadParameter("it belongs to --arm WAVE or --resend-in-doubt WAVE", param_hint="--confirm")
    if plan:
        found = looking.outlook(opened(folder))
        _printer(results.show_outlook, as_json=as_json)(found)
        if found.findings or any(each.severity is Severity.ERROR for wave in found.waves for each in wave.findings):
            raise typer.Exit(Exit.NEEDS_A_PERSON)
        return
    resend = flow.Resend(wave=resend_in_doubt, confirm=confirm) if resend_in_doubt is not None else None
    with watching.run_terminal(quiet=as_json) as operator:
        if arm is not None:
            agreed = event_loop.run(
                consent.agree(
                    opened(folder),
                    arm,
                    operator.count,
                    confirm=confirm,
                    on_progress=operator.stage,
                    notice=operator.notice,
                    override=tuple(override or ()),
                )
            )
            _printer(results.show_armed, as_json=as_json)(agreed)
            return
        codes = tuple(override or ())
        show = _printer(results.show_followed_up, as_json=as_json)
        done = (
            flow.watch(opened(folder), operator, show, override=codes)
            if watch
            else flow.run(opened(folder), operator, resend, override=codes)
        )
    if not watch:
        show(done)
    if any(wave.needs_a_person for wave in done.waves):
        raise typer.Exit(Exit.NEEDS_A_PERSON)
    if done.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)


def _printer(show: Callable[[Any], None], *, as_json: bool) -> Callable[[Any], None]:
    """The function that shows a result: as sentences, or as one JSON object."""
    return screen.print_json if as_json else show


@app.command()
def correct(  # noqa: PLR0913, PLR0917 (options)
    template: Annotated[str, typer.Option(help="The correcting letter.", autocompletion=completion.templates)],
    folder: Folder = HERE,
    wave: Annotated[str, typer.Option(help="Whose letters had the error.", autocompletion=completion.waves)] = "first",
    where: Annotated[
        str | None,
        typer.Option(
            help="Only customers of whom this holds, as `where` in campaign.toml.", autocompletion=completion.columns
        ),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=TIME_FORMATS, help="Only letters accepted from then on, UTC.")
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=TIME_FORMATS, help="Only letters accepted before, UTC.")
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="DIGITS", help="Only letters made from this, as status shows it; or one message's SHA-256."
        ),
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only customers whose rows changed after their letter had gone.")
    ] = False,
    subject: Annotated[
        SubjectLine, typer.Option(help="That of the letter before, with a prefix or without, or its template's own.")
    ] = SubjectLine.PREFIX,
    name: Annotated[str, typer.Option(help="The correction's name: under the same one it goes on.")] = "correction",
    resend_in_doubt: Annotated[
        bool,
        typer.Option(
            "--resend-in-doubt", help="Send again, with the same Message-ID, its letters in doubt. This is recorded."
        ),
    ] = False,
    confirm: Annotated[int | None, typer.Option(metavar="N", help="Instead of typing the count.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Send nothing, and write the letters to preview.html instead.")
    ] = False,
    override: Override = None,
) -> None:
    """Write once more to those whose accepted letter had an error.

    The letters go in the same thread, after the typed count.

    \b
    Examples:
      mass-apology correct --template correction --preview
      mass-apology correct --template correction
      mass-apology correct --template correction --where "plan == 'pro'" --before 2026-11-20T12:00
      mass-apology correct --template correction --digest 3fa2c1d90b77
      mass-apology correct --template correction --changed
    """
    from mass_apology.flows.follow_up import affected
    from mass_apology.flows.follow_up import correct as flow
    from mass_apology.flows.preview import wave_letters

    options = affected.CorrectOptions(
        template=template,
        name=name,
        wave=wave,
        where=where,
        since=since.replace(tzinfo=UTC).timestamp() if since else None,
        before=before.replace(tzinfo=UTC).timestamp() if before else None,
        digest=digest.lower() if digest else None,
        changed=changed,
        subject=subject,
        resend_in_doubt=resend_in_doubt,
        confirm=confirm,
        override=tuple(override or ()),
    )
    if preview:
        before_sending.show_preview(opened(folder), partial(wave_letters.correction_letters, options=options))
        return
    with watching.run_terminal() as operator:
        ended = flow.correct(opened(folder), options, operator)
    results.show_ended(ended)
    if ended.due or ended.unreached:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@app.command()
def schedule(
    folder: Folder = HERE,
    form: Annotated[Timer, typer.Option("--print", help="Which timer.")] = Timer.SYSTEMD,
    every: Annotated[int, typer.Option(min=1, max=60, metavar="MINUTES", help="How often to look.")] = 15,
) -> None:
    """Print a timer for follow-up: for systemd, cron or Kubernetes.

    \b
    Examples:
      mass-apology schedule --print systemd
      mass-apology schedule --print cron --every 5
    """
    from mass_apology.flows.follow_up import timers

    screen.say(timers.text(form, folder, every))


@app.command()
def retry(
    folder: Folder = HERE,
    refused: Annotated[bool, typer.Option("--refused", help="Letters that the relay refused for good.")] = False,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only refusals with this code: 5.7.1, or 554.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            help="Only customers of whom this holds, as `where` in campaign.toml.", autocompletion=completion.columns
        ),
    ] = None,
    wave: Annotated[str, typer.Option(help="Whose letters.", autocompletion=completion.waves)] = "first",
    confirm: Annotated[int | None, typer.Option(metavar="N", help="Instead of typing the count.")] = None,
) -> None:
    """Take refusals back, so that the letters are due again.

    Nothing is sent: send or follow-up does that. The ledger notes who took back what.
    Who is on the suppression list stays refused.

    \b
    Examples:
      mass-apology retry --refused --code 5.7.1
      mass-apology retry --refused --where "plan == 'pro'" --confirm 12
      mass-apology retry --refused --wave follow-up-1
    """
    from mass_apology.flows.feedback import retry as flow

    if not refused:
        raise typer.BadParameter("say which letters: --refused", param_hint="retry")
    options = flow.RetryOptions(code=code, where=where, wave=wave, confirm=confirm)
    with watching.run_terminal() as operator:
        retried = flow.retry(opened(folder), options, results.show_refusals, operator.count)
    results.show_retried(retried)


@app.command()
def purge(
    older_than: Annotated[str, typer.Option(help="Only if nothing has happened for so long: '90 days'.")],
    folder: Folder = HERE,
    confirm: Annotated[
        int | None, typer.Option(metavar="N", help="Instead of typing the number of people: it must equal it.")
    ] = None,
    all_suppressions: Annotated[
        bool,
        typer.Option(
            "--all-suppressions",
            help="Also forget addresses of the suppression list that are so old and not from this campaign.",
        ),
    ] = False,
) -> None:
    """Forget the people of a campaign that is over.

    It asks for their number. Counts, statuses, digests and the suppression list's effect stay.

    \b
    Examples:
      mass-apology purge --older-than "90 days"
      mass-apology purge --older-than "90 days" --confirm 48172
    """
    from mass_apology.flows.purge import purge as flow

    options = flow.PurgeOptions(older_than=older_than, confirm=confirm, all_suppressions=all_suppressions)
    with watching.run_terminal() as terminal:
        purged = flow.purge(opened(folder), options, terminal.count_people)
    results.show_purged(purged)
