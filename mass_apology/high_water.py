"""How much has left with each ledger, as far as this machine has seen: one that knows less was lost or set back.

One small file for each ledger, in the state folder: written and on the disk before a run's first final dot, every few
seconds while letters leave, and when the run ends. What cannot be read counts as absent; what cannot be written is said
in a sentence and stops nothing. No customer's address is in it, but digests of a few are, by which a plan in another
folder is known to have the same people, and so is the key of the Message-IDs, so that a lost ledger can be rebuilt with
the same ones: it is for its owner only, as the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from mass_apology.mailboxes import folded
from mass_apology.system.state_folder import STATE_VARIABLE, state_folder
from mass_apology.system.whole_file import write_whole


class HighWater(Struct, frozen=True, kw_only=True):
    """What is known of one ledger without asking it."""

    ledger: str  # which one: ``ledger.origin``
    campaign: str  # its name
    folder: str  # absolute path: where letters were last sent from with it
    at: float  # Unix seconds
    handed_over: int  # letters that the relay has, or may have: so many at least
    accepted: int  # of these, those that it took
    run: str  # the last run that handed letters over, as the ledger names it; empty where there was none
    key: str  # of the Message-IDs, hexadecimal
    sample: tuple[str, ...] = ()  # ``digests`` of some mailboxes of the plan, spread over it
    log_head: str = ""  # of the log's hash chain, when a run ended last


def remember(seen: HighWater) -> str | None:
    """Keep it in place of what was known of this ledger, durably; a sentence if that is impossible."""
    folder = _folder()
    if folder is None:
        return f"What was sent cannot be remembered: there is no home directory. Name a folder in {STATE_VARIABLE}."
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        write_whole(folder / f"{seen.ledger}.json", msgspec.json.encode(seen) + b"\n", durable=True)
    except OSError as error:
        return f"What was sent cannot be remembered: {folder} cannot be written ({error.strerror or error})."
    return None


def recall(ledger: str) -> HighWater | None:
    """What is known of a ledger; ``None`` where nothing is."""
    folder = _folder()
    return _read(folder / f"{ledger}.json") if folder else None


def sent_from(place: Path, campaign: str) -> list[HighWater]:
    """All ledgers with which letters of this campaign left from the folder ``place``, the latest last."""
    here = str(place.resolve())
    return sorted((seen for seen in _sent(campaign) if seen.folder == here), key=lambda seen: seen.at)


def sent_elsewhere(place: Path, campaign: str) -> list[HighWater]:
    """All ledgers with which letters of a campaign of this name left from other folders than ``place``."""
    here = str(place.resolve())
    return [seen for seen in _sent(campaign) if seen.folder != here]


def digests(addresses: Iterable[str], key: str) -> list[str]:
    """Of each address's mailbox, however it is spelled, with the key of one ledger: nobody else's look the same."""
    octets = bytes.fromhex(key)
    return [hashlib.blake2b(folded(each).encode(), key=octets, digest_size=8).hexdigest() for each in addresses]


def forget_people(ledger: str) -> str | None:
    """Keep what is known of this ledger without its sample; a sentence if that is impossible."""
    seen = recall(ledger)
    return remember(replace(seen, sample=())) if seen and seen.sample else None


def _folder() -> Path | None:
    state = state_folder()
    return state / "ledgers" if state else None


def _sent(campaign: str) -> Iterator[HighWater]:
    """All ledgers of campaigns of this name with which letters left."""
    folder = _folder()
    for path in folder.glob("*.json") if folder else ():
        seen = _read(path)
        if seen is not None and seen.campaign == campaign and seen.handed_over:
            yield seen


def _read(path: Path) -> HighWater | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=HighWater)
    return None
