"""Settings that name columns in braces, such as ``bill_{account}.pdf``: filled in for each recipient."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from mass_apology.errors import MessageError
from mass_apology.letter.values import suggestion

_PLACE = re.compile(r"\{([^{}]+)\}")


def is_pattern(text: str) -> bool:
    """Whether the text names a column."""
    return _PLACE.search(text) is not None


class RowPattern:
    """A setting whose columns differ by row."""

    def __init__(self, text: str, key: str, header: Collection[str]) -> None:
        """``key`` is the setting's name, ``header`` the recipients file's columns. ``MessageError`` for another one."""
        self.text = text
        self._key = key
        self._texts_and_columns = self.split(text)
        self._may_be_absent = not _PLACE.sub("", text.rpartition("/")[2])
        for column in self._columns:
            if column not in header:
                problem = f"names a column `{column}`, which is not there{suggestion(column, header)}"
                raise MessageError(f"`{key}` in campaign.toml {problem}", next_step="Correct the name.")

    @staticmethod
    def split(text: str) -> list[str]:
        """Text, column, text, column, … text."""
        return _PLACE.split(text)

    def fill(self, row: Mapping[str, str]) -> str:
        """The text for one row; "" where it, or the name of the file in it, is nothing but columns, all of them empty.

        ``MessageError`` where only a part of it would be empty.
        """
        cells = [row.get(column, "").strip() for column in self._columns]
        texts = self._texts_and_columns[::2]
        if self._may_be_absent and not any(cells):
            return ""
        if "" in cells:
            column = self._columns[cells.index("")]
            raise MessageError(
                f"The column `{column}` is empty, and `{self._key}` in campaign.toml needs it: {self.text}",
                next_step="Fill the cell, or set the row aside with --skip-bad-rows.",
            )
        return "".join(part for pair in zip(texts, (*cells, ""), strict=True) for part in pair)

    @property
    def _columns(self) -> list[str]:
        return self._texts_and_columns[1::2]
