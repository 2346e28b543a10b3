"""A real mail server of one's own: its root folder, its spool and its users, on a free port of 127.0.0.1.

It takes everything for everybody and delivers it into one Maildir, so nothing ever leaves the machine. Every process
whose root is that folder is the server's, so it can be killed as a whole and nothing else can be hit.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_binary_file, policy
from pathlib import Path

import trustme
from msgspec import Struct

HOST = "relay.example"
USER, PASSWORD = "mailer", "correct horse"
PATIENCE = 60.0  # seconds until a server must have started, ended or emptied its queue; a guard against hanging
MAILBOX = "mail/all"
BOX_USER = 64150  # who owns the mailbox

_PASSWD = """root:x:0:0::/:/bin/sh
nobody:x:65534:65534::/:/bin/false
mail:x:8:8::/:/bin/false
vmail:x:64150:64150::/mail:/bin/sh
postfix:x:64101:64101::/:/bin/false
Debian-exim:x:64102:64102::/:/bin/false
opensmtpd:x:64103:64103::/var/lib/opensmtpd/empty:/bin/false
opensmtpq:x:64104:64104::/var/lib/opensmtpd/empty:/bin/false
"""
_GROUP = """root:x:0:
nogroup:x:65534:
mail:x:8:
vmail:x:64150:
postfix:x:64101:
postdrop:x:64110:
Debian-exim:x:64102:
opensmtpd:x:64103:
opensmtpq:x:64104:
"""


class Terms(Struct, frozen=True, kw_only=True):
    """On which terms a server takes letters. Each server says it in its own words."""

    scheme: str = "smtp+plain"  # or "smtp+starttls", "smtps"
    login: bool = False  # nothing is taken without AUTH
    connections: int | None = None  # at a time, from one client
    messages: int | None = None  # in one connection
    rate: tuple[int, int] | None = None  # letters in so many seconds
    refused: tuple[str, ...] = ()  # addresses that are answered with 550
    deferred: tuple[str, ...] = ()  # addresses that are answered with 450
    forbidden: str | None = None  # letters with this in their subject are refused after the dot
    size: int | None = None  # octets of a letter at most
    full: bool = False  # no room in the queue


class NotOffered(Exception):
    """This server knows no such terms."""


class Copy(Struct, frozen=True, kw_only=True):
    """A letter in the mailbox."""

    recipient: str  # of the envelope
    message_id: str


class PrivateServer(ABC):
    """One server; ``start`` and ``kill`` may follow each other as often as wished."""

    name: str
    package: str  # in ``debian_trees.PACKAGES``
    command: tuple[str, ...]
    logs: tuple[str, ...]  # its logs, as `reconcile` wants them, below the root

    def __init__(self, root: Path, authority: trustme.CA, authority_file: Path) -> None:
        """``root`` is a copy of the unpacked packages that this server may fill."""
        self.root = root
        self.authority_file = authority_file
        self.port = _free_port()
        self.terms = Terms()
        self._furnish(authority)

    # What each server has of its own

    @abstractmethod
    def prepare(self) -> None:
        """Make its folders, for their owners; once."""

    @abstractmethod
    def write_settings(self, terms: Terms) -> None:
        """Say the terms in its own words. Raises ``NotOffered``."""

    @abstractmethod
    def queued(self) -> int:
        """How many letters it has taken and not delivered yet."""

    @abstractmethod
    def reload(self) -> None:
        """Have it read its settings again while it runs."""

    # What all of them have

    @property
    def url(self) -> str:
        """For ``[relay] url``."""
        user = f"{USER}@" if self.terms.login else ""
        return f"{self.terms.scheme}://{user}127.0.0.1:{self.port}"

    @contextmanager
    def running(self, terms: Terms) -> Iterator[None]:
        """It runs on these terms, with an empty mailbox."""
        self.empty_mailbox()
        self.change(terms)
        self.start()
        try:
            yield
        finally:
            self.kill()

    def change(self, terms: Terms) -> None:
        """New terms, from the next start or reload on."""
        self.terms = terms
        self.write_settings(terms)

    def start(self) -> None:
        """Start it, and wait until it greets."""
        with (self.root / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                ["chroot", str(self.root), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment()},
                start_new_session=True,
            )
        wait_until(self._greets, f"{self.name} does not greet; see {self.root}/output.txt")

    def environment(self) -> dict[str, str]:
        """Environment variables that it needs."""
        return {}

    def kill(self) -> None:
        """``kill -9`` to all of its processes at once."""
        while self.processes():
            for process in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def processes(self) -> list[int]:
        """Whatever has its root folder as root."""
        return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _root_of(each) == str(self.root)]

    def flush(self) -> None:
        """Wait until everything that it has taken lies in the mailbox."""
        wait_until(lambda: self.queued() == 0, f"{self.name} still has letters in its queue")

    def mailbox(self) -> list[Copy]:
        """What lies in the mailbox."""
        return [_copy(path) for path in self.mailbox_files()]

    def mailbox_files(self) -> list[Path]:
        return list((self.root / MAILBOX / "new").glob("*"))

    def empty_mailbox(self) -> None:
        for path in self.mailbox_files():
            path.unlink()

    def log_files(self) -> list[Path]:
        return [path for name in self.logs if (path := self.root / name).exists()]

    def write(self, path: str, text: str, *, owner: int = 0, mode: int = 0o644) -> None:
        """A file below the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        os.chown(file, owner, owner)

    def folder(self, path: str, *, owner: int = 0, group: int | None = None, mode: int = 0o755) -> None:
        """A folder below the root."""
        (self.root / path).mkdir(parents=True, exist_ok=True)
        (self.root / path).chmod(mode)
        os.chown(self.root / path, owner, owner if group is None else group)

    def run(self, *words: str, typed: str = "") -> str:
        """One of its own commands, to its end; what it says."""
        words = ("chroot", str(self.root), *words)
        return subprocess.run(words, input=typed, text=True, check=True, capture_output=True).stdout

    def _furnish(self, authority: trustme.CA) -> None:
        self.write("etc/passwd", _PASSWD)
        self.write("etc/group", _GROUP)
        self.write("etc/hosts", f"127.0.0.1 localhost {HOST}\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
        self.write("etc/services", "smtp 25/tcp\n")
        self.folder("tmp", mode=0o1777)
        self.folder("dev")
        for name, number in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
            os.mknod(self.root / "dev" / name, 0o20666, os.makedev(1, number))
            (self.root / "dev" / name).chmod(0o666)
        certificate = authority.issue_cert("127.0.0.1", HOST, key_type=trustme.KeyType.RSA)
        self.write("etc/ssl/relay.pem", "".join(blob.bytes().decode() for blob in certificate.cert_chain_pems))
        self.write("etc/ssl/relay.key", certificate.private_key_pem.bytes().decode(), mode=0o600)
        self.folder("mail", owner=BOX_USER)
        for each in ("", "new", "cur", "tmp"):
            self.folder(f"{MAILBOX}/{each}", owner=BOX_USER)
        self.prepare()

    def _greets(self) -> bool:
        """Whether it accepts connections; with TLS from the first octet on it says nothing by itself."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return self.terms.scheme == "smtps" or connection.recv(3) == b"220"
        except OSError:
            return False


def wait_until(happens: object, complaint: str) -> None:
    """Look again and again; ``AssertionError`` when patience is at its end."""
    assert callable(happens)
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def _root_of(process: Path) -> str | None:
    try:
        return str((process / "root").readlink())
    except OSError:  # it has ended
        return None


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _copy(path: Path) -> Copy:
    with path.open("rb") as file:
        header = message_from_binary_file(file, policy=policy.compat32)
    recipient = next(header[name] for name in ("X-Original-To", "Envelope-to", "Delivered-To") if header[name])
    return Copy(recipient=str(recipient).strip(" <>"), message_id=str(header["Message-ID"]).strip())
