"""The live view in a terminal: for ``status --watch`` until nobody sends, and for a run while it sends.

A frame is written over the one before, in one piece and only where something changed. A terminal that cannot move its
cursor (TERM=dumb), a file and a pipe get lines.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from mass_apology.cli.exits import Exit, print_error
from mass_apology.cli.live_frame import Line, frame, one_line
from mass_apology.cli.screen import console, has_cursor, say
from mass_apology.cli.terminal_lines import terminal_width
from mass_apology.errors import MassApologyError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from mass_apology.flows.watch.campaign_watch import CampaignWatch
    from mass_apology.flows.watch.view_model import CampaignView

LOOK_SECONDS = 1.0
FIRST_SECONDS = 0.5  # that the first frame waits to be whole
LINE_SECONDS = 10.0  # between two lines that say the same but for numbers
_BLOCKS = "█░▪·"


def watch(folder: Path) -> None:
    """Show the campaign until no process holds it.

    Raises ``CampaignError`` and ``LedgerError``, and ``SystemExit`` after Ctrl-C, which ends nothing but the watching.
    """
    from mass_apology.flows.watch.campaign_watch import CampaignWatch

    looking = _Looking(CampaignWatch(folder))
    try:
        if terminal_width(sys.stdout) is None or not has_cursor():
            _in_lines(looking)
        else:
            _live(looking, console())
    except KeyboardInterrupt:
        print_error(
            "Watched no longer; who sends goes on.", "To halt the sending: mass-apology pause, or mass-apology stop"
        )
        sys.exit(Exit.INTERRUPTED)


class LiveScreen:
    """Shows frames in the place of those before."""

    def __init__(self, to: Console) -> None:
        from rich.live import Live

        self._to = to
        self._blocks = _can_show(_BLOCKS, to.encoding)
        self._shown: list[Line] = []
        self._live = Live(console=to, auto_refresh=False, vertical_overflow="crop")
        self._live.start()

    def show(self, view: CampaignView, most: int | None = None) -> None:
        """Show a view in the window, or in ``most`` lines."""
        height = self._to.height - 1
        lines = frame(view, self._to.width, height if most is None else min(most, height), blocks=self._blocks)
        if lines != self._shown:
            self._live.update(_text(lines), refresh=True)
            self._shown = lines

    def close(self) -> None:
        """Leave what is shown."""
        self._live.stop()


class _Looking:
    """Looks at a campaign; what takes long is looked at by a thread, so that the screen never stands still."""

    def __init__(self, campaign: CampaignWatch) -> None:
        self._campaign = campaign
        self._closer: Thread | None = None

    def look(self) -> CampaignView:
        if self._closer is None or not self._closer.is_alive():
            is_first = self._closer is None
            self._closer = Thread(target=self._look_closer, daemon=True)
            self._closer.start()
            if is_first:
                self._closer.join(FIRST_SECONDS)
        return self._campaign.look()

    def _look_closer(self) -> None:
        with suppress(MassApologyError):  # which ``look`` tells
            self._campaign.look_closer()


def _in_lines(looking: _Looking) -> None:
    told: tuple[object, ...] = ()
    next_at = 0.0
    while True:
        view = looking.look()
        is_over = view.sender is None
        now = view.state, view.limit.kind
        if is_over or now != told or time.monotonic() >= next_at:
            say(one_line(view))
            told, next_at = now, time.monotonic() + LINE_SECONDS
        if is_over:
            return
        time.sleep(LOOK_SECONDS)


def _live(looking: _Looking, to: Console) -> None:
    with closing(LiveScreen(to)) as screen:
        while True:
            view = looking.look()
            screen.show(view)
            if view.sender is None:
                return
            time.sleep(LOOK_SECONDS)


def _text(lines: list[Line]) -> Text:
    from rich.text import Text

    return Text("\n", no_wrap=True).join(Text(line.text, style=line.style) for line in lines)


def _can_show(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
