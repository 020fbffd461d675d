# What people run: `make demo` and `make test`. The rest is for maintainers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" --quiet

.PHONY: demo test check docs messages schema lock bench clean

demo: $(VENV)/demo.installed
	$(BIN)/helpdesk-kpi demo

# A file's tests stay with one worker, for they often share a world; in order, for the longest files have few tests.
test: $(VENV)/dev.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --include='kpi_engine/*' --fail-under=100

# Every package comes from a lock file with its hash, and no other does (--no-deps: the lock files are complete); ours is
# installed from the checkout, without an index.
$(VENV)/demo.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-index --no-build-isolation --editable .
	touch $@

$(VENV)/dev.installed: requirements-dev.lock $(VENV)/demo.installed
	$(PIP) --no-deps --require-hashes --requirement requirements-dev.lock
	touch $@

docs: $(VENV)/dev.installed ## Write the generated documents under docs anew
	$(BIN)/python -c 'from sync.documents import write_documents; write_documents()'

schema: $(VENV)/dev.installed ## Write config/schema.json anew from the settings models
	$(BIN)/python -c 'from config.schema import generated_schema_text as text; print(text(), end="")' > .schema.new
	mv .schema.new config/schema.json

messages: $(VENV)/dev.installed ## Bring the Vietnamese catalogue up to date with the sentences in the code
	$(BIN)/pybabel --quiet extract --no-default-keywords --keyword message --no-location --omit-header \
		--output .messages.pot kpi_engine connectors config sync
	$(BIN)/pybabel --quiet update --ignore-obsolete --no-fuzzy-matching --no-wrap --ignore-pot-creation-date \
		--input-file .messages.pot --output-file sync/locale/vi.po --locale vi
	$(BIN)/pybabel --quiet compile --locale vi --input-file sync/locale/vi.po \
		--output-file sync/locale/vi/LC_MESSAGES/helpdesk-kpi.mo
	$(BIN)/pybabel --quiet compile --locale vi --input-file sync/locale/vi-click.po \
		--output-file sync/locale/vi/LC_MESSAGES/messages.mo
	rm .messages.pot

lock: ## Pin every dependency anew; needs uv
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --all-extras --constraint requirements.lock --output-file requirements-dev.lock

bench: $(VENV)/demo.installed
	$(BIN)/python benchmarks/thread.py
	$(BIN)/python benchmarks/engine.py

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
