"""What campaign.toml may say about relays, as frozen types."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from mass_apology.text_forms import NonEmpty, RelayName


class RelaySettings(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for", "except_": "except"}
):
    """The SMTP server that takes our messages, and how fast it may be used.

    A profile fills in what is left out, before this is made: see ``smtp.relay_profile``.
    """

    name: RelayName | None = None  # as ledger, log and report call it
    url: NonEmpty  # smtp+starttls://user@host:587, smtps://user@host:465, smtp+plain://host:25
    profile: Literal["ses", "google", "microsoft365", "sendgrid", "mailgun", "postmark", "postfix"] | None = None
    user: NonEmpty | None = None  # of the URL that the profile fills in
    password: NonEmpty | None = None  # "env:NAME", "file:PATH" or "keyring:SERVICE"; never the password itself
    auth: tuple[Literal["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"], ...] = ()  # in order of preference; else the relay's
    ca_file: NonEmpty | None = None  # PEM, in addition to the system's, for a relay with a private authority
    hello: NonEmpty | None = None  # the name given in EHLO; this machine's otherwise
    rate: NonEmpty = "50/s"  # "50/s", "30/min", "1000/h" or "unlimited"
    windows: tuple[NonEmpty, ...] = ()  # "10000/day", "500/h": counted in the ledger, so a restart keeps them
    connections: Annotated[int, Meta(ge=1, le=200)] = 10
    messages_per_connection: Annotated[int, Meta(ge=1)] = 1000
    size: Annotated[int, Meta(ge=1)] | None = None  # octets of a message, where the relay takes less than it states
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1  # of letters that several could take, in relation to theirs
    for_: tuple[NonEmpty, ...] = ()  # recipients' domains that it is for; all of them if it names none
    except_: tuple[NonEmpty, ...] = ()  # recipients' domains that it is not for
    timeout: Annotated[float, Meta(gt=0)] = 300.0  # seconds for a reply to a command (RFC 5321 §4.5.3.2)
    dot_timeout: Annotated[float, Meta(gt=0)] = 600.0  # seconds for the reply to the final dot
    connect_timeout: Annotated[float, Meta(gt=0)] = 30.0  # seconds to connect, and for TLS

    @property
    def pace(self) -> str:
        """Its rate and windows, for people: "14/s, 10000/day"."""
        return ", ".join((self.rate, *self.windows))

    def takes(self, domain: str) -> bool:
        """Whether it is for recipients of this domain (lower case, A-labels)."""
        return (not self.for_ or domain in self.for_) and domain not in self.except_


class DestinationSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[destinations."gmail.com"]`: how fast letters to one provider's mailboxes may leave."""

    rate: NonEmpty = "unlimited"  # as [relay] rate
    connections: Annotated[int, Meta(ge=1)] | None = None  # at most so many carry its letters at a time
    also: tuple[NonEmpty, ...] = ()  # further domains of the same provider, which share all this
