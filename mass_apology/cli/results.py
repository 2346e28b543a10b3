"""How things ended, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mass_apology.cli.screen import duration, number, say, table
from mass_apology.model import Status

if TYPE_CHECKING:
    from mass_apology.flows.looking.preview import Previewed
    from mass_apology.flows.looking.rehearse import Rehearsed
    from mass_apology.flows.plans.approving import Approved
    from mass_apology.flows.sending.deliver import Ended
    from mass_apology.flows.showing.report import Report
    from mass_apology.flows.showing.standing import Standing


def show_ended(ended: Ended) -> None:
    """How the run ended, and what to do next."""
    table(_status_rows(ended.counts), right=True)
    rate = f", {ended.sent / ended.seconds:.0f} a second" if ended.seconds > 1 else ""
    say(f"{number(ended.sent)} accepted in this run, in {duration(ended.seconds)}{rate}.")
    if ended.due:
        say(ended.reason or "Stopped as asked; every letter that was on its way is recorded.")
        say(f"{number(ended.due)} letters are still due. To go on: mass-apology send")
    elif ended.unreached:
        say("Some letters need a person. See who and why: mass-apology report --to results.csv")
    else:
        say("Everyone was written to. The record: mass-apology report --to results.csv")
    if ended.counts.get(Status.IN_DOUBT):
        say(
            "In doubt: the relay may have these letters, so they are not sent again by themselves. "
            "To send them again all the same: mass-apology send --resend-in-doubt"
        )


def _status_rows(counts: Mapping[Status, int]) -> Iterator[tuple[str, str]]:
    for status in Status:
        if counts.get(status):
            yield status.value.lower().replace("_", " "), number(counts[status])


def show_standing(standing: Standing) -> None:
    """``status``."""
    say(f"{standing.campaign}: {standing.activity}")
    table(_status_rows(standing.counts), right=True)
    say(f"due: {number(standing.due)}")


def show_report(found: Report) -> None:
    """``report``."""
    say(f"{found.campaign}: {number(found.letters)} letters{f', plan {found.code}' if found.code else ''}")
    table(_status_rows(found.counts), right=True)
    if found.replies:
        say("\nReplies to letters that were not accepted:")
        table((f"{reply.status.lower()} {number(reply.count)}", reply.text) for reply in found.replies)
    if found.written:
        say(f"\nWritten: {found.written}")
    if found.unreached_written:
        say(f"Everyone no letter reached: {found.unreached_written}")


def show_previewed(made: Previewed) -> None:
    """``preview``."""
    for finding in made.examples:
        say(f"{finding.where}: {finding.problem}")
    if made.failed:
        say(
            f"{number(made.failed)} of the letters cannot be written and are not in it. All of them: mass-apology check"
        )
    for note in made.notes:
        say(note)
    say(f"{made.file} holds {number(made.shown)} of {number(made.letters)} letters of the plan {made.code}.")


def show_rehearsed(rehearsed: Rehearsed) -> None:
    """``test``."""
    for tried in rehearsed.tried:
        outcome = "accepted" if tried.accepted else "not accepted"
        say(f"{tried.to}: the letter of {tried.about}, {tried.language}: {outcome} ({tried.said})")
    say(
        f"{number(rehearsed.accepted)} of {number(rehearsed.letters)} test letters were accepted by the relay. "
        "No customer was written to."
    )


def show_approved(approved: Approved) -> None:
    """``approve``."""
    say(f"{approved.by} approves the plan {approved.code}: {number(approved.letters)} letters.")
    say(approved.sentence)
