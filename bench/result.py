"""What a bar's module gives back: figures with their bars, and notes for the reader."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from msgspec import Struct


class TrialError(Exception):
    """A measurement could not be taken; the text is a whole sentence."""


class MissingProgramError(TrialError):
    """A program to measure against is not installed; the text names the package."""


class Options(Struct, frozen=True, kw_only=True):
    """What the person asked for."""

    scale: float = 1.0  # of every number of letters; the bars hold for 1
    kills: int = 300
    seed: int = 20261120
    languages: tuple[str, ...] = ()  # the only ones to measure; empty for all
    files: tuple[str, ...] = ()  # the only hostile ones to measure, by their names without a suffix; empty for all
    show: bool = False  # each thing that is wrong

    def letters(self, whole: int) -> int:
        """So many of ``whole`` as the scale leaves, at least 60."""
        return max(60, round(whole * self.scale))


class Bar(Struct, frozen=True, kw_only=True):
    """One figure, and where it must lie."""

    name: str
    figure: float
    limit: float
    unit: str = "x"
    at_most: bool = False  # the figure must not be above the limit; otherwise it must not be below

    @property
    def met(self) -> bool:
        return self.figure <= self.limit if self.at_most else self.figure >= self.limit

    def line(self) -> str:
        """One line for the terminal."""
        sign = "<=" if self.at_most else ">="
        verdict = "met" if self.met else "not met"
        return f"{self.name:<58} {_figure(self.figure):>9} {self.unit:<5} {sign} {_figure(self.limit):>6}   {verdict}"


class Result(Struct, frozen=True, kw_only=True):
    """The bars of one module, and what stands behind them."""

    bars: tuple[Bar, ...]
    notes: tuple[str, ...] = ()


def _figure(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"


def median(values: Iterable[float]) -> float:
    """The median; repetitions of a trial are interleaved, so that a noisy minute hits all programs alike."""
    return statistics.median(values)


def listed(values: Iterable[float], unit: str) -> str:
    """``"7512, 7201, 7490 a second"``: all repetitions, so that the noise shows."""
    return f"{', '.join(_figure(value) for value in values)} {unit}"
