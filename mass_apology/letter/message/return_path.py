"""A letter's MAIL FROM, to which failures are reported; with VERP each letter has its own."""

from __future__ import annotations

from mass_apology.errors import MessageError
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.settings import SenderSettings

MOST_LOCAL_OCTETS = 64
"""What an address may have before its @ (RFC 5321 §4.5.3.1.1)."""

TOKEN_OCTETS = 32
"""Of a Message-ID's left part (``message_id``), which names a letter in its return path."""


class ReturnPath:
    """The return paths of one campaign's letters."""

    address: str
    """Without VERP: the envelope's address, or that of the From header. Domains are A-labels."""

    def __init__(self, sender: SenderSettings) -> None:
        """Raises ``MessageError`` where the address is none, or VERP would make it too long."""
        key, text = ("sender.envelope", sender.envelope) if sender.envelope else ("sender.from", sender.from_)
        self.address = parse_mailbox(text, key).address
        self._verp = sender.verp
        if sender.verp:
            _refuse_long_local_part(self.address)

    def of(self, token: str) -> str:
        """The letter's whose Message-ID begins with ``token``: a bounce names it even where it names nothing else."""
        if not self._verp:
            return self.address
        local_part, _, domain = self.address.rpartition("@")
        return f"{local_part}+{token}@{domain}"


def _refuse_long_local_part(address: str) -> None:
    longest = MOST_LOCAL_OCTETS - len("+") - TOKEN_OCTETS
    octets = len(address.rpartition("@")[0].encode())
    if octets > longest:
        raise MessageError(
            f"`sender.verp` adds {TOKEN_OCTETS + 1} characters to the address {address}, and what stands before the @ "
            f"may be no longer than {MOST_LOCAL_OCTETS}: it has {octets}, and {longest} are possible.",
            next_step="Give a shorter address as `sender.envelope` in campaign.toml, such as bounces@acme.example.",
        )
