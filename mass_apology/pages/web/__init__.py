"""The live page: templates, style and script. Pure: values in, HTML out."""
