"""A logger that turns a run's events into progress on a terminal."""

import logging
from collections.abc import Callable
from contextvars import ContextVar

import dagster as dg

# Called with the name of each step as it starts; set by whoever shows progress.
on_step: ContextVar[Callable[[str], None] | None] = ContextVar("on_step", default=None)


class _StepHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        callback = on_step.get()
        if callback and event is not None and event.event_type == dg.DagsterEventType.STEP_START:
            callback(event.step_key)


@dg.logger({}, description="Tells the terminal which step is running.")
def progress_logger(init_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger whose only handler reports the steps that start."""
    logger = logging.Logger("coccinelle.progress", logging.DEBUG)
    logger.addHandler(_StepHandler())
    return logger
