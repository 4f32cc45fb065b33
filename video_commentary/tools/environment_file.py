"""Write .env.example from the settings: `make config`."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import wrap

from ..config.paths import share_dir
from ..config.plugins import plugin_settings
from ..config.process_env import LINK_VARIABLE
from ..config.rules import ENV_PREFIX, as_text, rules
from ..config.settings import NODE_SETTINGS

OTHERS = {
    "Containers: compose.yaml itself reads these": {
        "COMPOSE_FILE": (
            "compose.yaml:compose.gpu.yaml",
            "With a GPU: the image with torch; the engine is then minicpmo unless set below",
        ),
        "COMPOSE_PROFILES": (
            "source",
            "More services, separated by commas: source, speaker, listener, memory, livekit, vllm",
        ),
        "ROS_DOMAIN_ID": ("0", "Nodes of one domain discover each other, on all machines"),
        "USER_ID": (
            "1000",
            "User ID of the containers; shared memory needs that of your other ROS nodes",
        ),
        LINK_VARIABLE: (
            "local",
            "lossy where robot and desk are joined by Wi-Fi, on both (docs/network.md)",
        ),
        "VIDEO_COMMENTARY_MODELS": ("./models", "Folder of models; containers only read it"),
        "MEMORY": ("./memory", "Folder of the memory service's database; make it first"),
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
            "Token of the bridge's page, 12 or more characters; required to listen beyond this "
            "machine. If it is not set, one is generated and logged at each start",
        ),
        "VIDEO_COMMENTARY_ALERT_SECRET": (
            "",
            "Secret that signs what is posted to VIDEO_COMMENTARY_ALERT_WEBHOOK (docs/watches.md)",
        ),
        "VIDEO_COMMENTARY_SERVER_KEY": ("", "Key of the servers at VIDEO_COMMENTARY_SERVER_URL"),
        "VIDEO_COMMENTARY_RECOGNIZER_API_KEY": (
            "",
            "Key of the server at VIDEO_COMMENTARY_RECOGNIZER_URL",
        ),
        "VIDEO_COMMENTARY_CHOOSER_KEY": ("", "Key of the server at VIDEO_COMMENTARY_CHOOSER_URL"),
        "LIVEKIT_URL": ("ws://127.0.0.1:7880", "LiveKit server to join"),
        "LIVEKIT_API_KEY": ("", "API key of that server, and of the livekit service"),
        "LIVEKIT_API_SECRET": ("", "API secret of that server, 32 or more characters"),
        "HF_ENDPOINT": ("https://huggingface.co", "Hugging Face hub to fetch models from"),
        "HF_TOKEN": ("", "Access token of that hub, for models that require one"),
    },
}
"""Variables that are not settings of a node: section -> variable -> (example, description)."""

_HEAD = """\
# Copy to .env and change what you need. What is commented out keeps its default, which is shown;
# COMPOSE_FILE, COMPOSE_PROFILES, VIDEO_DEVICE and LIVEKIT_URL are unset and show an example. Values
# with spaces go into single quotes. Written by `make config`; `docker compose` reads .env by
# itself, and for nodes without containers `set -a; . ./.env` does.
"""


def render() -> str:
    """Return .env.example: each variable, commented out, below its description.

    A setting that several nodes share stands with the first of them.
    """
    listed: set[str] = set()
    lines = [_HEAD.rstrip()]
    for title, variables in OTHERS.items():
        lines += ["", f"## {title}"]
        for variable, (example, description) in variables.items():
            lines += _entry(variable, example, description)
    for node, settings in NODE_SETTINGS.items():
        lines += ["", f"## The {node} node: config/{node}.yaml says what is allowed"]
        for its, plugin in ({settings: ""} | plugin_settings(settings, {})).items():
            lines += ["", f"## {plugin.capitalize()}"] if plugin else []
            for name, (default, rule) in rules(its).items():
                if name not in listed:
                    lines += _entry(ENV_PREFIX + name.upper(), as_text(default), rule.description)
                listed.add(name)
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
