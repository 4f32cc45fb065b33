# Two commands set up all they need: `make demo` and `make test`. `make help` lists the rest.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test lint setup test-gpu test-parity config clean

VIDEO ?=
PARITY ?=
ARGS ?=
export VIDEO PARITY

help:  ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

demo:  ## Watch VIDEO (file, rtsp://, http://, /dev/video0; a test scene without); ARGS=name:=value
	@scripts/setup.sh demo
	@scripts/in_venv.sh python -m video_commentary.tools.run demo $${VIDEO:+"source:=$$VIDEO"} $(ARGS)

test: lint  ## Run everything CI runs: ruff, mypy and all tests that need no GPU
	@scripts/in_venv.sh python -m pytest $(ARGS)

lint: setup  ## Run ruff and mypy
	@scripts/in_venv.sh ruff check .
	@scripts/in_venv.sh mypy

setup:  ## Set up .venv for tests without running them
	@scripts/setup.sh test

test-gpu:  ## Run the tests that need a GPU, with .venv or else python3's torch
	@scripts/in_venv.sh python3 -m pytest -m gpu $(ARGS)

test-parity:  ## Run the parity tests on the fixtures of the folder PARITY
	@test -n "$$PARITY" || { echo "say which fixtures: make test-parity PARITY=<folder>"; exit 2; }
	@scripts/setup.sh test
	@scripts/in_venv.sh python -m pytest -m parity $(ARGS)

config:  ## Write config/<node>.yaml from the settings again
	@scripts/in_venv.sh python3 -m video_commentary.tools.parameter_files

clean:  ## Remove .venv with all that is built in it; models stay
	rm -rf .venv build install log .mypy_cache .ruff_cache .pytest_cache .hypothesis
