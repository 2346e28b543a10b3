#!/bin/sh
# Build the wheel, install it into a virtual environment of its own, and run the demo from there: templates, sample,
# docs and entry point must all be inside. $1 is the python to build with.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$folder" .
"$1" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/run.txt
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$folder"/mass_apology-*.whl
cd "$folder"
"$folder/venv/bin/mass-apology" demo > demo.txt 2>&1 || { cat demo.txt; exit 1; }
test -s demo/report.html
test -s demo/preview.html
grep "The relay received" demo.txt
"$folder/venv/bin/mass-apology" docs | grep guards
"$folder/venv/bin/mass-apology" docs guards | grep too-late > page.txt
echo "The wheel works by itself."
