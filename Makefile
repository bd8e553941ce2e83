# Everything runs in .venv, which is made when it is first needed and again when the package changes.
# Needs python3 (3.11 or later) with its venv module, and make.
PYTHON  ?= python3
ARGS    ?=
PACKAGE := setup.cfg pyproject.toml
# Made last of all, so that a set-up that failed or was interrupted is begun again.
RUNTIME := .venv/.runtime-ready
DEV     := .venv/.dev-ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test lint chaos bench bench-rules clean

help:
	@echo 'make run    arranca el sistema                      (ARGS="..." pasa argumentos)'
	@echo 'make demo   arranca el sistema con dispositivos simulados'
	@echo 'make test   pasa las pruebas                        (ARGS="-k nombre" elige algunas)'
	@echo 'make lint   comprueba estilo y tipos'
	@echo 'make chaos  prueba averías: muertes, disco lleno... (ARGS="--largo" para una noche, "--lista")'
	@echo 'make bench  mide el rendimiento                     (ARGS="latency idle" elige)'
	@echo 'make bench-rules  mide lo que aprenden y cuestan las reglas'
	@echo 'make clean  borra .venv y lo generado; los datos (instance/) se quedan'

run demo: $(RUNTIME)
	@exec .venv/bin/python run_system.py $@ $(ARGS)

test: $(DEV)
	@.venv/bin/python -m pytest -n 2 $(ARGS)

lint: $(DEV)
	@.venv/bin/python -m ruff check --quiet .
	@.venv/bin/python -m ruff format --quiet --check .
	@.venv/bin/python -m mypy

# Debian keeps the broker where only root's PATH looks.
chaos: $(DEV)
	@PATH="$$PATH:/usr/sbin" .venv/bin/python -m tests.chaos $(ARGS)

bench: $(DEV)
	@.venv/bin/python -m tests.bench $(ARGS)

bench-rules: $(DEV)
	@.venv/bin/python -m tests.bench_rules $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

config.toml.example: config.py
	@$(PYTHON) config.py > $@

$(RUNTIME): $(PACKAGE)
	@command -v $(PYTHON) >/dev/null || { echo 'No se encuentra $(PYTHON): hace falta Python 3.11 o posterior.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Hace falta Python 3.11 o posterior; $(PYTHON) es el %d.%d." % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Falta el módulo venv: sudo apt-get install python3-venv' >&2; exit 1; }
	@echo 'Preparando .venv (solo la primera vez)...' >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): $(RUNTIME)
	@echo 'Añadiendo a .venv las herramientas de desarrollo...' >&2
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
