# The short front of noxfile.py.
.DEFAULT_GOAL := help
.PHONY: setup test test-all demo demo-down bench lint unit sanity molecule changelog-check clean help

NOX = .venv/bin/nox
LAB = .venv/bin/python tests/lab/lab
SCENARIO ?= default

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

setup:  ## .venv with the pinned tools, the checkout resolvable as stapling.httpd
	@scripts/setup.sh

lint: setup  ## ruff, mypy, yamllint, ansible-lint, changelog fragments, documentation
	@$(NOX) -t lint

unit: setup  ## unit tests with the tools' own Python
	@$(NOX) -s unit

changelog-check: setup  ## changelog fragments
	@$(NOX) -s changelog
