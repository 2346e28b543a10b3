"""``preview`` and ``test``: finished letters of a plan, written to a file or sent to the user's own address."""
