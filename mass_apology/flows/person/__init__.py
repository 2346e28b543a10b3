"""``show`` and ``resend``: for one person who asks."""
