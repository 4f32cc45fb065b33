# Two commands set up all they need: `make demo` and `make test`. `make help` lists the rest.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo narrate test test-core lint setup lock hooks eval test-gpu test-parity test-vllm \
	test-image test-compose doctor config rehearsal-kit clean

VIDEO ?=
PARITY ?=
ARGS ?=
IN ?=
OUT ?=
EVAL ?= ../shared/media
KIT ?=
# See scripts/setup.sh: PYTHON, and environments beside .venv.
UNLOCKED ?=
NUMPY1 ?=
VENV ?= .venv$(if $(UNLOCKED),-unlocked)$(if $(NUMPY1),-numpy1)
export VIDEO PARITY IN OUT EVAL KIT UNLOCKED NUMPY1 VENV

define CHECK
	@scripts/in_venv.sh ruff check .
	@scripts/in_venv.sh ruff format --check .
	@scripts/in_venv.sh mypy
endef

help:  ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

demo:  ## Watch VIDEO (file, rtsp://, http://, /dev/video0; a test scene without); ARGS=name:=value
	@scripts/setup.sh demo
	@scripts/in_venv.sh python -m video_commentary.tools.run demo $${VIDEO:+"source:=$$VIDEO"} $(ARGS)

narrate:  ## Narrate the video or rosbag IN to OUT (.mp4, .srt, .vtt, .jsonl or .wav)
	@test -n "$$IN" -a -n "$$OUT" || { echo "say what: make narrate IN=video.mp4 OUT=narrated.mp4"; exit 2; }
	@scripts/setup.sh demo
	@scripts/in_venv.sh python -m video_commentary.tools.narrate "$$IN" "$$OUT" $(ARGS)

eval:  ## Measure what is said about the labelled videos of EVAL; the table as JSON to OUT
	@scripts/setup.sh demo
	@scripts/in_venv.sh python -m video_commentary.tools.evaluate "$$EVAL" \
		--out "$${OUT:-eval.json}" $(ARGS)

test-core:  ## Run the tests of core, config, builtin engine, sources, voices and ROS (a minute; no torch)
	@scripts/setup.sh core
	@scripts/run_tests.sh core $(ARGS)

test: setup  ## Run everything CI runs: lint and all tests that need no GPU
	$(CHECK)
	@scripts/run_tests.sh all $(ARGS)

lint:  ## Run ruff and mypy (no torch)
	@scripts/setup.sh core
	$(CHECK)

setup:  ## Set up .venv for all tests without running them
	@scripts/setup.sh test

lock:  ## Write requirements/lock/ again after a change of bounds; UPGRADE=1 takes the newest
	@scripts/lock.sh

hooks:  ## Have git check each commit: ruff, mypy, and the length of its subject
	@scripts/setup.sh core
	@scripts/in_venv.sh pre-commit install

# Only the files with such tests: a GPU machine may have torch and no ROS.
test-gpu:  ## Run the tests that need a GPU, with .venv or else python3's torch
	@scripts/in_venv.sh python3 -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' \
		|| { echo "python3 has no torch that sees a CUDA GPU: make doctor has details"; exit 1; }
	@scripts/in_venv.sh python3 -m pytest -m gpu $$(grep -rl 'mark\.gpu' test) $(ARGS)

test-parity:  ## Run the parity tests on the fixtures of the folder PARITY
	@test -n "$$PARITY" || { echo "say which fixtures: make test-parity PARITY=<folder>"; exit 2; }
	@scripts/setup.sh test
	@scripts/in_venv.sh python -m pytest -m parity $(ARGS)

test-vllm:  ## Run the server engine's tests on vLLM, on the CPU, in an environment of its own (6 GB)
	@scripts/setup.sh test
	@scripts/in_venv.sh scripts/vllm_cpu.sh .cache/vllm
	@VLLM_PYTHON=$(CURDIR)/.cache/vllm/bin/python scripts/in_venv.sh python -m pytest \
		test/engines/server --timeout 400 $(ARGS)

test-image:  ## Build the container image, run it and check it (with Docker, or root and buildah)
	@scripts/setup.sh demo
	@scripts/test_image.sh

test-compose:  ## Start compose.yaml on one machine and on two, and check it (root, Docker's engine)
	@scripts/test_compose.sh

doctor:  ## Check what is installed, with a command to fix what is missing
	@scripts/in_venv.sh python3 -m video_commentary.tools.doctor $(ARGS)

config:  ## Write config/<node>.yaml, .env.example, msg/Status.msg and docs/status.md again
	@scripts/in_venv.sh python3 -m video_commentary.tools.parameter_files
	@scripts/in_venv.sh python3 -m video_commentary.tools.environment_file
	@scripts/in_venv.sh python3 -m video_commentary.tools.status_files

rehearsal-kit:  ## Collect in KIT what bench.rehearsal needs on a GPU machine without a registry
	@test -n "$$KIT" || { echo "say where: make rehearsal-kit KIT=<folder>"; exit 2; }
	@scripts/in_venv.sh python3 -m bench.rehearsal.kit "$$KIT"

clean:  ## Remove .venv and its like with all that is built in them; models stay
	rm -rf .venv .venv-* build install log .mypy_cache .ruff_cache .pytest_cache .hypothesis
