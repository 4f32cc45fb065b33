from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup


def tree(folder: str) -> tuple[str, list[str]]:
    files = sorted(str(path) for path in Path(folder).iterdir() if path.is_file())
    return f"share/video_commentary/{folder}", files


setup(
    packages=find_packages(include=["video_commentary", "video_commentary.*"]),
    data_files=[
        ("share/video_commentary", ["package.xml", "LICENSE", "NOTICE"]),
        ("share/video_commentary/models", ["models/catalogue.yaml"]),
        tree("config"),
        tree("models/verify"),
        tree("launch"),
    ],
)
