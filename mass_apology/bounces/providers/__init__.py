"""Mail providers whose events are understood, one file each.

A new provider is one file with a ``Provider`` and its name in ``PROVIDERS``.
"""

from __future__ import annotations

from mass_apology.bounces.providers.mailgun import MAILGUN
from mass_apology.bounces.providers.postmark import POSTMARK
from mass_apology.bounces.providers.sendgrid import SENDGRID
from mass_apology.bounces.providers.ses import SES

PROVIDERS = (SES, SENDGRID, MAILGUN, POSTMARK)
"""All providers. No two of them recognise the same event."""
