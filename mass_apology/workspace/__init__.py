"""A campaign's folder as a command works in it: the campaign, and what is opened from the two."""
