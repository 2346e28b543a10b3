"""The letters that ``preview`` and ``test`` choose from: those of the first wave, as they would be planned now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mass_apology import history
from mass_apology.errors import ConfirmationError
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.letter.example_facts import with_examples
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import gaps
from mass_apology.model import FIRST_WAVE, Delivery
from mass_apology.settings import SubjectLine
from mass_apology.workspace.workspace import Workspace


def _as_it_is(letter: Delivery) -> Delivery:
    return letter


class Shown(Struct, frozen=True, kw_only=True):
    """Letters that can be looked at, and what writes them."""

    letters: Callable[[], Iterator[list[Delivery]]]  # in batches
    total: int  # letters
    writer: Writer
    recipe: Callable[[], Writer]  # for other processes
    header: Sequence[str]  # the names of the recipients file's columns
    template: str
    wave: str = FIRST_WAVE
    code: str  # of the plan
    examples: tuple[str, ...]  # facts that campaign.toml lacks, and the letters show examples of
    at_check: int | None = None  # letters at the last check, if it was of the same plan
    notes: tuple[str, ...] = ()  # what a person should know of them
    complete: Callable[[Delivery], Delivery] = _as_it_is  # gives a letter that is shown what costs too much for all


class Source(Protocol):
    """Opens the letters of one wave."""

    def __call__(
        self, workspace: Workspace, key: bytes, *, on_progress: OnProgress
    ) -> AbstractAsyncContextManager[Shown]:
        """``key`` is the ledger's, for the Message-IDs. Raises ``MassApologyError``."""


class Writing(Struct, frozen=True, kw_only=True):
    """What writes letters from a template, with examples of the facts that campaign.toml lacks."""

    recipe: Callable[[], Writer]
    examples: tuple[str, ...]  # names of these facts


@asynccontextmanager
async def first_letters(workspace: Workspace, key: bytes, *, on_progress: OnProgress) -> AsyncIterator[Shown]:
    """The letters of the first wave, good rows only. ``key`` is the ledger's."""
    async with plan.drafted(
        workspace, key, plan.Terms(skip_bad_rows=True, render=False), on_progress=on_progress
    ) as draft:
        languages = tuple(draft.check.languages)
        writing = writing_with_examples(workspace, draft.header, workspace.campaign.template, languages)
        yield Shown(
            letters=draft.letters,
            total=draft.check.letters,
            writer=writing.recipe() if writing.examples else draft.writer,
            recipe=writing.recipe,
            header=draft.header,
            template=workspace.campaign.template,
            code=draft.check.code,
            examples=writing.examples,
            at_check=_letters_at_check(workspace.folder, draft.parts),
        )


def writing_with_examples(
    workspace: Workspace,
    header: Sequence[str],
    template: str,
    languages: Sequence[str],
    subject_line: SubjectLine = SubjectLine.OWN,
) -> Writing:
    """What writes letters in these languages, whether or not campaign.toml has all facts that they tell."""
    scenario, campaign = workspace.scenario(template), workspace.campaign
    lacking = list(gaps(scenario, campaign.incident, languages))
    incident = with_examples(campaign.incident, scenario.facts, lacking) if lacking else campaign.incident
    filled = Workspace(folder=workspace.folder, campaign=replace(campaign, incident=incident))
    return Writing(
        recipe=plan.writer_recipe(filled, header, template, subject_line),
        examples=tuple(dict.fromkeys(each.fact for each in lacking)),
    )


def require_facts(shown: Shown) -> None:
    """Raise ``ConfirmationError`` where the letters show examples: none of them may leave, not even to oneself."""
    if shown.examples:
        raise ConfirmationError(
            f"campaign.toml lacks facts that the letters tell: {', '.join(shown.examples)}; nothing was sent.",
            next_step="Write them under [incident]. To see the letters with examples until then: mass-apology preview",
        )


def _letters_at_check(folder: Path, parts: Mapping[str, str]) -> int | None:
    """The number of letters at the last check, if it was of the same plan: both commands then show one number."""
    last = history.last_check(folder)
    return last.letters if last is not None and dict(last.parts) == dict(parts) else None
