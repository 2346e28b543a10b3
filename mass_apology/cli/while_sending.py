"""``send``: the command that sends the first letters.

Flows are imported inside the command, as in ``app``, which gives it its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import results, watching
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, CaFile, DatabasePassword, Folder, Override, SkipBadRows, opened

if TYPE_CHECKING:
    from mass_apology.flows.send.send import SendOptions
    from mass_apology.workspace.workspace import Workspace


def send(  # noqa: PLR0913, PLR0917 (options)
    folder: Folder = HERE,
    confirm: Annotated[
        int | None, typer.Option(metavar="N", help="Instead of typing the count: it must equal the letters due.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
    resend_in_doubt: Annotated[
        bool,
        typer.Option(
            "--resend-in-doubt", help="Send again, with the same Message-ID, what is in doubt. This is recorded."
        ),
    ] = False,
    withhold_missing: Annotated[
        bool,
        typer.Option(
            "--withhold-missing", help="Withhold letters still due whose customers are no longer in the file."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would leave, and when it would be done.")
    ] = False,
    override: Override = None,
) -> None:
    """Show the plan, ask for the count to be typed, then send.

    Run it again to go on after anything. Ctrl-C once finishes the letters on their way; twice stops at once.

    \b
    Examples:
      mass-apology send --dry-run
      mass-apology send
      mass-apology send --confirm 48172
      mass-apology send --skip-bad-rows
    """
    from mass_apology.flows.send import send as flow

    options = flow.SendOptions(
        confirm=confirm,
        skip_bad_rows=skip_bad_rows,
        resend_in_doubt=resend_in_doubt,
        withhold_missing=withhold_missing,
        override=tuple(override or ()),
    )
    if dry_run:
        _dry_run(opened(folder), options)
        return
    with watching.run_terminal() as operator:
        ended = flow.run(opened(folder), options, operator)
    results.show_ended(ended)
    if ended.due:
        raise typer.Exit(Exit.NEEDS_A_PERSON if ended.reason else Exit.INTERRUPTED)
    if ended.unreached:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def worker(
    folder: Folder = HERE,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="URL", help="In place of a folder: every campaign of this database that was confirmed."),
    ] = None,
    password: DatabasePassword = None,
    ca_file: CaFile = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when there is nothing to do, instead of waiting for more.")
    ] = False,
) -> None:
    """Take part in what `send` confirmed, on this machine or another one; needs a ledger in a database.

    Ctrl-C once finishes the letters on their way; twice stops at once. The letters it had go to the others.

    \b
    Examples:
      mass-apology worker
      mass-apology worker -C /srv/campaigns/acme-outage --once
      mass-apology worker --ledger postgresql://letters@db.acme.example/letters
    """
    from mass_apology.flows.worker import worker as flow

    if ledger is not None and folder != HERE:
        raise typer.BadParameter("the campaigns are those of a database or of a folder", param_hint="--ledger")
    if ledger is None and (password or ca_file):
        raise typer.BadParameter("is of a database: name it with --ledger", param_hint="--password, --ca-file")
    with watching.run_terminal() as operator:
        if ledger is None:
            ended = flow.run(opened(folder), operator, once=once)
        else:
            installation = flow.installation_of(ledger, password, ca_file)
            ended = flow.run_all(installation, operator, once=once)
    if ended is None:
        return
    results.show_ended(ended)
    if ended.due and not ended.is_left_to_others:
        raise typer.Exit(Exit.NEEDS_A_PERSON if ended.reason else Exit.INTERRUPTED)


def _dry_run(workspace: Workspace, options: SendOptions) -> None:
    from mass_apology.flows import event_loop
    from mass_apology.flows.plan.plan import Remaining
    from mass_apology.flows.send import dry_run as flow

    if options.confirm is not None or options.resend_in_doubt:
        raise typer.BadParameter("nothing is asked and nothing sent, so leave the others out", param_hint="--dry-run")
    with watching.run_terminal() as terminal:
        found = event_loop.run(flow.dry_run(workspace, options, on_progress=terminal.stage))
        known = found.check or found.remaining or Remaining(languages={}, set_aside=0)
        terminal.plan(known, found.due, workspace.campaign, found.outlook)
    results.show_dry_run(found)
    if not found.sendable:
        raise typer.Exit(Exit.NEEDS_A_PERSON)
