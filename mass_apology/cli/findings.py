"""Prints plans and findings: of ``init``, ``check``, ``send`` and ``templates test``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mass_apology.cli.screen import say, table
from mass_apology.model import Severity
from mass_apology.quantities import counted, number

if TYPE_CHECKING:
    from mass_apology.flows.init.new_campaign import InitResult
    from mass_apology.flows.plan.plan import Outlook
    from mass_apology.flows.plan.plan_check import Check
    from mass_apology.flows.templates.proofreading import Proof
    from mass_apology.preflight import Group

LINES_SHOWN = 12  # line numbers printed for one kind of finding
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def show_init(made: InitResult) -> None:
    """Print the result of ``init``: the folder, the matched columns, and the open questions."""
    say(f"{made.folder} holds campaign.toml and {made.recipients}.")
    table((f"  {match.role}", f"{match.column}  ({match.why})") for match in made.matches)
    if made.shown:
        say(f"The letters can show: {', '.join(made.shown)}.")
    if made.unused:
        more = ", …" if len(made.unused) > LINES_SHOWN else ""
        say(f"Nothing uses: {', '.join(made.unused[:LINES_SHOWN])}{more}.")
    say(f"Letters will be in: {', '.join(made.languages)}.")
    if made.style:
        say(f"Numbers and dates: {'; '.join(made.style)}.")
    for sentence in made.style_doubts:
        say(f"In doubt: {sentence} Say it in [csv].")
    if "address" not in {*(each.role for each in made.matches), *(each.role for each in made.doubts)}:
        say('No column seems to hold e-mail addresses. Write its name in campaign.toml, [columns]: address = "…"')
    for doubt in made.doubts:
        say(f"In doubt: {doubt.role}, perhaps {' or '.join(doubt.columns)}. {doubt.why}")
    for sentence in filter(None, (made.note, made.trouble and f"The file needs mending: {made.trouble}")):
        say(sentence)
    _show_choices(made)
    say(f"Now: cd {made.folder}, fill in campaign.toml, then run: mass-apology check")


def _show_choices(made: InitResult) -> None:
    """Print what was chosen and said, and how long customers have been waiting."""
    if made.sheets:
        others = ", ".join(made.sheets[1:LINES_SHOWN])
        say(f"Read is the sheet {made.sheets[0]}. For another one ({others}), begin anew with: --sheet NAME")
    for place, value in made.said.items():
        say(f"Written: {place} = {value}")
    if made.silence:
        say(f"Nobody has heard from you yet, {made.silence}.")


def show_proof(proof: Proof) -> None:
    """Print all findings about a template's letters."""
    for finding in proof.findings:
        say(f"{finding.severity.value} {finding.code}", style=STYLES[finding.severity])
        say(f"  {finding.where}: {finding.problem}")
        say(f"  → {finding.advice}")
    written = f"{counted(proof.letters, 'letter')} written in {', '.join(proof.languages)}"
    found = f"{number(len(proof.findings))} found" if proof.findings else "nothing is wrong"
    say(f"{proof.template}: {written}; {found}.")


def show_check(checked: Check) -> None:
    """Print the plan, its findings, and the next step."""
    from mass_apology.flows.check.check_rows import verdict

    show_plan(checked)
    say(f"\n{verdict(checked)}")


def show_plan(checked: Check) -> None:
    """Print the plan and its findings."""
    from mass_apology.flows.check.check_rows import rows

    table(rows(checked))
    for group in checked.groups:
        _show_group(group)


def show_changes(outlook: Outlook) -> None:
    """Print the changes since the last plan, if there was one."""
    if outlook.changed_parts:
        say(f"\nChanged since the last plan: {', '.join(outlook.changed_parts)}.")
    changes = outlook.changes
    if not (changes.known or changes.updated or changes.outdated or changes.missing or changes.superseded):
        return
    parts = [f"{number(changes.new)} new", f"{number(changes.known)} known already"]
    if changes.updated:
        parts.append(f"{number(changes.updated)} still due with changed data")
    if changes.outdated:
        parts.append(f"{number(changes.outdated)} changed after their letter had gone")
    if changes.missing:
        parts.append(f"{number(changes.missing)} no longer in the file")
    if changes.superseded:
        parts.append(f"{number(changes.superseded)} withheld, since their mailbox gets another letter")
    say(f"\nSince the last plan: {', '.join(parts)}.")
    if outlook.changed_lines:
        lines = ", ".join(map(str, outlook.changed_lines[:LINES_SHOWN]))
        more = ", …" if len(outlook.changed_lines) > LINES_SHOWN else ""
        say(f"Changed after their letter had gone: lines {lines}{more}. See: mass-apology correct --help")


def _show_group(group: Group) -> None:
    times = f" ({number(group.count)} times)" if group.count > 1 else ""
    say(f"\n{group.severity.value} {group.code}{times}", style=STYLES[group.severity])
    advices = list(dict.fromkeys(finding.advice for finding in group.examples))
    for finding in group.examples:
        say(f"  {finding.where}: {finding.problem}")
        if len(advices) > 1:
            say(f"  → {finding.advice}")
    if group.count > len(group.examples) and group.lines:
        shown = ", ".join(map(str, group.lines[:LINES_SHOWN]))
        say(f"  lines {shown}{', …' if group.count > LINES_SHOWN else ''}")
    elif group.count > len(group.examples):
        say(f"  and {number(group.count - len(group.examples))} more")
    if len(advices) == 1:
        say(f"  → {advices[0]}")
