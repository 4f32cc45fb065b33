from __future__ import annotations

from .node import main

main()
