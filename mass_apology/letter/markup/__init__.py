"""From a template file to Jinja: Markdown, layout and CSS, once for each language."""
