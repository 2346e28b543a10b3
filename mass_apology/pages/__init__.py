"""What people look at: self-contained HTML pages that ask nothing of any network."""
