"""``demo``: runs a whole campaign with the sample's 2,000 customers, a relay in this process, and a kill half-way.

It runs the commands as processes of their own, so that the kill is a real one.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from mass_apology.campaign import FILE_NAME
from mass_apology.errors import MassApologyError, OutputError
from mass_apology.quantities import counted, were
from mass_apology.smtp.sink import Received, Sink
from mass_apology.system.shipped_folder import shipped_folder
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.ledger_store import ledger_store

SAMPLE = "service-outage"
RATE = "300/s"  # slow enough to watch
_MADE_BY = "# Made by mass-apology demo."
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
_RELAY = re.compile(r"^\[relay\].*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)  # the table, to the next one or the end


def run(folder: Path, say: Callable[[str], None]) -> bool:
    """Run the demo in ``folder``; true if no letter arrived twice.

    Raises ``OutputError`` if the folder exists and was not made by a demo.
    """
    return asyncio.run(_Demo(folder, say).run())


def shipped_sample(name: str) -> Path:
    """The sample's folder."""
    return shipped_folder(f"samples/{name}")


class _Demo:
    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._received: Counter[bytes] = Counter()
        self._half = asyncio.Event()
        self._letters = 0

    async def run(self) -> bool:
        """check, send, kill, send again, report."""
        begun = time.monotonic()
        async with Sink(self._on_received) as relay:
            self._say(f"A relay listens on 127.0.0.1:{relay.port}, inside this process. It delivers nothing.")
            self._make_folder(relay.url)
            await self._command("check")
            self._letters = await self._due()
            await self._command("preview", "--to", str(self._folder / "preview.html"))
            await self._send_and_be_killed()
            self._say("The same command goes on, and never starts over:")
            await self._command("send", "--confirm", str(await self._due()))
        await self._command("report", "--to", str(self._folder / "report.html"), "--force")
        return self._summarise(time.monotonic() - begun)

    def _on_received(self, received: Received) -> None:
        match = _MESSAGE_ID.search(received.data)
        self._received[match[1] if match else b""] += 1
        if self._letters and len(self._received) >= self._letters // 2:
            self._half.set()

    def _make_folder(self, url: str) -> None:
        campaign = self._folder / FILE_NAME
        if self._folder.exists():
            if not campaign.exists() or not campaign.read_text("utf-8").startswith(_MADE_BY):
                raise OutputError(
                    f"{self._folder} exists already and is not from a demo.",
                    next_step="Name another folder: mass-apology demo --folder NAME",
                )
            shutil.rmtree(self._folder)
        try:
            shutil.copytree(shipped_sample(SAMPLE), self._folder)
            text = _RELAY.sub(f'[relay]\nurl = "{url}"\nrate = "{RATE}"\n\n', campaign.read_text("utf-8"))
            campaign.write_text(f"{_MADE_BY}\n{text}", "utf-8")
        except OSError as error:
            raise OutputError(
                f"{self._folder} cannot be made: {error.strerror or error}.",
                next_step="Name another folder: mass-apology demo --folder NAME",
            ) from error

    async def _start(self, *words: str, output: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mass_apology", words[0], "-C", str(self._folder), *words[1:]),
            stdout=output,
            env={**os.environ, STATE_VARIABLE: str(self._folder / "state")},  # no real campaign is to hear of it
        )

    async def _command(self, *words: str) -> None:
        """Run a command with its output on the screen. Exit code 1 is expected after the kill; others end the demo."""
        self._say(f"\n$ mass-apology {' '.join(words)}")
        process = await self._start(*words)
        if await process.wait() not in (0, 1):
            raise _failed(words[0], process)

    async def _send_and_be_killed(self) -> None:
        self._say(f"\n$ mass-apology send --confirm {self._letters}")
        sending = await self._start("send", "--confirm", str(self._letters))
        ended = asyncio.create_task(sending.wait())
        half = asyncio.create_task(self._half.wait())
        await asyncio.wait({ended, half}, return_when=asyncio.FIRST_COMPLETED)
        half.cancel()
        if ended.done():
            raise _failed("send", sending)
        sending.kill()
        await ended
        self._say(f"\nKilled (SIGKILL) when the relay had {counted(len(self._received), 'letter')}.\n")

    async def _due(self) -> int:
        """The number of letters due: by ``status``, or by ``check`` before there is a plan."""
        command, key = ("status", "due") if self._is_planned() else ("check", "letters")
        process = await self._start(command, "--json", output=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        if process.returncode:
            raise _failed(command, process)
        return int(msgspec.json.decode(output)[key])

    def _is_planned(self) -> bool:
        store = ledger_store(self._folder)
        if not store.exists():
            return False
        with store.read() as records:
            return bool(records.digest_parts)

    def _summarise(self, seconds: float) -> bool:
        twice = sum(count > 1 for count in self._received.values())
        self._say(f"\nThe relay received {counted(len(self._received), 'different letter')}; {twice} of them twice.")
        if missing := self._letters - len(self._received):
            self._say(
                f"{missing} {were(missing)} about to be handed over when the kill came: that is what in doubt means."
            )
        self._say(f"All of it took {seconds:.0f} s. In {self._folder}/:")
        self._say("  campaign.toml    what was to be sent, to whom, through what")
        self._say("  ledger.sqlite    every letter with its status")
        self._say("  preview.html     letters as they were sent, to step through in a browser")
        self._say("  report.html      who was reached, who was not, and why")
        self._say("  log.jsonl        what happened, without addresses")
        return twice == 0


def _failed(command: str, process: asyncio.subprocess.Process) -> MassApologyError:
    return MassApologyError(
        f"mass-apology {command} ended with exit status {process.returncode}.", next_step="See what it said above."
    )
