"""``templates``: the situations there are letters for, what they look like, and proofreading them with examples."""
