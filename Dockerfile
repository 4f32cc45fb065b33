# Two images: cpu (the built-in and server engines, 1 GB) and gpu (with torch, for minicpmo; 7 GB).
#   docker build --target cpu -t video_commentary:cpu .
# Bookworm because its Python is 3.11: the ROS wheels end at 3.12, and trixie has 3.13.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
# Versions are Debian's stable ones; a pinned one is gone from the mirror after the next fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates espeak-ng libportaudio2 python3 tini \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*


FROM base AS build
# For registries that are mirrors, or behind a private certificate authority: its file is the secret
# `ca`, named here as /run/secrets/ca (docs/containers.md). None of it stays in the image.
ARG PIP_CERT
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG npm_config_cafile
ARG npm_config_registry
ENV UV_NO_CACHE=1
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ make python3-dev python3-venv
WORKDIR /opt/video_commentary
COPY requirements.txt ./
COPY requirements requirements
COPY scripts/setup.sh scripts/packages.sh scripts/progress.sh scripts/
RUN --mount=type=secret,id=ca scripts/setup.sh dependencies
COPY . .
RUN --mount=type=secret,id=ca scripts/setup.sh demo && scripts/trim_image.sh


FROM base AS cpu
RUN useradd --uid 1000 --no-create-home --groups audio,video commentary \
    && install -d -m 1777 /cache && install -d /models
COPY --from=build /opt/video_commentary /opt/video_commentary
WORKDIR /opt/video_commentary
# What a sourced ROS sets. Any user may run it: what is written goes to /tmp and /cache.
ENV AMENT_PREFIX_PATH=/opt/video_commentary/.venv \
    HOME=/tmp \
    LD_LIBRARY_PATH=/opt/video_commentary/.venv/lib \
    PATH=/opt/video_commentary/.venv/bin:/opt/video_commentary/.venv/lib/video_commentary:/usr/local/bin:/usr/bin:/bin \
    TRITON_CACHE_DIR=/cache/triton \
    VIDEO_COMMENTARY_MODELS=/models
LABEL org.opencontainers.image.title="video_commentary" \
      org.opencontainers.image.description="Live commentary on a robot's camera" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 1000
# tini reaps what nodes leave behind, even where it is not PID 1, and passes signals on: `run` ends
# within 3 s of one.
ENTRYPOINT ["/usr/bin/tini", "-s", "--"]
CMD ["run", "commentator"]


FROM cpu AS gpu
ARG PIP_CERT
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
# PyPI's torch carries the CUDA libraries, so NVIDIA's driver and container toolkit on the host do.
# Triton compiles a launcher in C for each kernel when it first runs.
USER 0
# hadolint ignore=DL3008
RUN --mount=type=secret,id=ca apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev python3-dev \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* \
    && .venv/bin/python -m pip install --no-cache-dir --no-compile \
        --require-hashes -r requirements/lock/minicpmo.txt
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000
