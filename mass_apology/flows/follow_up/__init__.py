"""Follow-ups: who is due in a further wave, a person's consent to it, and the letters that go by that consent."""
