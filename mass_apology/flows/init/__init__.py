"""``init``: makes a campaign's folder from a template and a file of customers, and matches the file's columns."""
