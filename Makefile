# The short front of noxfile.py.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-down test test-all lint unit sanity molecule bench picture changelog-check clean

SCENARIO ?= default
NOX = .venv/bin/nox
CHECKS = .venv/bin/python scripts/run_checks.py
LAB = tests/lab/lab

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' Makefile | while read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done

setup:  ## .venv with the pinned tools; the checkout resolvable as stapling.httpd
	@scripts/setup.sh

demo: setup  ## a lab fleet of real httpd hosts, and stapling turned on across it
	@$(LAB) engine
	@$(LAB) up tests/lab/fleets/demo.yml
	.venv/bin/ansible-playbook -i .lab/demo/inventory.yml playbooks/enable_stapling.yml -e "ocsp_stapling_report_dir='$(CURDIR)/.lab/demo/report'"
	@cat .lab/demo/report/report.txt

demo-down:  ## takes down what demo made
	@if [ -x .venv/bin/python ]; then $(LAB) down demo; fi

test: setup  ## everything that must be green
	@$(CHECKS) test

test-all: setup  ## the same, and what takes too long for every run
	@$(CHECKS) test test-all

lint: setup  ## ruff, mypy, yamllint, ansible-lint, changelog fragments, documentation
	@$(CHECKS) lint

unit: setup  ## unit tests: with the tools' Python, then with those of managed hosts
	@$(CHECKS) unit

sanity: setup  ## ansible-test sanity
	@$(NOX) -s sanity

molecule: setup  ## one molecule scenario: SCENARIO=default
	@$(NOX) -s "molecule($(SCENARIO))"

bench: setup  ## the benchmark table
	@$(NOX) -s bench

picture: setup  ## docs/images: the report in README.md, and alerts in Prometheus
	@scripts/setup_page.sh
	.venv/bin/python scripts/picture.py
	.venv/bin/python scripts/picture_alerts.py

changelog-check: setup  ## changelog fragments
	@$(NOX) -s changelog

clean:  ## takes down the lab, removes .venv, the tools' caches and built tarballs
	@if [ -x .venv/bin/python ] && [ -d .lab ]; then $(LAB) down --all; fi
	rm -rf .venv .nox .lab .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache stapling-httpd-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
