"""Where answers go: one mailbox for all letters, or one that the row names."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from mass_apology.letter.message.headers import Mailbox, parse_mailbox
from mass_apology.letter.message.row_patterns import RowPattern, is_pattern
from mass_apology.model import Delivery, read_rows

_KEY = "sender.reply_to"


class ReplyTo:
    """The Reply-To of one campaign's letters."""

    def __init__(self, setting: str | None, header: Collection[str]) -> None:
        """``setting`` is ``sender.reply_to``. Raises ``MessageError`` where it cannot be used, whatever the row."""
        self._pattern = RowPattern(setting, _KEY, header) if setting and is_pattern(setting) else None
        self._same = parse_mailbox(setting, _KEY) if setting and self._pattern is None else None
        self._parsed = lru_cache(1024)(parse_mailbox)  # many customers share an agent

    def of(self, delivery: Delivery) -> Mailbox | None:
        """The mailbox for one letter; ``None`` for the sender's. ``MessageError`` where the cell has no address."""
        if self._pattern is None:
            return self._same
        filled = self._pattern.fill(read_rows(delivery.rows)[0])
        return self._parsed(filled, _KEY) if filled else None
