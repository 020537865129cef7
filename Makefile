# Each target is the command that a person would type; README.md lists them for those without make.
PYTHON ?= python3
export UV_PYTHON_DOWNLOADS = never

.PHONY: report test test-slow lab bench bench-scale lint messages snapshots lock clean

report: .venv/run ; .venv/bin/crm import --shop demo --shop cdnow --shop groceries && .venv/bin/crm run --shop demo --shop cdnow --shop groceries

test: .venv/dev ; .venv/bin/pytest -n 2 -m "not slow"

test-slow: .venv/dev ; .venv/bin/pytest -m slow

lab: .venv/dev ; .venv/bin/crm import --shop demo --shop cdnow --shop groceries && .venv/bin/jupyter lab notebooks

bench: .venv/dev ; .venv/bin/python -m benchmarks

bench-scale: .venv/dev ; .venv/bin/python -m benchmarks scale

lint: .venv/dev ; .venv/bin/ruff check && .venv/bin/ruff format --check

messages: .venv/dev ; .venv/bin/python tests/language/extraction.py

snapshots: .venv/dev ; .venv/bin/python tests/engine/engine_registry.py

lock: .venv/uv ; .venv/bin/uv pip compile -q --universal --generate-hashes --all-extras --group dev pyproject.toml -o requirements/dev.lock && .venv/bin/uv pip compile -q --universal --generate-hashes --extra samples -c requirements/dev.lock pyproject.toml -o requirements/run.lock

clean: ; rm -rf .venv reports

.venv/uv: ; $(PYTHON) -m venv .venv && .venv/bin/pip install -q uv==0.13.9 && touch $@

.venv/run: .venv/uv requirements/run.lock pyproject.toml ; .venv/bin/uv pip install -q --compile-bytecode --require-hashes -r requirements/run.lock && .venv/bin/uv pip install -q --no-deps -e . && touch $@

.venv/dev: .venv/uv requirements/dev.lock pyproject.toml ; .venv/bin/uv pip install -q --compile-bytecode --require-hashes -r requirements/dev.lock && .venv/bin/uv pip install -q --no-deps -e . && touch $@ .venv/run
