"""Write .env.example from the settings: `make config`."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import wrap

from ..config.launch_plan import SETTINGS, arguments
from ..config.paths import share_dir
from ..config.rules import ENV_PREFIX, rules

OTHERS = {
    "Containers: compose.yaml itself reads these": {
        "COMPOSE_FILE": (
            "compose.yaml:compose.gpu.yaml",
            "With a GPU: the image with torch; the engine is then minicpmo unless set below",
        ),
        "COMPOSE_PROFILES": (
            "source",
            "More services, separated by commas: source, speaker, livekit, vllm",
        ),
        "ROS_DOMAIN_ID": ("0", "Nodes with the same number see each other, on all machines"),
        "USER_ID": (
            "1000",
            "User of the containers: the one that runs your ROS nodes, who shares memory with them",
        ),
        "VIDEO_COMMENTARY_MODELS": ("./models", "Folder of models; containers only read it"),
        "VIDEO_DEVICE": ("/dev/video0", "Camera of the source service"),
        "VIDEOS": ("./videos", "Folder of files for the source service, there /videos"),
        "VLLM_MODEL": (
            "Qwen/Qwen2.5-VL-3B-Instruct",
            "Model of the vllm service, from the hub; set VIDEO_COMMENTARY_ENGINE=server too",
        ),
    },
    "Secrets, and services elsewhere": {
        "VIDEO_COMMENTARY_TOKEN": (
            "",
            "Token of the bridge's page, 12 or more characters; needed to listen beyond this "
            "machine, made and logged at each start where it is not set",
        ),
        "VIDEO_COMMENTARY_SERVER_KEY": ("", "Key of the servers at VIDEO_COMMENTARY_SERVER_URL"),
        "LIVEKIT_URL": ("ws://127.0.0.1:7880", "LiveKit server to join"),
        "LIVEKIT_API_KEY": ("", "Its key: also that of the livekit service"),
        "LIVEKIT_API_SECRET": ("", "Its secret, 32 or more characters"),
        "HF_ENDPOINT": ("https://huggingface.co", "Hub to fetch models from"),
        "HF_TOKEN": ("", "Access to it, for models that ask for it"),
    },
}
"""What is no setting of a node: section -> variable -> (example, description)."""

_HEAD = """\
# Copy to .env and change what you need. What is commented out keeps its default, which is shown;
# COMPOSE_FILE, COMPOSE_PROFILES, VIDEO_DEVICE and LIVEKIT_URL are unset and show an example. Values
# with spaces go into single quotes. Written by `make config`; `docker compose` reads .env by
# itself, and for nodes without containers `set -a; . ./.env` does.
"""


def render() -> str:
    """Return .env.example: each variable, commented out, below its description."""
    lines = [_HEAD.rstrip()]
    for title, variables in OTHERS.items():
        lines += ["", f"## {title}"]
        for variable, (example, description) in variables.items():
            lines += _entry(variable, example, description)
    for node, settings in SETTINGS.items():
        lines += ["", f"## The {node} node: config/{node}.yaml says what is allowed"]
        known = arguments(node)
        for name in rules(settings):
            found = known[name]
            lines += _entry(ENV_PREFIX + name.upper(), found.default, found.description)
    return "\n".join(lines) + "\n"


def _entry(variable: str, value: str, description: str) -> list[str]:
    return [*(f"# {line}" for line in wrap(description, 98)), f"#{variable}={value}"]


def path() -> Path:
    """Return where the checkout keeps it."""
    return share_dir() / ".env.example"


def main() -> int:
    """Write it."""
    path().write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
