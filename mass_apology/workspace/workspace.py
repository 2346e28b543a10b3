"""``Workspace``: what a command opens from a campaign's folder, found in one place and passed on as one value."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import LOG_NAME, read_campaign
from mass_apology.errors import SuppressionError
from mass_apology.languages import language_files
from mass_apology.ledger import Store
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.letter.message.own_files import own_file_paths
from mass_apology.letter.message.row_patterns import is_pattern
from mass_apology.letter.scenario import Scenario, load_scenario, purpose_of
from mass_apology.letter.template_files import template_directories, template_files
from mass_apology.recipients import RecipientsFile
from mass_apology.settings import BrandSettings, Campaign
from mass_apology.suppression import Purpose, default_path, shared_path
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.source_digests import letters_digest, part_digests, wave_digest


class Workspace(Struct, frozen=True, kw_only=True, dict=True):
    """A campaign's folder and the campaign in it, as they were when the command began.

    The command line makes one with ``open`` and hands it to one flow, which passes it on. A function that needs only
    the campaign, or only the folder, takes just that. Paths are those that campaign.toml names; whether there is a file
    is found by whoever opens it.
    """

    folder: Path  # as given on the command line
    campaign: Campaign  # as campaign.toml said when it was read
    unpacked_from: Store | None = None  # of a folder that a worker made: the ledger that its files came from

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Read the folder's campaign.toml. Raises ``CampaignError`` that names all that is wrong in it."""
        return cls(folder=folder, campaign=read_campaign(folder))

    @classmethod
    def open_unpacked(cls, folder: Path, store: Store) -> Workspace:
        """A folder with the files that a worker unpacked: its ledger is there, whatever campaign.toml says, and
        passwords in files are named relative to where the worker runs. Raises as ``open``."""
        return cls(folder=folder, campaign=read_campaign(folder, secrets=Path.cwd()), unpacked_from=store)

    @property
    def is_unpacked(self) -> bool:
        """Whether a worker made this folder. No person works in it: it has no recipients file, list or programs."""
        return self.unpacked_from is not None

    def reopened(self) -> Workspace:
        """The same folder with campaign.toml as it is now: to see whether it changed meanwhile."""
        if self.unpacked_from is not None:
            return Workspace.open_unpacked(self.folder, self.unpacked_from)
        return Workspace.open(self.folder)

    @cached_property
    def absolute_folder(self) -> Path:
        """The folder as this machine's records name it."""
        return self.folder.resolve()

    @cached_property
    def template_directories(self) -> tuple[Path, ...]:
        """Where templates are looked for, in this order: the campaign's own, then the shipped ones."""
        return template_directories(self.folder)

    @property
    def recipients_path(self) -> Path:
        """The recipients file; it may be missing once a plan is made."""
        return self.folder / self.campaign.recipients

    def recipients_file(self) -> RecipientsFile:
        """The recipients file, not opened yet."""
        mended = self.campaign.mended
        return RecipientsFile(self.recipients_path, mended=self.folder / mended if mended else None)

    @cached_property
    def ledger_store(self) -> Store:
        """Where the ledger is kept, whether or not there is one yet."""
        return ledger_store(self.folder) if self.unpacked_from is None else self.unpacked_from

    @property
    def log_path(self) -> Path:
        """The log of what was sent."""
        return self.folder / LOG_NAME

    @property
    def has_suppression_list(self) -> bool:
        """False only for a user without a home directory whose campaign names no list of its own."""
        has_own = bool(self.campaign.suppression.file) and not self.is_unpacked
        return has_own or default_path() is not None

    @property
    def suppression_list(self) -> Path:
        """The list that applies: the campaign's own where it names one, else this machine's; to a worker without the
        campaign's folder always this machine's.

        Raises ``SuppressionError`` where the campaign's own is missing, and where there is no place for the machine's.
        """
        if not self.campaign.suppression.file or self.is_unpacked:
            return shared_path()
        path = self.folder / Path(self.campaign.suppression.file).expanduser()
        if not path.exists():
            raise SuppressionError(
                f"There is no suppression list at {path}.",
                next_step="Correct `$.suppression.file` in campaign.toml. A list is begun with "
                f"{STATE_VARIABLE}=FOLDER mass-apology suppress add ADDRESS, and is FOLDER/suppressions.sqlite then.",
            )
        return path

    @cached_property
    def sender_domain(self) -> str:
        """The domain of the letters' From, and of their Message-IDs."""
        return parse_mailbox(self.campaign.sender.from_, "sender.from").domain

    def scenario(self, template: str | None = None) -> Scenario:
        """What a template's scenario.toml declares; the campaign's template unless given. Raises ``TemplateError``."""
        return load_scenario(template or self.campaign.template, self.template_directories)

    def purpose(self) -> Purpose:
        """The purpose of the letters, which the scenario may state. Raises ``TemplateError`` if it cannot be read."""
        return Purpose(purpose_of(self.campaign, self.scenario()))

    @property
    def attachment_paths(self) -> list[Path]:
        """The attachments, images and the logo that campaign.toml names, whether they are there or not."""
        message, brand = self.campaign.message, self.campaign.brand
        shared = (name for name in message.attachments if not is_pattern(name))
        names = (*shared, *message.images.values(), *filter(None, (brand.logo, brand.logo_dark)))
        return [self.folder / each for each in names]

    def attached(self) -> list[tuple[str, int]]:
        """What goes with every letter, in most layouts the logo too: names and octets."""
        campaign = self.campaign
        brand = campaign.brand if campaign.layout == "plain" else BrandSettings()
        logos = {self.folder / name for name in (brand.logo, brand.logo_dark) if name}
        return [(path.name, path.stat().st_size) for path in self.attachment_paths if path not in logos]

    @property
    def own_file_paths(self) -> list[Path]:
        """The files that some rows may have attached, sorted."""
        return own_file_paths(self.folder, self.campaign.message)

    @property
    def font_paths(self) -> list[Path]:
        """The files of the campaign's own fonts, sorted."""
        named = self.campaign.letterhead.pdf_fonts
        return sorted(path for path in (self.folder / named).rglob("*") if path.is_file()) if named else []

    def letter_parts(self, template: str) -> dict[str, str]:
        """Sources of the letters from this template, as the files are now → SHA-256.

        The recipients and the schedule are left out, and of campaign.toml the settings without an effect on letters:
        relay, limits, deadlines, segments, notifications.
        """
        return {"campaign.toml": letters_digest(self.campaign), **self._file_parts(template)}

    def wave_parts(self, template: str) -> dict[str, str]:
        """Sources of a further wave, as the files are now → SHA-256: those of its letters, and the schedule.

        A consent to the wave is bound to them. The customers are the ledger's and no part of it: whom the wave reaches
        changes with replies, bounces and time, and is bounded by the number that was agreed to.
        """
        return {"campaign.toml": wave_digest(self.campaign), **self._file_parts(template)}

    def part_files(self, template: str) -> dict[str, list[Path]]:
        """The files of each part of a letter from this template, in the order of their digest; see ``letter_parts``."""
        letters = template_files(template, self.template_directories, self.campaign.layout)
        parts = {
            "the template": [*letters, *self.font_paths],
            "the attachments": [*self.attachment_paths, *self.own_file_paths],
        }
        if self.campaign.codes:
            parts["the codes"] = [self.folder / self.campaign.codes.file]
        if languages := language_files(self.folder):
            parts["the languages"] = list(languages)
        return parts

    def _file_parts(self, template: str) -> dict[str, str]:
        return part_digests(self.part_files(template))
