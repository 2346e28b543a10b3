"""Prints the results of commands, each with the next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mass_apology.cli.screen import duration, say, table
from mass_apology.model import FIRST_WAVE, Finding, Status
from mass_apology.quantities import are, counted, number
from mass_apology.system.timestamps import local_minute

if TYPE_CHECKING:
    from mass_apology.flows.feedback.answers import Answers, Waiting
    from mass_apology.flows.feedback.bounces import Settled
    from mass_apology.flows.feedback.choices import Chosen
    from mass_apology.flows.feedback.retry import Found, Retried
    from mass_apology.flows.follow_up.follow_up import FollowedUp
    from mass_apology.flows.follow_up.outlook import Outlook
    from mass_apology.flows.plan.approve import Approved
    from mass_apology.flows.preview.preview import PreviewResult
    from mass_apology.flows.preview.test import RehearsalResult
    from mass_apology.flows.purge.purge import Purged
    from mass_apology.flows.report.report import Report
    from mass_apology.flows.send.dry_run import DryRun
    from mass_apology.flows.send.sending_run import RunResult
    from mass_apology.ledger.further_waves import Armed


REPLIES = 8  # distinct replies that are printed, at most


def show_ended(ended: RunResult) -> None:
    """Print the result of ``send`` or ``correct``."""
    table(status_rows(ended.counts), right=True)
    rate = f", {ended.sent / ended.seconds:.0f} a second" if ended.seconds > 1 else ""
    say(f"{number(ended.sent)} accepted in this run, in {duration(ended.seconds)}{rate}.")
    if ended.log_head:
        say(f"Head of the log's chain, worth keeping elsewhere: {ended.log_head}")
    if ended.is_left_to_others:
        say(f"{counted(ended.due, 'letter')} {are(ended.due)} still due: other processes have them, or take them.")
    elif ended.due:
        say(ended.reason or "Stopped as asked; every letter that was on its way is recorded.")
        say(f"Still due: {counted(ended.due, 'letter')}. To go on, run the same command again.")
    elif ended.unreached:
        say("Some letters need a person. See who and why: mass-apology report --to results.csv")
        if ended.counts.get(Status.REFUSED):
            say("Refusals whose cause is mended can be taken back: mass-apology retry --refused --code CODE")
    elif ended.counts.get(Status.WITHHELD):
        say("Everyone else was written to. Who was withheld, and why: mass-apology report --unreached letters.csv")
    else:
        say("Everyone was written to. The record: mass-apology report --to results.csv")
    if ended.archived.sentence:
        say(ended.archived.sentence)
    if doubts := ended.counts.get(Status.IN_DOUBT):
        say(
            f"{counted(doubts, 'letter')} in doubt: the relay may have them, so they are not sent again by themselves. "
            "First ask the relay's log: mass-apology reconcile --log mail.log. To send them again all the same, run "
            "the same command with --resend-in-doubt."
        )


def show_refusals(found: Found) -> None:
    """Print the refusals that ``retry`` would take back, grouped by reply."""
    say(f"{counted(found.letters, 'letter')} of the wave {found.wave} {are(found.letters)} refused, as asked for:")
    table(((number(letters), said) for said, letters in list(found.said.items())[:REPLIES]), right=False)
    if len(found.said) > REPLIES:
        say(f"and in other words to the rest: {counted(len(found.said) - REPLIES, 'more reply', 'more replies')}.")
    if found.suppressed:
        say(f"{counted(found.suppressed, 'more letter')} to addresses on the suppression list: refused they stay.")
    if found.left_file:
        say(f"{counted(found.left_file, 'more letter')} to customers who left the file: refused they stay.")


def show_retried(retried: Retried) -> None:
    """Print the result of ``retry`` and the command that sends the letters."""
    say(f"{retried.by} took back {counted(retried.letters, 'refusal')} of the wave {retried.wave}.")
    say(
        f"{'It is' if retried.letters == 1 else 'They are'} due again; nothing was sent yet. To send: {retried.command}"
    )


def status_rows(counts: Mapping[Status, int]) -> Iterator[tuple[str, str]]:
    """Each status that occurs, as a word, and its number."""
    for status in Status:
        if counts.get(status):
            yield status.value.lower().replace("_", " "), number(counts[status])


def show_report(found: Report) -> None:
    """Print the result of ``report``: counts, replies to letters not accepted, and the written files."""
    from mass_apology.pages.words import equation

    show_notices(found.findings)
    say(f"{found.campaign}: {equation(found.counts)}{f'; plan {found.code}' if found.code else ''}")
    table(status_rows(found.counts), right=True)
    if found.rows_set_aside:
        say(
            f"Rows set aside: {number(found.rows_set_aside)}, of {counted(found.set_aside, 'person')} without a letter."
        )
    if found.replies:
        say("\nReplies to letters that were not accepted:")
        table((f"{reply.status.lower()} {number(reply.count)}", reply.text) for reply in found.replies)
    if found.waiting_for_answer:
        people = counted(found.waiting_for_answer, "person waits", "people wait")
        say(f"\n{people} for an answer: mass-apology answers")
    if found.written:
        say(f"\nWritten: {found.written}")
    if found.unreached_written:
        say(f"Everyone no letter reached: {found.unreached_written}")


def show_outlook(found: Outlook) -> None:
    """Print the result of ``follow-up --plan``: the letters of each wave and day, and who gets none."""
    from mass_apology.schedule import Reason  # --help must not pay for this import

    show_notices(found.findings)
    say(f"{found.campaign}: {counted(len(found.waves), 'follow-up')}")
    for wave in found.waves:
        armed = f"armed for {number(wave.armed)}" if wave.armed is not None else "not armed"
        if wave.changed:
            armed += f", but {' and '.join(wave.changed)} changed since"
        say(f"\n{wave.name}, letter {wave.template}: {counted(wave.letters, 'letter')}, {armed}")
        table(
            (
                f"  {day.day:%a %Y-%m-%d}",
                f"{number(day.count)}: {_by_language(day.letters)}, {_from_to(day.first, day.last)}",
            )
            for day in found.days
            if day.wave == wave.name
        )
        _show_expected(found, wave.name)
        show_notices(wave.findings)
        for out in found.left_out:
            if out.wave == wave.name and out.reason is Reason.PLANNED:
                say(f"  {counted(out.count, 'letter')} of them planned already, or sent: mass-apology status")
            elif out.wave == wave.name:
                say(f"  {number(out.count)} get none: {out.reason.sentence}")
    for note, count in found.notes:
        say(f"{note} ({counted(count, 'time')})")
    if found.days or found.expected:
        say("\nDays are the recipients'; hours are this machine's.")
    for wave in found.waves:
        if wave.armed is None and wave.letters:
            say(f"\nTo agree to it: mass-apology follow-up --arm {wave.name}")


def show_notices(findings: Iterable[Finding]) -> None:
    """Print findings, each with its advice."""
    for finding in findings:
        say(f"  {finding.severity.value} {finding.code}: {finding.where}: {finding.problem}")
        say(f"  → {finding.advice}")


def _show_expected(found: Outlook, wave: str) -> None:
    days = [day for day in found.expected if day.wave == wave]
    if days:
        count, first, last = sum(day.count for day in days), min(day.first for day in days), max(d.last for d in days)
        say(f"  {counted(count, 'more is', 'more are')} expected, {_from_to(first, last)}, if all before are accepted")


def show_armed(agreed: Armed) -> None:
    """Print the result of ``follow-up --arm``."""
    say(f"{agreed.by} arms {agreed.wave}: at most {counted(agreed.letters, 'letter')}.")


def show_followed_up(done: FollowedUp) -> None:
    """Print the result of ``follow-up``, wave by wave, and when more is due."""
    for wave in done.waves:
        if wave.ended is not None:
            say(f"{wave.name}: {number(wave.ended.sent)} accepted in this run, {number(wave.ended.due)} still due.")
            table(status_rows(wave.ended.counts), right=True)
            for said in filter(None, (wave.ended.archived.sentence, wave.ended.reason)):
                say(said)
        if wave.said:
            say(f"{wave.name}: {wave.said}")
        elif wave.ended is None:
            say(f"{wave.name}: nothing is due now.")
    for promise in done.late:
        say(promise.sentence)
    if done.next_at is not None:
        say(f"More is due from {local_minute(done.next_at)}.")


def show_settled(settled: Settled) -> None:
    """Print the result of ``bounces``: counts, and the messages that need a person."""
    say(f"{number(settled.read)} read, {number(settled.known)} of them known already.")
    table(((kind.replace("_", " "), number(count)) for kind, count in settled.kinds.items()), right=True)
    say(f"{counted(settled.bounced, 'letter')} bounced; {counted(settled.complained, 'letter')} reported as abuse.")
    say(f"New on the suppression list: {counted(settled.suppressed, 'address')}.")
    if settled.chosen:
        say(f"New choices of a remedy: {number(settled.chosen)}. Who chose what: mass-apology choices --to choices.csv")
    if settled.cleared:
        say(f"In doubt until now, but the relay had them: {counted(settled.cleared, 'letter')}; accepted from now on.")
    if settled.on_their_way:
        say(f"About letters that are being handed over: {number(settled.on_their_way)}; they count when that is done.")
    if settled.unmatched:
        say(f"About no letter of this campaign: {counted(settled.unmatched, 'report')}.")
    if settled.unproven:
        say(f"Only an address, which anybody could name: {counted(settled.unproven, 'report')}; nothing was changed.")
    _show_for_a_person(settled)


def _show_for_a_person(settled: Settled) -> None:
    """What the command could not settle by itself."""
    if settled.forwarded:
        say("\nFailed where the recipient forwards mail to; the recipient's own address is not suppressed:")
        table((one.address, f"{one.final}: {one.said}") for one in settled.forwarded)
        say("These people did not get their letter: reach them in another way, or ask them to mend the forwarding.\n")
    for kept in settled.kept_apart:
        say(f"Not recorded: {kept.where}, of which {kept.file} is a copy. {kept.reason}")
    for name, items in (
        ("New replies of people", settled.replies),
        ("Not understood", settled.unread),
    ):
        if items:
            say(f"\n{name}:")
            table((item.sender, f"{item.subject} ({item.where})") for item in items)
    if settled.waiting_total:
        say("")
        _show_waiting(settled.waiting_total, settled.waiting[:10])
        say("All of them, for the support team: mass-apology answers --to waiting.csv")


def show_answers(found: Answers) -> None:
    """``answers``."""
    if not found.total:
        say("Nobody waits for an answer.")
    else:
        _show_waiting(found.total, found.waiting)
    if found.written:
        say(f"Written: {found.written}")


def _show_waiting(total: int, waiting: Sequence[Waiting]) -> None:
    people = counted(total, "person waits", "people wait")
    named = "" if total == len(waiting) else f"; the {number(len(waiting))} who have waited longest"
    say(f"{people} for an answer{named}:")
    table((one.who, f"{duration(one.hours * 3600)}: {one.subject}") for one in waiting)


def show_purged(purged: Purged) -> None:
    """Print the result of ``purge``, and the files that only the person can delete."""
    people = f"{counted(purged.people, 'person was', 'people were')}" if purged.people else "Nobody was left to be"
    say(f"{people} forgotten: ledger and log name nobody any more, nor do the free pages of the ledger's file.")
    say(f"Entries of the suppression list that lost their address, and go on working: {number(purged.suppressions)}.")
    if purged.suppressions_kept:
        kept = counted(purged.suppressions_kept, "entry")
        say(f"{kept} of other campaigns, or made by hand, still name an address: mass-apology suppress list")
    if purged.files:
        say("These may name people, and are yours to keep or to delete:")
        for file in purged.files:
            say(f"  {file}")
    say("So may copies: backups, reports and previews written elsewhere, the mailbox of bounces, the relay's log.")


def show_chosen(chosen: Chosen) -> None:
    """Print the result of ``choices``: the number of customers for each remedy."""
    if chosen.read:
        say(f"New: {counted(chosen.read.new, 'choice')}; known already: {number(chosen.read.known)}.")
        if chosen.read.strange:
            say(f"Of no letter, or no remedy, of this campaign: {counted(chosen.read.strange, 'token')}.")
    table(((remedy, number(count)) for remedy, count in chosen.remedies.items()), right=True)
    say(f"Have a letter and have chosen nothing: {number(chosen.undecided)}.")
    if chosen.written:
        say(f"Written: {chosen.written}")


def _from_to(first: float, last: float) -> str:
    return f"from {local_minute(first)} to {local_minute(last)}"


def _by_language(letters: Mapping[str, int]) -> str:
    return " · ".join(f"{language} {number(count)}" for language, count in letters.items())


def show_dry_run(found: DryRun) -> None:
    """Print what ``send`` would do, and where to look at it."""
    if found.due and found.finish_at is not None:
        say(f"They would be done by {local_minute(found.finish_at)} at the earliest.")
    say("Nothing was sent: this was a dry run.")
    if not found.sendable:
        say("Errors stand in the way: mass-apology check")
    elif found.due:
        say("To look at the letters: mass-apology preview --open. To send them: mass-apology send")


def show_previewed(made: PreviewResult) -> None:
    """Print the result of ``preview``."""
    for finding in made.examples:
        say(f"{finding.where}: {finding.problem}")
    if made.failed:
        say(
            f"{number(made.failed)} of the letters cannot be written and are not in it. All of them: mass-apology check"
        )
    for note in made.notes:
        say(note)
    if made.lacking:
        say(
            f"EXAMPLES — not your facts: campaign.toml lacks {', '.join(made.lacking)}. The letters show examples, "
            "marked, and cannot be sent."
        )
    what = f"plan {made.code}" if made.wave == FIRST_WAVE else f"wave {made.wave}"
    say(f"{made.file} holds {number(made.shown)} of {counted(made.letters, 'letter')} of the {what}.")


def show_rehearsed(rehearsed: RehearsalResult) -> None:
    """Print the result of ``test``: the relay's reply to each letter."""
    for tried in rehearsed.tried:
        outcome = "accepted" if tried.accepted else "not accepted"
        say(f"{tried.to}: the letter of {tried.about}, {tried.language}: {outcome} ({tried.reply_text})")
    say(
        f"{number(rehearsed.accepted)} of {counted(rehearsed.letters, 'test letter')} accepted by the relay. "
        "No customer was written to."
    )


def show_approved(approved: Approved) -> None:
    """Print the result of ``approve``."""
    say(f"{approved.by} approves the plan {approved.code}: {counted(approved.letters, 'letter')}.")
    say(approved.sentence)
