"""Letters as they would leave, for people to look at: chosen, finished, and written to a file or sent to oneself."""
