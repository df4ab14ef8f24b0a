# make demo | make demo-reset | make test | make lint | make bench (GROWTH=1: on a million stories, too)
# Needs git, make and Python 3.11 or newer with venv (or uv). Nothing else, and no root.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python
# One more than there are cores: the tests of the browser and of workers mostly wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Compiled files are kept whatever the shell says: the demo and the tests start dozens of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-reset test lint bench lock

demo: $(READY)
	@DEBUG=1 exec $(RUN) manage.py demo --port $(PORT)

demo-reset: $(READY)
	@$(RUN) -m newsroom.demo.reset
	@DEBUG=1 exec $(RUN) manage.py demo --port $(PORT)

test: $(READY)
	@sh .ci/browser
	@$(RUN) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q $(ARGS)

lint: $(READY)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	@DEBUG=1 $(VENV)/bin/mypy
	@DEBUG=1 $(RUN) manage.py makemigrations --check --dry-run

bench: $(READY)
	@$(RUN) -m tests.bench $(ARGS)

lock: $(READY)
	@for extra in "-o requirements.txt" "--extra dev -o requirements-dev.txt"; do \
	  $(VENV)/bin/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --python-version 3.11 pyproject.toml $$extra || exit 1; done

$(READY): requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Newsroom needs Python 3.11 or newer; $(PYTHON) is not on the PATH."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Newsroom needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; exit 1; }
	@if command -v uv >/dev/null; then \
	  uv venv -q --clear --python $(PYTHON) $(VENV) && uv pip install -q --python $(RUN) --require-hashes -r requirements-dev.txt; \
	else \
	  $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	    { echo "This Python has no venv. Install it (Debian, Ubuntu: apt install python3-venv) and run make again."; exit 1; }; \
	  $(PYTHON) -m venv --clear $(VENV) && $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt; \
	fi || { echo "The packages of requirements-dev.txt could not be installed; see above."; exit 1; }
	@touch $@
