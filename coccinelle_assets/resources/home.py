"""Resources that keep files in the home: the run that uses one holds the home to its end."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import PrivateAttr

from coccinelle_assets.home import held_home


class HomeResource(dg.ConfigurableResource):
    """Holds the home from its first use in a run; outside of runs nothing is held."""

    _run: str | None = PrivateAttr(default=None)
    _until_the_run_ends: ExitStack | None = PrivateAttr(default=None)

    @property
    def home_directory(self) -> Path:
        """The directory that is held."""
        raise NotImplementedError

    @property
    def patience_seconds(self) -> float:
        """How long another run is waited for."""
        raise NotImplementedError

    def claim(self, tell: Callable[[str], None]) -> None:
        """Have the home be the database's own, or raise CoccinelleError; the home is held."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Self, None, None]:
        """The resource of one run: Dagster takes it down with the run's last step."""
        with ExitStack() as stack:
            self._until_the_run_ends = stack
            self._run = f"run {context.run.run_id}" if context.run else "a run"
            try:
                yield self
            finally:
                self._until_the_run_ends = None

    def hold_home(self) -> None:
        """Hold the home until the run ends; waits for another run that does.

        Raises CoccinelleError when that takes longer than is waited, or the home is not its own.
        """
        if self._until_the_run_ends is None or self._run is None:
            return
        log = dg.get_dagster_logger().info
        self._until_the_run_ends.enter_context(
            held_home(self.home_directory, self._run, self.patience_seconds, log)
        )
        self.claim(log)
        # Only now: a step whose wait was in vain leaves it to the next one to wait.
        self._run = None
