"""Mail servers to read from: a small scripted one that misbehaves on request, and a private Dovecot."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import trustme

USER = "bounces@acme.example"
SECRET = "correct horse"
Fault = Callable[[str], bytes | None]
"""Gets a command without its tag; returns octets to send instead of the ordinary answer, ``b""`` to hang up."""


class ScriptedServer(socketserver.ThreadingTCPServer):
    """A folder INBOX with these messages by UID, and one named Bounces."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, messages: Mapping[int, bytes], context: ssl.SSLContext | None, *, implicit: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages = dict(messages)
        self.context = context
        self.implicit = implicit
        self.capabilities = "IMAP4rev1 AUTH=PLAIN STARTTLS"
        self.fault: Fault = lambda _: None
        self.said: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes in the middle is what some tests are about."""


class _Conversation(socketserver.StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        if self.server.implicit:
            self._protect()
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, _, command = line.decode().rstrip("\r\n").partition(" ")
            self.server.said.append(command)
            instead = self.server.fault(command)
            if instead is None:
                self.wfile.write(self._answer(command) + f"{tag} {self._verdict} \r\n".encode())
            elif instead:
                self.wfile.write(instead.replace(b"TAG", tag.encode()))
            else:
                return
            if command == "STARTTLS":
                self._protect()

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _protect(self) -> None:
        context = cast(ssl.SSLContext, self.server.context)
        self.connection = context.wrap_socket(self.request, server_side=True)
        self.request = self.connection
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def _answer(self, command: str) -> bytes:  # noqa: C901, PLR0911 (a case for each command)
        self._verdict = "OK done"
        verb, _, rest = command.removeprefix("UID ").partition(" ")
        match verb:
            case "CAPABILITY":
                return f"* CAPABILITY {self.server.capabilities}\r\n".encode()
            case "AUTHENTICATE":
                self.wfile.write(b"+ \r\n")
                given = base64.b64decode(self.rfile.readline()).decode().split("\0")[1:]
                self._verdict = "OK in" if given == [USER, SECRET] else "NO [AUTHENTICATIONFAILED] No such login."
            case "LOGIN":
                given = [part.strip('"') for part in rest.split(" ", 1)]
                self._verdict = "OK in" if given == [USER, SECRET] else "NO [AUTHENTICATIONFAILED] No such login."
            case "EXAMINE":
                if rest.strip('"') not in {"INBOX", "Bounces"}:
                    self._verdict = "NO [NONEXISTENT] Unknown Mailbox"
                return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n" % len(self.server.messages)
            case "LIST":
                return b'* LIST () "/" INBOX\r\n* LIST () "/" Bounces\r\n* LIST (\\Noselect) "/" Shared\r\n'
            case "SEARCH":
                return b"* SEARCH " + " ".join(map(str, self.server.messages)).encode() + b"\r\n"
            case "FETCH":
                uids, _, items = rest.partition(" ")
                return b"".join(self._fetched(int(uid), items) for uid in uids.split(","))
            case "STARTTLS":
                pass  # `handle` goes on
            case "LOGOUT":
                return b"* BYE\r\n"
            case _:
                self._verdict = "BAD unknown"
        return b""

    def _fetched(self, uid: int, items: str) -> bytes:
        data = self.server.messages.get(uid)
        if data is None:
            return b""
        number = list(self.server.messages).index(uid) + 1
        if "RFC822.SIZE" in items:
            return b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (number, uid, len(data))
        limit = int(items.rpartition(".")[2].rstrip(">)"))
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (number, uid, len(data[:limit]), data[:limit])


@contextmanager
def scripted(
    messages: Mapping[int, bytes], context: ssl.SSLContext | None = None, *, implicit: bool = False
) -> Iterator[ScriptedServer]:
    """A scripted server, listening."""
    with ScriptedServer(messages, context, implicit=implicit) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Dovecot:
    """A private instance with one user, ``USER``, whose mail is a Maildir."""

    def __init__(self, root: Path, ports: tuple[int, int]) -> None:
        self.root = root
        self.plain_port, self.tls_port = ports
        self.maildir = root / "mail" / USER

    def own(self) -> None:
        """Give the mail to who serves it: Dovecot lets nobody read mail as root."""
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", _server_user(), str(self.root / "mail")], check=True)


def dovecot_is_here() -> bool:
    """Whether there is a Dovecot 2.3; 2.4 is configured in another language."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        return False
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return said.stdout.startswith("2.3.")


@contextmanager
def dovecot(authority: trustme.CA) -> Iterator[Dovecot]:
    """Starts it on free ports of 127.0.0.1 and ends it."""
    root = Path(tempfile.mkdtemp(prefix="mass-apology-imap-"))
    root.chmod(0o755)
    server = Dovecot(root, (_free_port(), _free_port()))
    (root / "mail").mkdir()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(root / "tls.pem")
    (root / "users").write_text(f"{USER}:{{PLAIN}}{SECRET}\n", encoding="utf-8")
    (root / "dovecot.conf").write_text(_configuration(server), encoding="utf-8")
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") or ""
    with subprocess.Popen([program, "-F", "-c", str(root / "dovecot.conf")]) as process:
        try:
            _await_listening(server.tls_port, process)
            server.own()
            yield server
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(root, ignore_errors=True)


def _server_user() -> str:
    return "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _configuration(server: Dovecot) -> str:
    user = pwd.getpwnam(_server_user())
    group = subprocess.run(["id", "-gn", user.pw_name], capture_output=True, text=True, check=True).stdout.strip()
    return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {server.root}/run
state_dir = {server.root}/state
log_path = {server.root}/log
default_internal_user = {user.pw_name}
default_internal_group = {group}
default_login_user = {user.pw_name}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{server.root}/tls.pem
ssl_key = <{server.root}/tls.pem
mail_location = maildir:{server.root}/mail/%u
passdb {{
  driver = passwd-file
  args = {server.root}/users
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={server.root}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.plain_port}
  }}
  inet_listener imaps {{
    port = {server.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "dovecot ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("dovecot does not listen")
