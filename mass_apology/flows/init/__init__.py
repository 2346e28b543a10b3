"""``init``: a campaign's folder from a template and a file of customers, its columns matched to what letters use."""
