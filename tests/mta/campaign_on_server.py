"""A campaign that is sent through a real server by the command line, and compared with its mailbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from live import Row as Customer
from live import campaign_folder, write_toml
from mailbox_and_report import Comparison, Row, compare
from private_server import PASSWORD, Copy, PrivateServer
from typer.testing import CliRunner, Result

from mass_apology.cli.app import app
from mass_apology.model import DUE, Status

RUNS = 3
LONGEST = 100.0  # seconds that a command may take; a guard against hanging
_TAKEN = ("accepted", "in_doubt")


class CampaignOnServer:
    """One campaign, one server."""

    def __init__(
        self, folder: Path, server: PrivateServer, rows: Sequence[Customer], letter: str = "", **relay: object
    ) -> None:
        """``letter`` is added to what everybody is told; ``relay`` to ``[relay]`` of campaign.toml."""
        self.folder = folder
        self.server = server
        self.rows = rows
        self.was_killed = False  # the server
        self.killed_at = 0.0  # Unix seconds: when the sender was
        self._resent: set[str] = set()  # Message-IDs of letters in doubt that a person had sent again
        self._tables = {"limits": {"refusals": 1.0, "deferrals": 1.0}}
        self._relay = relay
        campaign_folder(folder, server.url, rows)
        with (folder / "templates/sorry/en.md").open("a") as file:
            file.write(f"\n{letter}\n")
        self.write_settings()

    def write_settings(self, url: str | None = None) -> None:
        """campaign.toml for the server as it is now, or for what stands in front of it."""
        relay: dict[str, object] = {"connections": 10, "timeout": 20.0, "dot_timeout": 20.0, **self._relay}
        url = url or self.server.url
        if not url.startswith("smtp+plain"):
            relay["ca_file"] = str(self.server.authority_file)
        write_toml(self.folder, url, relay=relay, **self._tables)

    @contextmanager
    def sending(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """``send``, while other things happen; at the end it is interrupted once, and finishes what is on its way."""
        with (
            (self.folder / "errors.txt").open("w") as errors,
            subprocess.Popen(
                self._words("send", "--confirm", str(self.due()), *words),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=self._environment(),
            ) as process,
        ):
            try:
                yield process
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    process.wait(LONGEST)
            finally:
                process.kill()
        assert "Traceback" not in (self.folder / "errors.txt").read_text()

    def send(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``send``, to its end."""
        return self.command("send", "--confirm", str(self.due()), *words)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any command, to its end; it shows no traceback."""
        done = subprocess.run(
            self._words(*words), capture_output=True, text=True, timeout=LONGEST, env=self._environment(), check=False
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert "has a fault" not in done.stderr, done.stderr
        return done

    def due(self) -> int:
        """The number to confirm: with no plan in the ledger yet, everybody."""
        counts = self._counts()
        return sum(counts.get(status, 0) for status in DUE) if counts else len(self.rows)

    def kill_server(self) -> None:
        """``kill -9``, in the middle of whatever it does."""
        self.was_killed = True
        self.server.kill()

    def send_to_everybody(self) -> None:
        """In one run, with nobody left and nobody in doubt."""
        done = self.send()
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.count(Status.ACCEPTED) == len(self.rows)

    def settle_doubts(self) -> None:
        """As a person does it: by the server's own log; and what the mailbox has not is sent again.

        A log may say nothing of a letter: OpenSMTPD's names no Message-ID, and Exim may be killed between keeping a
        letter and writing its line. Such a letter stays in doubt. What the log says must be true.
        """
        self.server.flush()
        there = {copy.message_id for copy in self.server.mailbox()}
        for letter in self.reconcile()["letters"]:
            assert (letter["message_id"] in there) or letter["verdict"] != "taken", letter
            assert (letter["message_id"] not in there) or letter["verdict"] != "not_taken", letter
        self.send_again(there)

    def reconcile(self) -> dict[str, Any]:
        """What the server's own log says, recorded where it says it."""
        logs = [word for path in self.server.log_files() for word in ("--log", str(path))]
        said: dict[str, Any] = json.loads(self.command("reconcile", *logs, "--zone", "UTC", "--json").stdout)
        return said

    def send_again(self, there: set[str]) -> None:
        """What is in doubt, where none of it is ``there``; otherwise it stays so."""
        doubted = {row.message_id for row in self.report() if row.status is Status.IN_DOUBT and row.message_id}
        if doubted and not doubted & there:
            self._resent = doubted
            done = self.command("send", "--confirm", str(len(doubted)), "--resend-in-doubt")
            assert done.returncode == 0, done.stdout + done.stderr
            assert self.count(Status.ACCEPTED) == len(self.rows)

    def finish(self, *words: str) -> None:
        """Send until nothing is due any more."""
        for _ in range(RUNS):
            if not self.due():
                return
            self.send(*words)
        assert not self.due(), f"After {RUNS} more runs letters are still due."

    def report(self) -> list[Row]:
        """Everybody's end, as the product reports it."""
        file = self.folder / "results.json"
        file.unlink(missing_ok=True)
        shown = self._look("report", "--to", str(file))
        assert file.exists(), shown.output
        return msgspec.json.decode(file.read_bytes(), type=list[Row])

    def standing(self, status: Status) -> int:
        """How many are in this status now, while letters are on their way."""
        return self._counts().get(status, 0)

    def _counts(self) -> dict[Status, int]:
        """By status; empty where nothing is planned yet."""
        said = self._look("status", "--json").stdout
        counts: dict[str, int] = json.loads(said)["counts"] if said else {}
        return {Status(status): count for status, count in counts.items()}

    def count(self, status: Status) -> int:
        return sum(row.status is status for row in self.report())

    def _look(self, *words: str) -> Result:
        """A command that only reads, in this process: it is asked for often, and starting one takes a second."""
        return CliRunner(env=self._environment()).invoke(app, self._arguments(*words))

    def compared(self, earlier: Sequence[Copy] = ()) -> Comparison:
        """The server's queue is emptied into its mailbox, and that is compared with the report.

        ``earlier`` are copies that lay in the mailbox before it was emptied.
        """
        self.server.flush()
        report = self.report()
        return compare(
            [row["email"] for row in self.rows],
            report,
            [copy for copy in (*earlier, *self.server.mailbox()) if not copy.recipient.startswith("anna@")],
            self._handed_over(report),
            killed=self.was_killed,
        )

    def wait_for(self, letters: int, process: subprocess.Popen[bytes], seconds: float = LONGEST) -> None:
        """Until the server has delivered so many, or the command has ended, or so many seconds have gone."""
        self.until(lambda: len(self.server.mailbox_files()) >= letters, process, seconds)

    def until(self, happens: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = LONGEST) -> None:
        """Until something happens, the command has ended, or so many seconds have gone."""
        deadline = time.monotonic() + seconds
        while not happens() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)

    def logged(self, event: str) -> int:
        """How often the product's log has this event."""
        return sum(line["event"] == event for line in self._log())

    def _handed_over(self, report: list[Row]) -> Counter[str]:
        """How often the product's log has each Message-ID's letter taken or in doubt."""
        ids = {(row.message_id or "")[1:].partition("@")[0]: row.message_id or "" for row in report}
        taken = Counter(ids[line["letter"]] for line in self._log() if line["event"] in _TAKEN)
        return Counter({each: count - (each in self._resent) for each, count in taken.items()})

    def _log(self) -> Iterator[dict[str, Any]]:
        path = self.folder / "log.jsonl"
        whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
        return map(json.loads, whole.splitlines())

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mass_apology", *self._arguments(*words)]

    def _arguments(self, command: str, *words: str) -> list[str]:
        return [command, "-C", str(self.folder), *words]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "MASS_APOLOGY_STATE": str(self.folder / "state"),
            "MASS_APOLOGY_PASSWORD": PASSWORD,
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
