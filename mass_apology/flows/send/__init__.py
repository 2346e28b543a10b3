"""``send``: confirmed letters to the relay, each recorded before it can have arrived."""
