"""``check``: plans without sending, and reports all findings on the terminal, as a page and as JSON."""
