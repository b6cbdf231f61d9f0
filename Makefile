# The commands of this project. `make demo` and `make test` set up all they need by themselves.

BIN := .venv/bin
DEMO := demo-home

.PHONY: demo test torture fuzz check bench hostile errors packages proven records tables mutate format lock

demo: .venv/.complete
	@rm -rf $(DEMO)
	@echo "$$ era init $(DEMO) --demo" && $(BIN)/era init $(DEMO) --demo
	@echo && echo "$$ era run --home $(DEMO)"
	@$(BIN)/era run --home $(DEMO) --log-file $(DEMO)/run.log || test $$? -eq 3
	@echo && echo "$$ era log --home $(DEMO) --outcome post" && $(BIN)/era log --home $(DEMO) --outcome post
	@echo && cat scripts/after-demo.txt

test: .venv/.complete
	@$(BIN)/python -m pytest -n auto $(ARGS)

# On the disk, not in memory: what is killed here waits for it.
torture: .venv/.complete
	@ERA_DATABASES=both TMPDIR=$${TMPDIR:-/tmp} $(BIN)/python -m pytest tests/torture -o python_files='torture_*.py' $(ARGS)

check: .venv/.complete
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.complete
	@$(BIN)/python benchmarks/run.py $(ARGS)

# A million inputs in all by default; a quarter of an hour or more.
FUZZ_RUNS ?= 250000
fuzz: .venv/.complete
	@$(BIN)/pip install --quiet --require-hashes --requirement hostile/requirements.lock
	@for target in 835 837 bank csv; do \
	    $(BIN)/python hostile/fuzz.py $$target -runs=$(FUZZ_RUNS) -verbosity=0 || exit 1; done

hostile: .venv/.complete
	@$(BIN)/python hostile/big_files.py $(ARGS)

# After a change of what the shipped rules ask, decide or show (not of words): a run need not prove them again.
proven: .venv/.complete
	@$(BIN)/python scripts/prove_rules.py

# Each rule changed in each way, one at a time: some case beside it must notice. ARGS="--table NAME" or ARGS=RULE.
mutate: .venv/.complete
	@$(BIN)/python scripts/mutate_rules.py $(ARGS)

# docs/errors.md, from the cases in tests/errors.
errors: .venv/.complete
	@$(BIN)/python scripts/errors_document.py

# docs/packages.md, from the docstring of each package.
packages: .venv/.complete
	@$(BIN)/python scripts/packages_document.py

# docs/decisions/README.md, from the first lines of each record.
records: .venv/.complete
	@$(BIN)/python scripts/decisions_document.py

# era_engine/store/migrations/sqlite_tables.sql, from the migrations.
tables: .venv/.complete
	@$(BIN)/python scripts/sqlite_tables.py

format: .venv/.complete
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Newest versions within pyproject.toml's bounds, for every platform, with hashes.
lock: .venv/.complete
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock

.venv/.complete: requirements.lock pyproject.toml scripts/make-environment
	@sh scripts/make-environment .venv
