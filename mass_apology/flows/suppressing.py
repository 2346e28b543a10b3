"""Finds and opens the suppression list that applies to a campaign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mass_apology.suppression import Purpose, Suppressions, SuppressionVerdict, judge
from mass_apology.workspace.workspace import Workspace


def list_path_and_size(workspace: Workspace) -> tuple[str, int]:
    """Absolute path of the list in use and its number of entries; ``("", 0)`` if the user has no home for one."""
    if not workspace.has_suppression_list:
        return "", 0
    path = workspace.suppression_list.resolve()
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
def suppressed(workspace: Workspace) -> Iterator[Suppressed]:
    """Open the list; empty for a user without a home directory.

    Raises ``TemplateError`` if the scenario, which may state the letters' purpose, cannot be read.
    """
    with ExitStack() as opened:
        store = None
        if workspace.has_suppression_list:
            store = opened.enter_context(Suppressions.open(workspace.suppression_list))
        yield Suppressed(store, workspace.purpose())
