"""Collects the facts of a plan for the guards against accidents, and returns their findings."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology import history
from mass_apology.errors import ConfirmationError
from mass_apology.flows.continuity.elsewhere import WrittenElsewhere
from mass_apology.guards import (
    GUARDS,
    SAME_FILE_WITHIN,
    Audience,
    Commonest,
    EarlierUse,
    Facts,
    TemplateText,
    WrittenAgain,
    accidents,
    apply_overrides,
)
from mass_apology.guards.lost_ledger import LostElsewhere, elsewhere_findings
from mass_apology.ledger import Again, Known
from mass_apology.letter.template_files import letter_texts
from mass_apology.model import Delivery, Finding, Severity
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.recipients import RecipientsFile
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.workspace import Workspace

LATE = "too-late"  # this guard is checked at every send, not only for a new plan


def require_known(overridden: Collection[str]) -> None:
    """Raise ``ConfirmationError`` if a code is not a guard's."""
    unknown = sorted(set(overridden) - set(GUARDS))
    if unknown:
        raise ConfirmationError(
            ended(f"There is no guard {', '.join(unknown)}{did_you_mean(unknown[0], GUARDS)}"),
            next_step=f"The guards are {', '.join(GUARDS)}.",
        )


def require_overridden(findings: Iterable[Finding], consequence: str) -> None:
    """Raise one ``ConfirmationError`` for all guards' findings that are not overridden.

    ``consequence`` is a clause such as "Nothing was sent".
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        problems = " ".join(f"{finding.where}: {finding.problem}" for finding in errors)
        raise ConfirmationError(
            f"{problems} {consequence} ({', '.join(finding.code for finding in errors)}).",
            next_step=". ".join(finding.advice.rstrip(".") for finding in errors),  # it ends in a command, to be copied
        )


class Numbers(Struct, frozen=True, kw_only=True):
    """A plan in numbers."""

    rows_read: int
    rows_chosen: int
    letters: int
    languages: Sequence[str]
    distinct_texts: int | None  # None if the letters were not rendered
    audience: Audience
    crowd: Commonest  # the mailbox shared by most persons, and their number
    known: Known  # the plan's people that the ledger knows


class Guards:
    """The guards of one plan: ``add`` its letters if the guards ``need_letters``, then ask for the ``findings``."""

    def __init__(
        self,
        workspace: Workspace,
        file: RecipientsFile,
        *,
        header: Sequence[str],
        overridden: Collection[str],
        is_review: bool,
    ) -> None:
        """``overridden`` are codes; raises ``ConfirmationError`` for others.

        ``is_review``: a person looks at the plan now, so that its size need not be compared with what they saw last.
        """
        require_known(overridden)
        self._workspace = workspace
        self._campaign = workspace.campaign
        self._file = file
        self._header = header
        self._overridden = overridden
        self._is_review = is_review
        self._written_elsewhere = WrittenElsewhere(workspace)

    def add(self, letters: Sequence[Delivery]) -> None:
        """Compare these letters with what was written elsewhere."""
        self._written_elsewhere.add(letters)

    @property
    def need_letters(self) -> bool:
        """Whether letters have to be added: whether there is anything to compare them with."""
        return self._written_elsewhere.is_known

    def apply_overrides(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings; those of guards are lowered if overridden, else their advice names the override."""
        return apply_overrides(findings, self._overridden)

    def lost_elsewhere(self) -> list[LostElsewhere]:
        """Lost ledgers of the campaign in other folders, with people of this plan."""
        return list(self._written_elsewhere.ledgers())

    def letters_before(self) -> int | None:
        """The number of letters at the last check, if there was one."""
        last = history.last_check(self._workspace.absolute_folder)
        return last.letters if last else None

    def findings(self, numbers: Numbers) -> list[Finding]:
        """The findings of all guards about the plan."""
        facts = Facts(
            now=time.time(),
            campaign=self._campaign,
            columns=tuple(self._header),
            rows_read=numbers.rows_read,
            rows_chosen=numbers.rows_chosen,
            letters=numbers.letters,
            audience=numbers.audience,
            templates=self._templates(numbers.languages),
            examples=self._examples(),
            languages=len(numbers.languages),
            distinct_texts=numbers.distinct_texts,
            letters_at_last_check=None if self._is_review else self.letters_before(),
            crowd=numbers.crowd,
            written_again=numbers.known.written,
            again=tuple(_again(each) for each in numbers.known.again),
            earlier_uses=self._earlier_uses(),
        )
        lost = elsewhere_findings(
            ledger_store(self._workspace.absolute_folder).place,
            self._campaign.name,
            self._campaign.recipients,
            self.lost_elsewhere(),
        )
        return [*accidents(facts, self._overridden), *self.apply_overrides(lost)]

    def _templates(self, languages: Sequence[str]) -> tuple[TemplateText, ...]:
        texts = letter_texts(self._campaign.template, languages, self._workspace.template_directories)
        name = f"templates/{self._campaign.template}"
        return tuple(TemplateText(file=f"{name}/{path.name}", text=text) for path, text in texts)

    def _examples(self) -> Mapping[str, object]:
        return {name: fact.example for name, fact in self._workspace.scenario().facts.items()}

    def _earlier_uses(self) -> tuple[EarlierUse, ...]:
        sent = history.sent_since(time.time() - SAME_FILE_WITHIN)
        digest = self._file.sha256.hex() if sent else ""
        return tuple(
            EarlierUse(campaign=each.campaign, folder=each.folder, at=each.at, letters=each.letters)
            for each in sent
            if each.file_sha256 == digest and Path(each.folder) != self._workspace.absolute_folder
        )


def _again(each: Again) -> WrittenAgain:
    return WrittenAgain(line=each.lines[0], name=each.name, address=each.address, status=each.status, at=each.at)


def remember_sent(workspace: Workspace, file: RecipientsFile, letters: int) -> None:
    """Record on this machine that the campaign's file is being sent, for other campaigns; a failure is ignored."""
    history.remember_sent(
        history.Sent(
            file_sha256=file.sha256.hex(),
            campaign=workspace.campaign.name,
            folder=str(workspace.absolute_folder),
            at=time.time(),
            letters=letters,
        )
    )
