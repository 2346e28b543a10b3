"""Finds and opens the suppression list that applies to a campaign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mass_apology.errors import SuppressionError
from mass_apology.letter.scenario import load_scenario, purpose_of
from mass_apology.letter.template_files import shipped_templates
from mass_apology.settings import Campaign
from mass_apology.suppression import Purpose, Suppressions, SuppressionVerdict, default_path, judge
from mass_apology.system.state_folder import STATE_VARIABLE


def store_path(campaign: Campaign | None = None, folder: Path | None = None) -> Path:
    """The list's file: the campaign's own where it names one, else this machine's. Raises ``SuppressionError``."""
    if campaign is not None and folder is not None and campaign.suppression.file:
        path = folder / Path(campaign.suppression.file).expanduser()
        if not path.exists():
            raise SuppressionError(
                f"There is no suppression list at {path}.",
                next_step="Correct `$.suppression.file` in campaign.toml. A list is begun with "
                f"{STATE_VARIABLE}=FOLDER mass-apology suppress add ADDRESS, and is FOLDER/suppressions.sqlite then.",
            )
        return path
    shared = default_path()
    if shared is None:
        raise SuppressionError(
            "There is no place for the suppression list: this user has no home directory.",
            next_step=f"Name a folder in the environment variable {STATE_VARIABLE}.",
        )
    return shared


def list_path_and_size(campaign: Campaign, folder: Path) -> tuple[str, int]:
    """Absolute path of the list in use and its number of entries; ``("", 0)`` if the user has no home for one."""
    if not (campaign.suppression.file or default_path() is not None):
        return "", 0
    path = store_path(campaign, folder).resolve()
    return str(path), entries_in(path)


def entries_in(path: Path) -> int:
    """How many entries a list has; none where there is no such file."""
    with Suppressions.open(path) as store:
        return sum(store.counts().values())


class Suppressed:
    """The suppression list as it applies to one campaign; plans, gate and flows ask it about addresses."""

    def __init__(self, store: Suppressions | None, purpose: Purpose) -> None:
        self._store = store
        self.purpose = purpose

    def among(self, addresses: Sequence[str]) -> dict[str, str]:
        """The suppressed ones of ``addresses``, each with the reason as a sentence."""
        verdicts = self.verdicts(addresses).items()
        return {address: verdict.sentence for address, verdict in verdicts if verdict.withheld}

    def verdicts(self, addresses: Sequence[str]) -> dict[str, SuppressionVerdict]:
        """The verdict on each of ``addresses`` that is on the list."""
        if self._store is None:
            return {}
        return {address: judge(entry, self.purpose) for address, entry in self._store.among(addresses).items()}


@contextmanager
def suppressed(campaign: Campaign, folder: Path) -> Iterator[Suppressed]:
    """Open the list; empty for a user without a home directory.

    Raises ``TemplateError`` if the scenario, which may state the letters' purpose, cannot be read.
    """
    with ExitStack() as opened:
        store = None
        if campaign.suppression.file or default_path() is not None:
            store = opened.enter_context(Suppressions.open(store_path(campaign, folder)))
        scenario = load_scenario(campaign.template, (folder / "templates", shipped_templates()))
        yield Suppressed(store, Purpose(purpose_of(campaign, scenario)))
