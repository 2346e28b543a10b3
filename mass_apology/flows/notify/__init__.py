"""``[notify]``: what happened in a command is told, and what could not be told is said and noted."""
