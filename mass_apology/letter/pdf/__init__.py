"""A letter on paper: its body as data, set by Typst into a PDF with the company's letterhead."""
