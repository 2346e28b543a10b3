"""Makes the ``RelayError`` for a connection that cannot be opened: the problem, and the next step, as sentences."""

from __future__ import annotations

import socket
import ssl

from mass_apology.errors import RelayError
from mass_apology.model import Phase, Reply
from mass_apology.smtp.url import Endpoint, Scheme

_CHECK = "then run: mass-apology check"


def refused(endpoint: Endpoint, phase: Phase, reply: Reply) -> RelayError:
    """The relay answered with a refusal."""
    code = f"{reply.code} {reply.enhanced}" if reply.enhanced else f"{reply.code}"
    temporary = reply.code < 500
    if phase is Phase.AUTH:
        doing = f"does not accept the login of {endpoint.user}"
        next_step = f"Check the user in [relay] url and the password, {_CHECK}"
    else:
        doing = f"refuses to talk to us ({phase.upper()})"
        next_step = f"Ask the relay's administrator whether this machine may send through it, {_CHECK}"
    if temporary:
        next_step = "Try again later; nothing is lost."
    problem = f"The relay {endpoint.place} {doing}: {code} {reply.text}".rstrip()
    return RelayError(problem, next_step=next_step, phase=phase, reply=reply, temporary=temporary)


def not_smtp(endpoint: Endpoint, phase: Phase, line: str) -> RelayError:
    """The server at this place does not speak SMTP."""
    return RelayError(
        f'The server at {endpoint.place} does not speak SMTP ({phase.upper()}): "{line}".',
        next_step=f"Check the host and the port in [relay] url, {_CHECK}",
        phase=phase,
    )


def no_starttls(endpoint: Endpoint) -> RelayError:
    """STARTTLS is required and not offered; an attacker in between may have removed it."""
    return RelayError(
        f"The relay {endpoint.place} does not offer STARTTLS, so the connection would be unprotected.",
        next_step=f"If its port takes TLS at once (465), use smtps:// in [relay] url; {_CHECK}",
        phase=Phase.TLS,
    )


def no_login(endpoint: Endpoint, offered: tuple[str, ...], wanted: tuple[str, ...]) -> RelayError:
    """The relay offers no login mechanism, or none of those wanted."""
    offers = f"offers only {', '.join(offered)}" if offered else "offers no login"
    return RelayError(
        f"The relay {endpoint.place} {offers}, and {endpoint.user} should log in by {' or '.join(wanted)}.",
        next_step=f"Choose the login with [relay] auth, or take the user out of [relay] url; {_CHECK}",
        phase=Phase.AUTH,
    )


def closed(endpoint: Endpoint, phase: Phase) -> RelayError:
    """The relay closed the connection without a reply."""
    return RelayError(
        f"The relay {endpoint.place} closed the connection ({phase.upper()}).",
        next_step=f"Try again later. If it stays so, ask the relay's administrator, {_CHECK}",
        phase=phase,
        temporary=True,
    )


def unopened(endpoint: Endpoint, phase: Phase, cause: BaseException | None) -> RelayError:
    """The error for a failure of the operating system or of TLS; without a cause the relay closed the connection."""
    if isinstance(cause, ssl.SSLError):
        return _unprotected(endpoint, cause)
    if isinstance(cause, TimeoutError):
        return silent(endpoint, phase)
    if isinstance(cause, socket.gaierror):
        return _unknown(endpoint, cause)
    if isinstance(cause, OSError) and phase is Phase.CONNECT:
        return _unreachable(endpoint, cause)
    return closed(endpoint, phase)


def _unprotected(endpoint: Endpoint, cause: ssl.SSLError) -> RelayError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        problem = f"The relay {endpoint.place} cannot prove that it is {endpoint.host}: {cause.verify_message}"
        next_step = (
            f"Check the host in [relay] url. For a private authority, name its certificate in [relay] ca_file; {_CHECK}"
        )
    else:
        problem = f"TLS with the relay {endpoint.place} fails: {cause.reason or cause}"
        other = Scheme.TLS if endpoint.scheme is Scheme.STARTTLS else Scheme.STARTTLS
        next_step = f"Check the port, and whether [relay] url should begin with {other}://; {_CHECK}"
    return RelayError(f"{problem.rstrip('.')}.", next_step=next_step, phase=Phase.TLS)


def silent(endpoint: Endpoint, phase: Phase) -> RelayError:
    """The relay said nothing for too long."""
    next_step = "Check the host, the port and the firewall"
    if phase is Phase.GREETING and endpoint.scheme is not Scheme.TLS:
        next_step = "A silent port may expect TLS at once: try smtps:// in [relay] url"
    return RelayError(
        f"The relay {endpoint.place} does not answer in time ({phase.upper()}).",
        next_step=f"{next_step}; {_CHECK}",
        phase=phase,
        temporary=True,
    )


def _unknown(endpoint: Endpoint, cause: socket.gaierror) -> RelayError:
    return RelayError(
        f"The relay's host {endpoint.host} has no address: {cause.strerror}.",
        next_step=f"Check the spelling in [relay] url, and the name service of this machine; {_CHECK}",
        phase=Phase.CONNECT,
        temporary=cause.errno == socket.EAI_AGAIN,
    )


def _unreachable(endpoint: Endpoint, cause: OSError) -> RelayError:
    reason = "it refuses the connection" if isinstance(cause, ConnectionRefusedError) else cause.strerror or cause
    return RelayError(
        f"The relay {endpoint.place} cannot be reached: {reason}.",
        next_step=f"Check the host, the port and whether the relay is running; {_CHECK}",
        phase=Phase.CONNECT,
        temporary=True,
    )
