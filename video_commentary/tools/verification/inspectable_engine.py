"""The engine as the node runs it, with its parts in reach and its log kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ...config.paths import PACKAGE
from ...core.engine import EngineError
from ...engines.minicpmo.engine import MiniCpmoEngine
from ...engines.minicpmo.model_loader import LoadedModel


class InspectableEngine(MiniCpmoEngine):
    """The engine, whose loaded parts the checks measure one by one."""

    @property
    def parts(self) -> LoadedModel:
        """The loaded model. Raise EngineError if there is none."""
        if self._model is None:
            raise EngineError("the model is not loaded")
        return self._model


class LogCapture(logging.Handler):
    """Keeps what the package logs: the kernels that won, and why there is no voice."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as its module's last name, level and text."""
        module = record.name.rpartition(".")[2]
        self.records.append((module, record.levelno, record.getMessage()))

    def lines(self, module: str = "", level: int = logging.INFO) -> list[str]:
        """Return the texts of at least `level`, of one module if it is given."""
        return [
            text for name, number, text in self.records if number >= level and module in ("", name)
        ]

    @contextmanager
    def listening(self, level: int) -> Iterator[None]:
        """Keep what the package logs at `level` and above, and let nothing of it be printed."""
        logger = logging.getLogger(PACKAGE)
        before = logger.level, logger.propagate
        logger.addHandler(self)
        logger.setLevel(level)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(self)
            logger.setLevel(before[0])
            logger.propagate = before[1]
