"""The product's bars, measured: ``python -m bench``. See docs/benchmarks.md."""
