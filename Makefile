# Two commands are enough on a fresh machine (python3 >= 3.11 with venv, git, make): `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests at once: one more than there are cores, since many wait.
AT_ONCE = $$(($$(getconf _NPROCESSORS_ONLN) + 1))
unexport PYTHONDONTWRITEBYTECODE  # tests start the command again and again; what is compiled once is kept

.PHONY: demo test test-slow test-mta test-mta-again mta check lint types layers bench letters gallery pictures lint-score lint-facts word-forms frequent-words ready kill-test kill-workers stories lock wheel clean

demo: $(VENV)/.run  ## a whole campaign against a relay inside the process, killed half-way once
	$(BIN)/mass-apology demo

test: $(VENV)/.dev  ## the quick tests, in some two minutes
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile -m "not slow and not mta"

test-slow: $(VENV)/.dev  ## the tests that start processes, wait for the clock, or try everything there is
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile -m "slow and not mta"  # a module's browser ends before others begin

test-mta: mta  ## the same letters through real servers, whose mailboxes are compared with the report (needs root and Debian)
	$(BIN)/python -m pytest tests/mta -m mta -n 3 --dist loadfile

test-mta-again: mta  ## of these, those that failed last
	$(BIN)/python -m pytest -m mta --last-failed tests/mta

mta: $(VENV)/.dev  ## Postfix, Exim and OpenSMTPD, unpacked below build/mta
	$(BIN)/python -m tests.mta.debian_trees

check: lint types layers test test-slow wheel  ## all that CI runs

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy
	for system in win32 darwin; do $(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system mass_apology || exit 1; done

layers: $(VENV)/.dev
	$(BIN)/lint-imports

wheel: $(VENV)/.dev  ## build the wheel and try it in a virtual environment of its own
	sh tests/try_wheel.sh $(BIN)/python

bench: $(VENV)/.dev  ## every bar, printed as a ratio (needs Debian's package postfix for smtp-sink and smtp-source)
	$(BIN)/python -m bench

letters: $(VENV)/.dev  ## judge every letter (needs Debian's packages spamassassin, default-jre-headless, npm and chromium)
	$(BIN)/python -m bench letters

gallery: $(VENV)/.dev  ## pictures of every letter on one page, build/gallery/index.html (needs Debian's package chromium)
	$(BIN)/python -m tests.gallery

pictures: $(VENV)/.dev  ## the pictures of docs/tutorial.md, whose commands are carried out for them (needs Debian's package chromium)
	$(BIN)/python -m tests.tutorial

lint-score: $(VENV)/.dev  ## the critic of wording against letters whose faults people have labelled, the half that no rule was tuned on
	$(BIN)/python -m bench.lint_score --half held --rules
	$(BIN)/python -m bench lint-score lint-speed

lint-facts: $(VENV)/.dev  ## the critic against bad facts in good letters; what is missed: .venv/bin/python -m bench bad-facts --show
	$(BIN)/python -m bench bad-facts

word-forms: $(VENV)/.dev  ## expand the words of the wording rules to all their forms (needs PyPI: the analysers are no dependencies)
	$(BIN)/python -m bench.word_forms

frequent-words: $(VENV)/.dev  ## count the words that letters have most, by which the wording rules look their patterns up
	$(BIN)/python -m bench.frequent_words

ready: $(VENV)/.dev  ## what "Ready" rests on: relays' texts, faults, lost ledgers, files that hide something, hostile files
	$(BIN)/python -m bench tried hostile

kill-test: $(VENV)/.dev  ## 300 kills at random moments against a relay that records every dot
	$(BIN)/python -m bench kill

kill-workers: $(VENV)/.dev  ## kills, stops and broken networks of four workers on one PostgreSQL, until 1,000 were killed
	$(BIN)/python -m bench kill-workers --kills 1000

stories: $(VENV)/.dev  ## 2,000 random stories of what people do to a campaign, in any order
	$(BIN)/python -m bench stories

# Exact versions with hashes; the package itself is installed without its dependencies being resolved again.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: locks/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: locks/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(VENV)/.run $@

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 pyproject.toml locks/build.in -o locks/run.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --group dev --all-extras -c locks/run.txt pyproject.toml -o locks/dev.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra scale -c locks/run.txt -c locks/dev.txt pyproject.toml locks/build.in -o locks/scale.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
