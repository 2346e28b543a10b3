"""``check``: what would be sent, looked at from every side, for the terminal, for a page and for scripts."""
