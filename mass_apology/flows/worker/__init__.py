"""``worker``: takes part in what ``send`` confirmed on another machine."""
