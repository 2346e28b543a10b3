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

import msgspec
from live import Row as Customer
from live import campaign_folder, write_toml
from mailbox_and_report import Comparison, Row, compare
from private_server import PASSWORD, PrivateServer

from mass_apology.model import DUE, Status

RUNS = 3
LONGEST = 100.0  # seconds that a command may take; a guard against hanging
_TAKEN = ("accepted", "in_doubt")


class CampaignOnServer:
    """One campaign, one server."""

    def __init__(self, folder: Path, server: PrivateServer, rows: Sequence[Customer], **relay: object) -> None:
        self.folder = folder
        self.server = server
        self.rows = rows
        self.was_killed = False  # the server
        self._tables = {"limits": {"refusals": 1.0, "deferrals": 1.0}}
        self._relay = relay
        campaign_folder(folder, server.url, rows)
        self.write_settings()

    def write_settings(self) -> None:
        """campaign.toml for the server as it is now."""
        relay: dict[str, object] = {"connections": 10, "timeout": 20.0, "dot_timeout": 20.0, **self._relay}
        if self.server.terms.scheme != "smtp+plain":
            relay["ca_file"] = str(self.server.authority_file)
        write_toml(self.folder, self.server.url, relay=relay, **self._tables)

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
        if not (self.folder / "ledger.sqlite").exists():
            return len(self.rows)
        counts: dict[str, int] = json.loads(self.command("status", "--json").stdout)["counts"]
        known = {Status(status): count for status, count in counts.items()}
        return sum(count for status, count in known.items() if status in DUE)

    def kill_server(self) -> None:
        """``kill -9``, in the middle of whatever it does."""
        self.was_killed = True
        self.server.kill()

    def finish(self) -> None:
        """Send until nothing is due any more."""
        for _ in range(RUNS):
            if not self.due():
                return
            self.send()
        assert not self.due(), f"After {RUNS} more runs letters are still due."

    def report(self) -> list[Row]:
        """Everybody's end, as the product reports it."""
        file = self.folder / "results.json"
        done = self.command("report", "--to", str(file), "--force")
        assert file.exists(), done.stderr
        return msgspec.json.decode(file.read_bytes(), type=list[Row])

    def count(self, status: Status) -> int:
        return sum(row.status is status for row in self.report())

    def compared(self) -> Comparison:
        """The server's queue is emptied into its mailbox, and that is compared with the report."""
        self.server.flush()
        return compare(
            [row["email"] for row in self.rows],
            self.report(),
            [copy for copy in self.server.mailbox() if not copy.recipient.startswith("anna@")],
            self._handed_over(),
            killed=self.was_killed,
        )

    def wait_for(self, letters: int, process: subprocess.Popen[bytes]) -> None:
        """Until the server has delivered so many, or the command has ended."""
        self._until(lambda: len(self.server.mailbox_files()) >= letters, process)

    def _until(self, happens: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + LONGEST
        while not happens() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)

    def _handed_over(self) -> Counter[str]:
        """How often the product's log has each Message-ID's letter taken or in doubt."""
        ids = {(row.message_id or "")[1:].partition("@")[0]: row.message_id or "" for row in self.report()}
        lines = (self.folder / "log.jsonl").read_text().splitlines() if (self.folder / "log.jsonl").exists() else []
        events = (json.loads(line) for line in lines)
        return Counter(ids[event["letter"]] for event in events if event["event"] in _TAKEN)

    def _words(self, command: str, *words: str) -> list[str]:
        return [sys.executable, "-m", "mass_apology", command, "-C", str(self.folder), *words]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "MASS_APOLOGY_STATE": str(self.folder / "state"),
            "MASS_APOLOGY_PASSWORD": PASSWORD,
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
