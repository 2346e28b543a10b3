"""The commands: parse, call one flow, print, exit code.

Flows are imported inside the commands, since ``--help`` must not pay for Jinja, SQLite and the event loop.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology import __version__
from mass_apology.cli import (
    after_sending,
    before_sending,
    completion,
    docs_app,
    evidence_screen,
    facts_app,
    feedback_app,
    findings,
    import_app,
    init_app,
    ledger_app,
    lint_app,
    metrics_app,
    notify_app,
    person_app,
    reconcile_app,
    results,
    screen,
    serve_app,
    status_screen,
    suppress_app,
    templates_app,
    watching,
    while_sending,
)
from mass_apology.cli.exits import Commands, Exit, errors_as_sentences, escape_unencodable
from mass_apology.cli.options import HERE, Folder, Force, Json, Override, SkipBadRows, opened

if TYPE_CHECKING:
    from mass_apology.ledger import Control

app = typer.Typer(
    name="mass-apology",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # the plain help keeps the examples as they are typed, and starts faster
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Personal apologies to everyone an incident hit: once each, through a relay that limits you, with a record of "
    "who was reached.",
)

app.add_typer(init_app.app)
app.add_typer(facts_app.app, name="facts")
app.add_typer(import_app.app, name="import")
app.add_typer(suppress_app.app, name="suppress")
app.add_typer(templates_app.app, name="templates")
app.add_typer(after_sending.app)
app.add_typer(feedback_app.app)
app.add_typer(person_app.app)
app.add_typer(reconcile_app.app)
app.add_typer(notify_app.app)
app.add_typer(ledger_app.app, name="ledger")
app.add_typer(docs_app.app)
app.add_typer(lint_app.app)
app.add_typer(metrics_app.app)
app.add_typer(serve_app.app)


def run() -> None:
    """The whole program."""
    escape_unencodable()
    with errors_as_sentences():
        app(prog_name="mass-apology")


def _version(asked: bool) -> None:  # noqa: FBT001 (typer's callback)
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command()
def check(  # noqa: PLR0913, PLR0917 (options)
    folder: Folder = HERE,
    skip_bad_rows: SkipBadRows = False,
    dns: Annotated[bool, typer.Option("--dns", help="Look the sender's domain up too: SPF, DKIM, DMARC, MX.")] = False,
    dkim_selector: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="With --dns: look at this DKIM key too. Repeatable.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the relay whether it can be used.")] = False,
    override: Override = None,
    to: Annotated[Path | None, typer.Option(help="Write it to this .html or .json file as well.")] = None,
    bad_rows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write rows with errors or warnings, and why, to this .csv or .xlsx, to be mended.",
        ),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read every row, render every letter, and say all that is wrong.

    Everything is said at once, the relay is asked too, and nothing is sent.

    \b
    Examples:
      mass-apology check
      mass-apology check --dns --to check.html
      mass-apology check --bad-rows rows.xlsx
      mass-apology check --json | jq .letters
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.check import check as flow

    options = flow.CheckOptions(
        skip_bad_rows=skip_bad_rows,
        dns=dns,
        dkim_selectors=tuple(dkim_selector or ()),
        offline=offline,
        override=tuple(override or ()),
        bad_rows=bad_rows,
    )
    with watching.planning_progress(quiet=as_json) as on_progress:
        checked = event_loop.run(flow.check(opened(folder), options, to, force=force, on_progress=on_progress))
    if as_json:
        screen.print_json(checked)
    else:
        findings.show_check(checked)
        if to is not None:
            screen.say(f"Written to {to}.")
        if bad_rows is not None:
            screen.say(f'Mend the rows in {bad_rows}, then name it in campaign.toml: mended = "{bad_rows.name}"')
    if not checked.sendable:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


app.command()(before_sending.preview)
app.command("test")(before_sending.rehearse)
app.command()(before_sending.approve)
app.command()(while_sending.send)
app.command()(while_sending.worker)


@app.command()
def status(
    folder: Folder = HERE,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until nothing is being sent.")] = False,
    as_json: Json = False,
) -> None:
    """Say how many letters are in which status, also during a send: how fast it goes, and when it will be done.

    \b
    Examples:
      mass-apology status
      mass-apology status --watch
      mass-apology status --json | jq .due
    """
    from mass_apology.flows.report import campaign_status as flow

    workspace = opened(folder)
    if watch and as_json:
        status = status_screen.watch_as_json(lambda: flow.campaign_status(workspace))
    elif watch:
        from mass_apology.cli import live_watch

        live_watch.watch(folder)
        status = flow.campaign_status(workspace)
        results.show_notices(status.findings)
    else:
        with watching.patience("reading the ledger", quiet=as_json):
            status = flow.campaign_status(workspace)
        show = screen.print_json if as_json else status_screen.show_status
        show(status)
    if status.findings:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@app.command()
def pause(folder: Folder = HERE) -> None:
    """Tell a running send to begin no further letter until resume.

    \b
    Example:
      mass-apology pause
    """
    from mass_apology.ledger import Control

    _request(folder, Control.PAUSE, "No further letter is begun until: mass-apology resume")


@app.command()
def resume(folder: Folder = HERE) -> None:
    """Tell a paused send to go on.

    \b
    Example:
      mass-apology resume
    """
    from mass_apology.ledger import Control

    _request(folder, Control.RUN, "The sending goes on.")


@app.command()
def stop(folder: Folder = HERE) -> None:
    """Tell a running send to end, as Ctrl-C does.

    The letters on their way are finished.

    \b
    Example:
      mass-apology stop
    """
    from mass_apology.ledger import Control

    _request(folder, Control.STOP, "The letters on their way are finished, then it ends. To go on: mass-apology send")


def _request(folder: Path, wanted: Control, sentence: str) -> None:
    from mass_apology.flows import control

    screen.say(sentence if control.request(folder, wanted) else "Nothing is being sent from this folder.")


@app.command()
def report(  # noqa: PLR0913, PLR0917 (options)
    folder: Folder = HERE,
    to: Annotated[
        Path | None, typer.Option(help="Write a page (.html), or a row per recipient (.csv, .xlsx, .json, .jsonl).")
    ] = None,
    unreached: Annotated[
        Path | None,
        typer.Option(help="Write everyone no letter reached to this .csv, .xlsx, .json or .jsonl."),
    ] = None,
    wave: Annotated[
        str,
        typer.Option(
            help="Another wave than the first: a follow-up's or correction's name.", autocompletion=completion.waves
        ),
    ] = "first",
    coverage: Annotated[
        Path | None,
        typer.Option(
            help="For a regulator: write which contents of the legal pack each letter has, and how soon it was taken, "
            "to this .csv, .xlsx, .json or .jsonl."
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Pack all that proves what was sent, and a program that verifies it, into this .zip."),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="With --evidence: the log.jsonl of another machine that sent with this ledger. Repeatable.",
        ),
    ] = None,
    timestamp_request: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --evidence: write what a time-stamp authority (RFC 3161) is sent."),
    ] = None,
    timestamp: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Put the authority's answer into the pack of --evidence.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Say who was reached and who was not, and why.

    \b
    Examples:
      mass-apology report
      mass-apology report --to report.html --unreached letters.csv
      mass-apology report --to results.csv
      mass-apology report --unreached to-call.xlsx
      mass-apology report --coverage coverage.csv
      mass-apology report --evidence pack.zip --timestamp-request pack.tsq
      mass-apology report --evidence pack.zip --timestamp pack.tsr
      mass-apology report --json
    """
    from mass_apology.flows.report import report as flow

    if (coverage is not None) + (evidence is not None) + (to is not None or unreached is not None) > 1:
        raise typer.BadParameter(
            "only one of them at a time", param_hint="--to and --unreached, --coverage, --evidence"
        )
    if coverage is not None:
        evidence_screen.cover(folder, coverage, wave, force=force, as_json=as_json)
        return
    if evidence is not None:
        from mass_apology.flows.evidence.packing import PackOptions

        options = PackOptions(to=evidence, logs=tuple(log or ()), request=timestamp_request, force=force)
        evidence_screen.pack(folder, options, timestamp, as_json=as_json)
        return
    if timestamp_request is not None or timestamp is not None or log:
        raise typer.BadParameter(
            "it belongs to --evidence pack.zip", param_hint="--timestamp-request, --timestamp, --log"
        )
    with watching.planning_progress(quiet=as_json) as on_progress:
        found = flow.report(opened(folder), to, unreached, force=force, wave=wave, on_progress=on_progress)
    if as_json:
        screen.print_json(found)
    else:
        results.show_report(found)
    if found.findings:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to make the demo's campaign.")] = Path("demo"),
) -> None:
    """Send a campaign of 2,000 customers to a relay in this process.

    The sender is killed half-way once, and run again.

    \b
    Example:
      mass-apology demo
    """
    from mass_apology.flows import demo as flow

    if not flow.run(folder, screen.say):
        raise typer.Exit(Exit.NEEDS_A_PERSON)
