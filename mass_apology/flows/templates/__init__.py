"""``templates``: lists and shows the templates, begins new ones, and tests them with examples."""
