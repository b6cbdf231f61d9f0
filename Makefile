# The commands of this project. `make demo` and `make test` set up all they need by themselves.

BIN := .venv/bin
DEMO := demo-home

.PHONY: demo test check bench hostile format lock

demo: .venv/.complete
	@rm -rf $(DEMO)
	@echo "$$ era init $(DEMO) --demo" && $(BIN)/era init $(DEMO) --demo
	@echo && echo "$$ era run --home $(DEMO)"
	@$(BIN)/era run --home $(DEMO) --log-file $(DEMO)/run.log || test $$? -eq 3
	@echo && echo "$$ era log --home $(DEMO) --outcome post" && $(BIN)/era log --home $(DEMO) --outcome post
	@echo && cat scripts/after-demo.txt

test: .venv/.complete
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/.complete
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.complete
	@$(BIN)/python benchmarks/run.py $(ARGS)

hostile: .venv/.complete
	@$(BIN)/python hostile/big_files.py $(ARGS)

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
