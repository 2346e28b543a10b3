"""What the guards look at: one plan, what it is made of, and what was done before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from mass_apology.model import Status
from mass_apology.settings import Campaign


class TemplateText(Struct, frozen=True, kw_only=True):
    """One letter's template as it stands on disk."""

    file: str  # as a person would name it: "templates/service-outage/en.md"
    text: str  # headers and body, as read


class EarlierUse(Struct, frozen=True, kw_only=True):
    """Another campaign that was sent to the very same recipients file."""

    campaign: str  # its name
    folder: str  # where it is
    at: float  # when it was sent, Unix seconds
    letters: int


class Commonest(Struct, frozen=True, kw_only=True):
    """What most letters have in common."""

    value: str = ""  # empty where nothing is common
    letters: int = 0  # at least so many have it; see ``AudienceStats``


class Audience(Struct, frozen=True, kw_only=True):
    """Whom the letters go to, taken together. Made by ``AudienceStats``."""

    letters: int = 0
    reserved: int = 0  # letters to domains that belong to nobody (RFC 2606, RFC 6761)
    throwaway: int = 0  # letters to public mailboxes that anybody can read
    test_domains: tuple[str, ...] = ()  # the first ones of both kinds
    address: Commonest = Commonest()
    name: Commonest = Commonest()

    @property
    def real(self) -> int:
        """Letters to people."""
        return self.letters - self.reserved - self.throwaway


class WrittenAgain(Struct, frozen=True, kw_only=True):
    """A new letter to a mailbox that a letter of the wave has reached already, or may have."""

    line: int  # of the recipients file
    name: str  # empty where there is none
    address: str
    status: Status  # of the letter that there is
    at: float | None  # when that one left, Unix seconds


class Facts(Struct, frozen=True, kw_only=True):
    """One plan, as far as the guards are concerned."""

    now: float  # Unix seconds
    campaign: Campaign
    columns: tuple[str, ...]  # of the recipients file
    rows_read: int
    rows_chosen: int  # by `where`
    letters: int
    audience: Audience
    templates: tuple[TemplateText, ...]  # of the languages that are written in
    examples: Mapping[str, Any] = field(default_factory=dict)  # fact → the scenario's example, as scenario.toml has it
    languages: int = 1  # that the letters are in
    distinct_texts: int | None = None  # of all letters; one more than ``languages`` stands for any more; None: unknown
    letters_at_last_check: int | None = None  # None where there was no check before
    crowd: Commonest = Commonest()  # the mailbox that most persons share, and how many they are
    written_again: int = 0  # new letters to mailboxes that a letter of the wave has reached already, or may have
    again: tuple[WrittenAgain, ...] = ()  # the first of these
    earlier_uses: tuple[EarlierUse, ...] = ()  # of this recipients file, by campaigns in other folders
