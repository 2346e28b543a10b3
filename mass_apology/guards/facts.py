"""The facts that guards test: one plan, its parts, and earlier plans and sendings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from mass_apology.model import Status
from mass_apology.settings import Campaign


class TemplateText(Struct, frozen=True, kw_only=True):
    """One letter's template, as the file has it."""

    file: str  # for a person: "templates/service-outage/en.md"
    text: str  # headers and body, as read


class EarlierUse(Struct, frozen=True, kw_only=True):
    """An earlier sending of another campaign to the same recipients file."""

    campaign: str  # its name
    folder: str  # where it is
    at: float  # when it was sent, Unix seconds
    letters: int


class Commonest(Struct, frozen=True, kw_only=True):
    """The value that most letters share. ``AudienceStats`` finds it."""

    value: str = ""  # empty if no value is frequent
    letters: int = 0  # with this value, at least


class Audience(Struct, frozen=True, kw_only=True):
    """Statistics of the letters' recipients. ``AudienceStats`` makes it."""

    letters: int = 0
    reserved: int = 0  # letters to reserved domains (RFC 2606, RFC 6761)
    throwaway: int = 0  # letters to public mailboxes that anybody can read
    test_domains: tuple[str, ...] = ()  # the first domains of both kinds
    address: Commonest = Commonest()
    name: Commonest = Commonest()

    @property
    def real(self) -> int:
        """The number of letters to real people."""
        return self.letters - self.reserved - self.throwaway


class WrittenAgain(Struct, frozen=True, kw_only=True):
    """A new letter to a mailbox that already has, or may have, a letter of the wave."""

    line: int  # of the recipients file
    name: str  # empty where there is none
    address: str
    status: Status  # of the earlier letter
    at: float | None  # when the earlier letter left, Unix seconds


class Facts(Struct, frozen=True, kw_only=True):
    """The facts of one plan. ``flows.plan.guarding`` collects them, ``accidents`` passes them to every guard."""

    now: float  # Unix seconds
    campaign: Campaign
    columns: tuple[str, ...]  # of the recipients file
    rows_read: int
    rows_chosen: int  # by `where`
    letters: int
    audience: Audience
    templates: tuple[TemplateText, ...]  # of the letters' languages
    examples: Mapping[str, Any] = field(default_factory=dict)  # fact → the example in scenario.toml
    languages: int = 1  # of the letters
    distinct_texts: int | None = None  # of all letters; one more than ``languages`` stands for any more; None: unknown
    letters_at_last_check: int | None = None  # None without an earlier check
    crowd: Commonest = Commonest()  # the mailbox that most persons share, and their number
    written_again: int = 0  # new letters to mailboxes that already have, or may have, a letter of the wave
    again: tuple[WrittenAgain, ...] = ()  # the first of these
    earlier_uses: tuple[EarlierUse, ...] = ()  # of this recipients file, by campaigns in other folders
