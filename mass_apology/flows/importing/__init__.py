"""``import``: makes a campaign of another program's files, and says what differs."""
