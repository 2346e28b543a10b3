"""``lint``: any text, template or mail, read as the letters of a campaign are before they leave."""
