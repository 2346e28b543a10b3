"""Legal packs: what the law asks of a kind of letter, as data, and whether the letters keep to it. No legal advice."""
