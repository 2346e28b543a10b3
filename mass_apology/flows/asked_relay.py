"""The campaign's relay, asked what it offers once, when somebody needs to know: after all that local files can tell."""

from __future__ import annotations

from mass_apology.model import Extensions
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe


class AskedRelay:
    """The relay of one command.

    An unusable one must be known before somebody types a number, and a missing file or a bad row before an unusable
    one: who is to mend something mends it at once, without a network.
    """

    def __init__(self, settings: RelaySettings) -> None:
        """Raises ``PasswordError`` where the password cannot be read: that is a local mistake, too."""
        self._settings = settings
        self.password = relay_password(settings)
        self._extensions: Extensions | None = None

    async def extensions(self) -> Extensions:
        """What it offers. Raises ``RelayError`` where it cannot be used."""
        if self._extensions is None:
            self._extensions = (await probe(self._settings, self.password)).extensions
        return self._extensions
