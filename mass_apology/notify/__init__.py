"""``[notify]``: telling a command or a server what happened, in threads that hold nothing up."""
