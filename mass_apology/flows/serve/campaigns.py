"""The campaigns of a folder, each watched while somebody looks at it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from mass_apology.campaign import FILE_NAME
from mass_apology.errors import InputError, MassApologyError
from mass_apology.flows.watch.campaign_watch import CampaignWatch
from mass_apology.flows.watch.view_model import CampaignView

LOOK_SECONDS = 1.0  # between two looks, while somebody is there to see
ATTENTION_SECONDS = 15.0  # after the last request for it, a campaign is looked at no more
PATIENCE = 0.3  # for a newer look, where there is an older one
FOLDER_SECONDS = 5.0  # between two looks for new campaigns
THREADS = 4


class Watched:
    """One campaign: its newest view, and who waits for the next."""

    def __init__(self, slug: str, folder: Path) -> None:
        self.slug = slug  # its name in addresses: that of its folder
        self.folder = folder
        self.watch = CampaignWatch(folder)
        self.view: CampaignView | None = None
        self.problem = ""  # why it cannot be looked at, as a sentence
        self.looked_at = float("-inf")  # monotonic seconds
        self.rendered: dict[bool, tuple[CampaignView, dict[str, str]]] = {}  # who may operate → a view's parts
        self._wanted_until = time.monotonic() + ATTENTION_SECONDS  # so that the first page finds the letters counted
        self._watching = 0  # open pages
        self._changes = 0  # that were made by this page
        self._seen = 0  # of these, by the last look
        self._hurry = asyncio.Event()
        self._next = asyncio.Event()
        self._wake = asyncio.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Somebody has it open meanwhile."""
        self._watching += 1
        self._wake.set()
        try:
            yield
        finally:
            self._watching -= 1

    async def fresh(self) -> CampaignView | None:
        """A view that is not older than two looks, or the one before where the next takes long; an open page gets that
        as soon as it is there. ``None`` where there is a problem."""
        self._wanted_until = time.monotonic() + ATTENTION_SECONDS
        if time.monotonic() - self.looked_at > 2 * LOOK_SECONDS:
            self._wake.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE if self.view is not None else None):
                    await self.next()
        return self.view

    async def again(self) -> None:
        """Look once more from now on: something was done that the next page is to show."""
        self._changes += 1
        change = self._changes
        self._wanted_until = time.monotonic() + ATTENTION_SECONDS
        self._wake.set()
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                while self._seen < change:
                    await self.next()

    async def next(self) -> None:
        """Wait for the next look."""
        await self._next.wait()

    async def look_on(self, pool: ThreadPoolExecutor) -> None:
        """Look again and again while somebody sees it; to be cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._until_wanted()
            began, change = time.monotonic(), self._changes
            try:
                self.view, self.problem = await loop.run_in_executor(pool, self.watch.look), ""
            except MassApologyError as error:
                self.view, self.problem = None, f"{error.problem} {error.next_step}"
            except Exception as error:  # one campaign that cannot be looked at leaves the others alone
                self.view, self.problem = None, f"A mistake in mass-apology ({type(error).__name__}: {error})."
            self.looked_at, self._seen = time.monotonic(), change
            self._tell()
            if change == self._changes:
                self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.1, LOOK_SECONDS - (self.looked_at - began))):
                    await self._hurry.wait()

    async def look_closer_on(self, pool: ThreadPoolExecutor) -> None:
        """The same for what takes longer."""
        loop = asyncio.get_running_loop()
        while True:
            await self._until_wanted()
            try:
                if self.view is not None:
                    await loop.run_in_executor(pool, self.watch.look_closer)
            except MassApologyError as error:
                self.problem = error.problem  # the next look tells whether it lasts
            except Exception as error:  # the same for a closer look: the page goes on without its details
                self.problem = f"A mistake in mass-apology ({type(error).__name__}: {error})."
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self) -> None:
        now, self._next = self._next, asyncio.Event()
        now.set()

    async def _until_wanted(self) -> None:
        while not self._watching and time.monotonic() > self._wanted_until:
            self._wake.clear()
            await self._wake.wait()


class Campaigns:
    """All campaigns of a folder, which may be a campaign's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, Watched] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="look")
        self._tasks: set[asyncio.Task[None]] = set()

    def require_some(self) -> None:
        """Raise ``InputError`` where there is no campaign."""
        if not _folders(self.folder):
            raise InputError(
                f"There is no campaign in {self.folder}: neither it nor a folder in it has a {FILE_NAME}.",
                next_step="Name another folder with --campaign, or make a campaign: mass-apology init",
            )

    async def run(self) -> None:
        """Watch all that are there and that come; to be cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    for slug, folder in _folders(self.folder).items():
                        if slug not in self.found:
                            watched = self.found[slug] = Watched(slug, folder)
                            tasks.create_task(watched.look_on(self._pool))
                            tasks.create_task(watched.look_closer_on(self._pool))
                    await asyncio.sleep(FOLDER_SECONDS)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _folders(folder: Path) -> dict[str, Path]:
    """Folders of campaigns by their names in addresses."""
    if _is_campaign(folder):
        return {_slug(folder.resolve()) or "campaign": folder}
    try:
        inside = sorted(each for each in folder.iterdir() if _is_campaign(each))
    except OSError:
        return {}
    return _named_apart(inside)


def _named_apart(folders: Sequence[Path]) -> dict[str, Path]:
    """A name that is no UTF-8 may read as another folder's does: each keeps an address of its own."""
    found: dict[str, Path] = {}
    for each in folders:
        slug = _slug(each)
        while slug in found:
            slug += "~"
        found[slug] = each
    return found


def _is_campaign(folder: Path) -> bool:
    try:
        return (folder / FILE_NAME).is_file()
    except OSError:
        return False  # this account may not look


def _slug(folder: Path) -> str:
    """Its name as text, though it be no UTF-8."""
    return os.fsencode(folder.name).decode("utf-8", "backslashreplace")
