# Everything runs in .venv, which is made when it is first needed and again when the package changes.
# Needs python3 (3.11 or later) with its venv module, and make.
PYTHON  ?= python3
ARGS    ?=
# What runs the tests; the gate has another. Many wait, for a browser or a broker, so three keep two cores at work.
TESTS   := pytest -n 3 --dist worksteal
# What needs no broker, browser, database or process. Learning whole seasons needs none either, but takes too long.
PURE    := tests/actors/domain tests/actors/runtime tests/rules --ignore=tests/rules/test_learn.py
PACKAGE := setup.cfg pyproject.toml requirements.lock
# What is installed is what these list, byte for byte; setup.cfg says what would do.
PINNED  := .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes
PIN     := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
           --no-emit-index-url --custom-compile-command 'make lock' --upgrade
LOCK    := package.json package-lock.json
# Made last of all, so that a set-up that failed or was interrupted is begun again.
RUNTIME := .venv/.runtime-ready
DEV     := .venv/.dev-ready
DOCS    := .venv/.docs-ready
# The page as it is served; all of it comes into place at once, so this file stands for the others.
PAGE    := web/page/built/LICENSES.txt
# What it is built of.
SOURCES := $(shell find web/page -path web/page/built -prune -o -type f -not -name '*.pyc' -print)
# What checks the page.
NODE    := node_modules/.ready

# Where the system has no npm, and so no node, the environment gets one.
export PATH := $(PATH):$(CURDIR)/.venv/bin
NEEDS_NPM = command -v npm >/dev/null || $(PINNED) --requirement requirements-npm.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test check lint lock wheel docs chaos bench bench-rules screenshots clean

help:
	@echo 'make run    arranca el sistema                      (ARGS="..." pasa argumentos)'
	@echo 'make demo   abre una casa de demostración, vivida    (ARGS=--vacia, una sin nada puesto)'
	@echo 'make test   pasa las pruebas                        (ARGS="-k nombre" elige algunas)'
	@echo 'make check  comprueba estilo, tipos y lo que no pide broker ni navegador'
	@echo 'make lint   comprueba estilo y tipos'
	@echo 'make lock   fija las versiones y sus huellas en requirements*.lock'
	@echo 'make wheel  hace el paquete instalable, con la página, en dist/'
	@echo 'make docs   hace de los documentos un sitio, en build/site/'
	@echo 'make chaos  prueba averías: muertes, disco lleno... (ARGS="--largo" para una noche, "--lista")'
	@echo 'make bench  mide el rendimiento                     (ARGS="latency idle" elige)'
	@echo 'make bench-rules  mide lo que aprenden y cuestan las reglas'
	@echo 'make screenshots  retrata la página, para los documentos'
	@echo 'make clean  borra .venv y lo generado; los datos (instance*/) se quedan'

run demo: $(RUNTIME) $(PAGE)
	@exec .venv/bin/python run_system.py $@ $(ARGS)

test: $(DEV) $(PAGE) $(NODE)
	@.venv/bin/python -m $(TESTS) $(ARGS)

check: lint
	@.venv/bin/python -m pytest -q -n 2 $(PURE) $(ARGS)

# The longest files are named, as the first places to look for two things that stand in one.
lint: $(DEV) $(NODE)
	@.venv/bin/python -m ruff check --quiet .
	@.venv/bin/python -m ruff format --quiet --check .
	@.venv/bin/python -m mypy
	@node_modules/.bin/biome check --error-on-warnings --log-level=warn
	@.venv/bin/python -m tests.page.types
	@echo 'Los ficheros más largos:'
	@git ls-files '*.py' '*.js' | grep -v '^tests/' | xargs wc -l | sort -rn | sed -n 2,6p

# One list for every Python and machine that the package is for; what builds the package is on it, too.
lock: $(RUNTIME)
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@echo 'setuptools>=65' | $(PIN) setup.cfg - --output-file requirements.lock
	@$(PIN) setup.cfg --extra cluster --constraint requirements.lock --output-file requirements-cluster.lock
	@$(PIN) setup.cfg --extra dev --extra cluster --constraint requirements-cluster.lock --output-file requirements-dev.lock
	@$(PIN) setup.cfg --extra docs --constraint requirements-dev.lock --output-file requirements-docs.lock
	@$(PIN) setup.cfg --extra npm --constraint requirements.lock --output-file requirements-npm.lock

wheel: $(PAGE)
	@rm -rf build/lib build/bdist.*
	@.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist/*.whl

# A link that leads nowhere ends it. What draws the diagrams is put there afterwards, as the documents do not hold it.
docs: $(DOCS) $(NODE)
	@.venv/bin/python -m zensical build --strict --clean
	@cp node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js build/site/assets/javascripts/mermaid.js
	@echo 'build/site/index.html'

# Debian keeps the broker where only root's PATH looks.
chaos: $(DEV) $(PAGE)
	@PATH="$$PATH:/usr/sbin" .venv/bin/python -m tests.chaos $(ARGS)

bench: $(DEV) $(PAGE)
	@.venv/bin/python -m tests.bench $(ARGS)

bench-rules: $(DEV)
	@.venv/bin/python -m tests.bench_rules $(ARGS)

screenshots: $(DEV) $(PAGE)
	@.venv/bin/python -m tests.screenshots

clean:
	rm -rf .venv node_modules web/page/built build dist .cache *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

config.toml.example: config.py rules/base/settings.py actors/domain/setting.py
	@$(PYTHON) config.py > $@

$(RUNTIME): $(PACKAGE)
	@command -v $(PYTHON) >/dev/null || { echo 'No se encuentra $(PYTHON): hace falta Python 3.11 o posterior.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Hace falta Python 3.11 o posterior; $(PYTHON) es el %d.%d." % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Falta el módulo venv: sudo apt-get install python3-venv' >&2; exit 1; }
	@echo 'Preparando .venv (solo la primera vez)...' >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PINNED) --requirement requirements.lock
	@# setuptools warns of folders in the working directory, which is where the package's own are.
	@PYTHONWARNINGS=ignore .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@echo 'Añadiendo a .venv las herramientas de desarrollo...' >&2
	@$(PINNED) --requirement requirements-dev.lock
	@touch $@

$(DOCS): $(DEV) requirements-docs.lock
	@$(PINNED) --requirement requirements-docs.lock
	@touch $@

$(PAGE): $(LOCK) $(SOURCES) | $(RUNTIME)
	@$(NEEDS_NPM)
	@.venv/bin/python -m web.page.build

$(NODE): $(LOCK) $(DEV)
	@$(NEEDS_NPM)
	@echo 'Trayendo de npm lo que comprueba la página...' >&2
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
