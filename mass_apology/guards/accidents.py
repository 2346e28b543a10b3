"""All guards about a plan: the accident that each prevents, its test, and the command that overrides it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from email.utils import parseaddr
from types import MappingProxyType

from msgspec.structs import replace

from mass_apology.errors import shell_command
from mass_apology.guards import times, unfinished
from mass_apology.guards.domains import internal_hosts, is_reserved
from mass_apology.guards.facts import Commonest, Facts, WrittenAgain
from mass_apology.guards.renamed_waves import RENAMED
from mass_apology.model import Finding, Severity
from mass_apology.quantities import are, counted, were
from mass_apology.system.timestamps import utc_day, utc_minute

GUARDS: Mapping[str, str] = MappingProxyType(
    {
        "template-draft": "A letter marked as a draft, or with words left from trying it out, reaches customers.",
        "internal-links": "Customers get links to a staging system, or to an address of the company's own network.",
        "example-facts": "The examples that explain campaign.toml go out as if they were the facts.",
        "impossible-dates": "The letter tells of an incident that is still to come, or that ended before it began.",
        "placeholder-sender": "Customers get a letter from Your Name, or from a domain that belongs to nobody.",
        "reply-nowhere": "Customers who answer the apology reach nobody.",
        "leftover-placeholders": "Customers read [FIRSTNAME] or {{name}}: the marks of another program's templates.",
        "missing-value-words": "Customers are addressed as nan, None or #REF!: words that stand for a missing value.",
        "legal-forbidden": "A letter says what the law forbids it, such as “voluntary” in a product recall.",
        "safety-language": "People are warned of a danger in a language that they do not read.",
        "identical-letters": "Everybody gets one and the same text, though the letter was to be personal.",
        "one-mailbox": "One mailbox gets a flood of letters, since the wrong column holds the addresses.",
        "one-name": "Everybody is called by one name, since the wrong column holds the names.",
        "test-recipients-mixed": "A trial's recipients and real customers are in one file: it is one file too many.",
        "empty-plan": "Nobody is written to, and nobody notices.",
        "shrunken-plan": "A mistake in `where` leaves out nearly everybody who was affected.",
        "count-jump": "Since the last check the file was replaced by one that is far larger or smaller.",
        "too-many-recipients": "A letter that was meant for a few goes to the whole customer base.",
        "too-late": "A letter that was right yesterday goes out when it no longer is.",
        "already-written": "A mailbox that this wave has reached gets a second letter, under another name or key.",
        "wave-renamed": "A follow-up goes to the same people again, since it has another name or place than before.",
        "letter-too-large": "Some customers get no letter, since the relay does not take one of that size.",
        "same-file-sent": "The same customers get the apology twice, from a copy of the campaign.",
        "ledger-lost": "Everybody is written to again, since the record of who was is gone.",
        "ledger-copied": "Two copies of a campaign's folder send, and each writes to those whom the other wrote to.",
        "suppressions-other": "Another suppression list is used than before, and who asked for no letters gets one.",
        "ledger-set-back": "An older copy of the ledger takes the place of a newer one, and letters leave again.",
        "ledger-other-server": "A standby takes over that lacks the last second, and what left in it leaves again.",
    }
)
"""Code of a guard → the accident that it prevents. Docs and ``--override`` use this table."""

JUMP = 50  # letters: a smaller change since the last check is no finding
MANY = 20  # letters: among fewer, one mailbox, name or text for most can be chance
SAME_FILE_WITHIN = 24 * 3600.0  # seconds: another campaign's earlier sending to the same file is no finding
THROWAWAY_SHARE = 0.001  # share of letters: some real customers use such mailboxes

_JINJA = re.compile(r"\{[{%](?:(?!\{[{%]).)*?[%}]\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])(?:salutation|name)(?!\w)")
_NO_REPLY = ("noreply", "donotreply", "dontreply", "neodpovidat", "nepasrepondre")


SEND = "mass-apology send"
AGAIN = "run the same command with"
"""The command for a guard that several commands have: the same command must be run again."""


def override(code: str, command: str = SEND) -> str:
    """The command that overrides this guard."""
    return f"{'mass-apology follow-up --arm WAVE' if code == RENAMED else command} --override {code}"


def accidents(facts: Facts, overridden: Collection[str] = ()) -> list[Finding]:
    """Run every guard on a plan; the findings of the codes in ``overridden`` are only warnings."""
    return apply_overrides((finding for guard in _ALL for finding in guard(facts)), overridden)


def apply_overrides(
    findings: Iterable[Finding], overridden: Collection[str] = (), command: str = SEND
) -> list[Finding]:
    """Add the override command to the advice of each guard's finding; if overridden, lower it to a warning.

    Other modules call it for their findings with a guard's code, such as those about single letters.
    """
    return [_apply_override(finding, finding.code in overridden, command) for finding in findings]


def _apply_override(finding: Finding, overridden: bool, command: str) -> Finding:  # noqa: FBT001 (private, and called once)
    if finding.code not in GUARDS or finding.severity is not Severity.ERROR:
        return finding
    if overridden:
        return replace(finding, severity=Severity.WARNING, advice=f"It is overridden: --override {finding.code}")
    return replace(finding, advice=f"{finding.advice.rstrip('.')}. If it is meant: {override(finding.code, command)}")


def _error(code: str, where: str, problem: str, advice: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, where=where, problem=problem, advice=advice)


def _template_draft(facts: Facts) -> Iterator[Finding]:
    advice = "Finish the letter, and delete the mark."
    for template in facts.templates:
        for line, words in unfinished.draft_marks(template.text):
            yield _error("template-draft", f"{template.file}, line {line}", f"The letter says “{words}”.", advice)
    for path, words in unfinished.draft_facts(facts.campaign.incident):
        yield _error("template-draft", _incident(path), f"The fact says “{words}”.", "Write what the letter is to say.")


def _internal_links(facts: Facts) -> Iterator[Finding]:
    letters = [(template.file, template.text) for template in facts.templates]
    told = unfinished.facts(facts.campaign.incident)
    letters += [(_incident(path), value) for path, value in told if isinstance(value, str)]
    # Nobody sees these before a customer needs them, so a trial reports them, too.
    unseen = [("campaign.toml, [message] list_unsubscribe", each) for each in facts.campaign.message.list_unsubscribe]
    unseen += [(f"campaign.toml, [remedies] {name}", each) for name, each in facts.campaign.remedies.items()]
    for where, text in (*letters, *unseen) if facts.audience.real else unseen:
        if hosts := internal_hosts(text):
            problem = f"Customers cannot reach what this links to: {', '.join(hosts)}."
            found = _error("internal-links", where, problem, "Link to the public page.")
            yield found if facts.audience.real else replace(found, severity=Severity.WARNING)


def _example_facts(facts: Facts) -> Iterator[Finding]:
    if not facts.audience.real:
        return
    if paths := unfinished.example_facts(facts.campaign.incident, facts.examples):
        problem = f"These facts are the template's examples: {', '.join(paths)}."
        advice = "Write your own incident's facts in their place."
        yield _error("example-facts", "campaign.toml, [incident]", problem, advice)


def _impossible_dates(facts: Facts) -> Iterator[Finding]:
    moments = unfinished.moments(facts.campaign.incident)
    for path in times.in_future(moments, facts.now):
        problem = f"{utc_day(moments[path].timestamp())} is still to come."
        yield _error("impossible-dates", _incident(path), problem, "Correct the date, its year included.")
    for start, end in times.reversed_pairs(moments):
        problem = f"It is before {start}, {utc_day(moments[start].timestamp())}."
        yield _error("impossible-dates", _incident(end), problem, "Correct one of the two.")


def _placeholder_sender(facts: Facts) -> Iterator[Finding]:
    name, address = parseaddr(facts.campaign.sender.from_)
    domain = address.rpartition("@")[2].lower()
    if facts.audience.real and (name.casefold() == "your name" or is_reserved(domain)):
        problem = f"The letters would come from {facts.campaign.sender.from_}, whom nobody knows."
        yield _error("placeholder-sender", "campaign.toml, sender.from", problem, "Name the person who answers for it.")


def _reply_nowhere(facts: Facts) -> Iterator[Finding]:
    sender = facts.campaign.sender
    key, mailbox = ("reply_to", sender.reply_to) if sender.reply_to else ("from", sender.from_)
    local_part = parseaddr(mailbox)[1].rpartition("@")[0].lower()
    if local_part.translate({ord(each): None for each in "-_."}).startswith(_NO_REPLY):
        yield Finding(
            code="reply-nowhere",
            severity=Severity.WARNING,
            where=f"campaign.toml, sender.{key}",
            problem=f"Customers who answer write to {mailbox}, and nobody reads it.",
            advice="Give a mailbox that people read: sender.reply_to.",
        )


def _identical_letters(facts: Facts) -> Iterator[Finding]:
    texts = facts.distinct_texts
    if texts is None or facts.letters < MANY or texts > facts.languages:
        return
    name_column = facts.campaign.columns.name or "name"
    if used := _columns_used([each.text for each in facts.templates], facts.columns, name_column):
        problem = f"All {facts.letters:,} letters read the same, though they are to show {', '.join(used)}."
        advice = "Look at those columns in the file, and at [columns] in campaign.toml."
        yield _error("identical-letters", f"template {facts.campaign.template}", problem, advice)


def _columns_used(templates: Sequence[str], columns: Sequence[str], name_column: str) -> list[str]:
    """The columns in the templates' Jinja: ``customer.plan``, ``row["order id"]``, the name.

    ``incident`` and ``sender`` hold facts, even if one has the name of a column.
    """
    code = " ".join(part for text in templates for part in _JINJA.findall(text))
    return [column for column in columns if _mentions(code, column) or (column == name_column and _NAME.search(code))]


def _mentions(code: str, column: str) -> bool:
    pattern = rf"""(?:(?<!\bincident)(?<!\bsender)\.|["']){re.escape(column)}(?!\w)"""
    return re.search(pattern, code) is not None


def _one_mailbox(facts: Facts) -> Iterator[Finding]:
    crowd = facts.crowd
    if crowd.letters >= MANY and crowd.letters * 2 >= facts.rows_chosen:
        problem = f"{crowd.letters:,} persons of {facts.rows_chosen:,} rows have the address {crowd.value}."
        advice = f"Is `{facts.campaign.columns.address}` the customers' own address? See [columns] in campaign.toml."
        yield _error("one-mailbox", facts.campaign.recipients, problem, advice)
    most = facts.audience.address
    if _is_share(most, facts):
        problem = f"{most.letters:,} of {facts.audience.letters:,} letters go to {most.value}."
        advice = f"Is `{facts.campaign.columns.address}` the customers' own address? See [columns] in campaign.toml."
        yield _error("one-mailbox", facts.campaign.recipients, problem, advice)


def _one_name(facts: Facts) -> Iterator[Finding]:
    most = facts.audience.name
    if _is_share(most, facts):
        problem = f"{most.letters:,} of {facts.audience.letters:,} letters are to somebody called “{most.value}”."
        advice = "Name the column that holds the customers' names: [columns] name in campaign.toml."
        yield _error("one-name", facts.campaign.recipients, problem, advice)


def _is_share(most: Commonest, facts: Facts) -> bool:
    return most.letters >= MANY and most.letters * 2 >= facts.audience.letters


def _test_recipients_mixed(facts: Facts) -> Iterator[Finding]:
    audience = facts.audience
    throwaway = audience.throwaway if audience.throwaway > audience.letters * THROWAWAY_SHARE else 0
    tests = audience.reserved + throwaway
    if tests and audience.real:
        problem = (
            f"{counted(tests, 'letter goes', 'letters go')} to test addresses ({', '.join(audience.test_domains)}), "
            f"{counted(audience.real, 'does', 'do')} not."
        )
        advice = "Delete the test rows, or correct the file: is it the customers'?"
        yield _error("test-recipients-mixed", facts.campaign.recipients, problem, advice)


def _empty_plan(facts: Facts) -> Iterator[Finding]:
    if facts.rows_chosen == 0:
        where = "campaign.toml, where" if facts.rows_read else facts.campaign.recipients
        problem = (
            f"Of {counted(facts.rows_read, 'row')}, none is chosen." if facts.rows_read else "The file has no rows."
        )
        yield _error("empty-plan", where, problem, "Correct it, then run: mass-apology check")


def _shrunken_plan(facts: Facts) -> Iterator[Finding]:
    if 0 < facts.rows_chosen * 100 < facts.rows_read:
        problem = f"Only {facts.rows_chosen:,} of {facts.rows_read:,} rows {are(facts.rows_chosen)} chosen."
        advice = f"Look at the expression again: {facts.campaign.where}"
        yield _error("shrunken-plan", "campaign.toml, where", problem, advice)


def _count_jump(facts: Facts) -> Iterator[Finding]:
    before, now = facts.letters_at_last_check, facts.letters
    if before is None or abs(now - before) < JUMP or before <= now * 2 <= before * 4:
        return
    problem = f"There {are(now)} {counted(now, 'letter')} now; at the last check there {were(before)} {before:,}."
    advice = "Is it the right file? If so, run mass-apology check, look at it, and send."
    yield _error("count-jump", facts.campaign.recipients, problem, advice)


def _too_many_recipients(facts: Facts) -> Iterator[Finding]:
    most = facts.campaign.limits.max_recipients
    if most is not None and facts.letters > most:
        problem = (
            f"There {are(facts.letters)} {counted(facts.letters, 'letter')}, and limits.max_recipients is {most:,}."
        )
        advice = "Choose rows with `where`, or raise the limit."
        yield _error("too-many-recipients", facts.campaign.recipients, problem, advice)


def _too_late(facts: Facts) -> Iterator[Finding]:
    latest = facts.campaign.not_after
    if latest is not None and facts.now > latest.timestamp():
        problem = f"It is {utc_minute(facts.now)}, and not_after is {utc_minute(latest.timestamp())}."
        advice = "Read the letter once more: is it still true? Then move not_after."
        yield _error("too-late", "campaign.toml, not_after", problem, advice)


def _already_written(facts: Facts) -> Iterator[Finding]:
    if facts.written_again:
        several = facts.written_again > 1
        named = ", ".join(map(_written_to, facts.again)) + (", …" if facts.written_again > len(facts.again) else "")
        problem = (
            f"{facts.written_again:,} new letters are for mailboxes that this wave has reached: {named}."
            if several
            else f"A new letter is for a mailbox that this wave has reached: {named}."
        )
        advice = (
            "If they are the same people, write their keys and names as they were, or take one_letter_per out of "
            "campaign.toml"
        )
        yield _error("already-written", facts.campaign.recipients, problem, advice)


def _written_to(again: WrittenAgain) -> str:
    who = f"{again.name} <{again.address}>" if again.name else again.address
    when = f" {utc_minute(again.at)}" if again.at is not None else ""
    return f"{who} (line {again.line}; {again.status.value.lower().replace('_', ' ')}{when})"


def _same_file_sent(facts: Facts) -> Iterator[Finding]:
    for use in facts.earlier_uses:
        if facts.now - use.at <= SAME_FILE_WITHIN:
            problem = (
                f"This very file was sent at {utc_minute(use.at)} by the campaign {use.campaign}: "
                f"{counted(use.letters, 'letter')}, in {use.folder}."
            )
            advice = f"To go on with that one: {shell_command('send', '-C', use.folder)}"
            yield _error("same-file-sent", facts.campaign.recipients, problem, advice)


def _incident(path: str) -> str:
    table, _, name = path.rpartition(".")
    return f"campaign.toml, [incident.{table}] {name}" if table else f"campaign.toml, [incident] {name}"


_ALL = (
    _template_draft,
    _internal_links,
    _example_facts,
    _impossible_dates,
    _placeholder_sender,
    _reply_nowhere,
    _identical_letters,
    _one_mailbox,
    _one_name,
    _test_recipients_mixed,
    _empty_plan,
    _shrunken_plan,
    _count_jump,
    _too_many_recipients,
    _too_late,
    _already_written,
    _same_file_sent,
)
