"""``serve``: opens the server's socket, prints its one-time link, and serves until it is told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.flows.serve.access_file import NO_ACCESS_FILE, UNIX_PEER, Access, read_access
from mass_apology.flows.serve.campaigns import Campaigns
from mass_apology.flows.serve.limited_connections import LimitedConnection
from mass_apology.flows.serve.quiet_log import like_lines_counted
from mass_apology.flows.serve.service import Service
from mass_apology.flows.serve.web_app import web_app
from mass_apology.server_url import is_this_machine

PAGE_THREADS = 4
ENDING_SECONDS = 3  # for answers under way when the server is told to end
LARGEST_HEAD = 16 << 10  # octets of a request before its body


class ServeOptions(Struct, frozen=True, kw_only=True):
    """The options of ``serve``, as given on the command line."""

    folder: Path  # a campaign's, or one of such folders
    listen: str  # "127.0.0.1:8460"; port 0 is any free one
    unix_socket: Path | None = None
    access: Path | None = None


class Announcement(Struct, frozen=True, kw_only=True):
    """What the terminal says once the server listens, and whenever a new link is asked for."""

    address: str  # where the page is
    link: str  # begins one session; empty where people are known by their names


async def serve(options: ServeOptions, on_ready: Callable[[Announcement], None]) -> None:
    """Serve until a signal ends it. Raises ``MassApologyError`` before the first request, or never."""
    access = read_access(options.access) if options.access is not None else NO_ACCESS_FILE
    campaigns = Campaigns(options.folder)
    campaigns.require_some()
    is_local = options.unix_socket is not None or is_this_machine(_host_and_port(options.listen)[0])
    _require_manners(options, access, is_local=is_local)
    with (
        closing(_socket(options, access)) as listening,
        ThreadPoolExecutor(PAGE_THREADS, thread_name_prefix="page") as pool,
    ):
        service = Service.of(access, campaigns, pool, is_local=is_local, access_path=options.access)
        address = access.url or _address(listening)
        server = _Server(server_config(service), lambda: on_ready(_announcement(service, address)))
        try:
            with like_lines_counted():
                await server.serve(sockets=[listening])
        finally:
            if options.unix_socket is not None:
                options.unix_socket.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """Tells once it listens, and again whenever somebody presses Enter in its terminal."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, without raising them again once the server has ended: that is how it is meant to end."""
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()
        if sys.stdin.isatty():
            asyncio.get_running_loop().add_reader(sys.stdin, self._enter)

    def _enter(self) -> None:
        if not sys.stdin.readline():
            asyncio.get_running_loop().remove_reader(sys.stdin)
            return
        self._tell()


def server_config(service: Service) -> uvicorn.Config:
    """How uvicorn serves it."""
    return uvicorn.Config(
        web_app(service),
        http=LimitedConnection,
        ws="none",
        lifespan="on",
        loop="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=ENDING_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )


def _announcement(service: Service, address: str) -> Announcement:
    link = f"{address}/enter/{service.sessions.new_link()}" if service.has_link else ""
    return Announcement(address=address, link=link)


def _require_manners(options: ServeOptions, access: Access, *, is_local: bool) -> None:
    """Raise ``InputError`` where the page would be open to others without saying who they are."""
    if is_local:
        return
    if not access.asks_who:
        raise InputError(
            f"--listen {options.listen} is open to other machines, and nothing says who may do what there.",
            next_step="Listen on 127.0.0.1, or name an access file with a proxy or a provider: --access FILE",
        )
    if not access.is_secure:
        raise InputError(
            f"--listen {options.listen} is open to other machines, and {options.access} names no `url` with https.",
            next_step="Put a proxy that speaks TLS before it, and its address into the file: url = "
            '"https://apologies.acme.example"',
        )


def _socket(options: ServeOptions, access: Access) -> socket.socket:
    try:
        return _unix_socket(options.unix_socket, access) if options.unix_socket else _tcp_socket(options.listen)
    except OSError as error:
        where = options.unix_socket or options.listen
        raise InputError(
            f"The server cannot listen on {where}: {error.strerror or error}.",
            next_step="Choose another place with --listen HOST:PORT or --unix-socket PATH.",
        ) from error


def _tcp_socket(listen: str) -> socket.socket:
    host, port = _host_and_port(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


if sys.platform == "win32":

    def _unix_socket(path: Path, _access: Access) -> socket.socket:
        raise InputError(f"There are no Unix sockets on Windows, as {path} is to be.", next_step="Use --listen.")

else:

    def _unix_socket(path: Path, access: Access) -> socket.socket:
        """For its owner alone, and its group where the proxy comes by it; one that a server left behind is replaced."""
        if path.is_socket() and not _answers(path):
            path.unlink()
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o117 if access.is_proxy(UNIX_PEER) else 0o177)
        try:
            made.bind(str(path))
        except OSError:
            made.close()
            raise
        finally:
            os.umask(before)
        return made

    def _answers(path: Path) -> bool:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as trial, suppress(ConnectionRefusedError):
            trial.connect(str(path))
            return True
        return False


def _address(listening: socket.socket) -> str:
    if listening.family not in {socket.AF_INET, socket.AF_INET6}:
        return "http://localhost"
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _host_and_port(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal() or int(port) > 65535 or not _is_address(host):
        raise InputError(
            f"--listen {listen} is no address with a port.", next_step="Give one such as 127.0.0.1:8460 or [::1]:8460."
        )
    return host, int(port)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
