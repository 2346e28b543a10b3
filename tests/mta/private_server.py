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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme
from msgspec import Struct

HOST = "relay.example"
USER, PASSWORD = "mailer", "correct horse"
PATIENCE = 60.0  # seconds until a server must have started, ended or emptied its queue; a guard against hanging
MAILBOX = "mail/all"
_RECIPIENT_FIELDS = ("x-original-to", "envelope-to", "delivered-to")  # as Postfix, Exim and OpenSMTPD name it
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
    new_connections: tuple[int, int] | None = None  # in so many seconds
    messages: int | None = None  # in one connection
    rate: tuple[int, int] | None = None  # letters in so many seconds
    refused: tuple[str, ...] = ()  # addresses that are answered with 550
    deferred: tuple[str, ...] = ()  # addresses that are answered with 450
    refused_at_dot: tuple[str, ...] = ()  # addresses whose letters are refused after their content
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
    smtputf8: bool  # whether it takes addresses that are not ASCII
    reloads: bool = True  # whether it reads its settings again without ending its connections
    logs: tuple[str, ...]  # its logs, as `reconcile` wants them, below the root

    def __init__(self, root: Path, authority: trustme.CA, authority_file: Path) -> None:
        """``root`` is a copy of the unpacked packages that this server may fill."""
        self.root = root
        self.authority = authority
        self.authority_file = authority_file
        self.port = _free_port()
        self.terms = Terms()
        self.unsettled: tuple[object, list[Copy]] = (None, [])  # a campaign with letters in doubt, and its mailbox
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

    def reload_for_room(self) -> None:
        """Have it notice that ``Terms.full`` has changed."""
        self.reload()

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
                [*self.limits(), "chroot", str(self.root), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment()},
                start_new_session=True,
            )
        wait_until(self._greets, f"{self.name} does not greet; see {self.root}/output.txt")

    def limits(self) -> tuple[str, ...]:
        """A command before its own, which limits it."""
        return ()

    def environment(self) -> dict[str, str]:
        """Environment variables that it needs."""
        return {}

    def kill(self) -> None:
        """``kill -9`` to all of its processes at once."""
        while self.processes():
            self._signal(signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def processes(self) -> list[int]:
        """Whatever has its root folder as root."""
        return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _root_of(each) == str(self.root)]

    def stop(self) -> None:
        """End it as its administrator would, and wait until it has ended."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self.kill()  # what a stray process still did is nobody's business

    def hold(self) -> None:
        """It falls silent: all its processes are stopped, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        """It goes on where ``hold`` stopped it."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def flush(self) -> None:
        """Wait until everything that it has taken lies in the mailbox."""
        wait_until(lambda: self.queued() == 0, f"{self.name} still has letters in its queue")

    def mailbox(self) -> list[Copy]:
        """The letters in the mailbox; the beginning of one, as a killed server may leave it there, is none."""
        return [copy for path in self.mailbox_files() if (copy := _copy(path))]

    def mailbox_files(self) -> list[Path]:
        return list((self.root / MAILBOX / "new").glob("*"))

    def empty_mailbox(self) -> None:
        for path in self.mailbox_files():
            path.unlink()

    def log_files(self) -> list[Path]:
        return [path for name in self.logs if (path := self.root / name).exists()]

    def write(self, path: str, text: str, *, owner: int = 0, mode: int = 0o644) -> None:
        """A file below the root, whole at once: a server may read it at any moment."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        os.chown(new, owner, owner)
        new.replace(file)

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


def wait_until(happens: Callable[[], bool], complaint: str, seconds: float = PATIENCE) -> None:
    """Look again and again; ``AssertionError`` when patience is at its end."""
    deadline = time.monotonic() + seconds
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


def _copy(path: Path) -> Copy | None:
    header, blank, _ = path.read_bytes().partition(b"\n\n")
    lines = (line.partition(":") for line in reversed(header.decode("utf-8").splitlines()))
    fields = {name.lower(): value.strip() for name, _, value in lines}
    recipient = next((fields[name] for name in _RECIPIENT_FIELDS if name in fields), None)
    if not blank or recipient is None or "message-id" not in fields:
        return None
    return Copy(recipient=recipient.strip("<>"), message_id=fields["message-id"])
