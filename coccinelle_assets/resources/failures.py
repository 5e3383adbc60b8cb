"""How a run is kept from others, and how its errors reach the one who started it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError, said_plainly
from coccinelle_assets.standing import sentence

# Runs that take a snapshot or write to the live database: a queue lets one of them run at a time.
MIGRATION_POOL = "migration"


@contextmanager
def clear_failures() -> Iterator[None]:
    """Turn an error of the user's input into a failure that says just what to do."""
    try:
        yield
    except PromotionRefusedError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"refused_by": dg.MetadataValue.json(list(error.failures))},
            allow_retries=False,
        ) from error
    except CoccinelleError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except (OSError, sqlite3.Error) as error:
        raise dg.Failure(
            description=f"{said_plainly(error)}; {sentence()}", allow_retries=False
        ) from error
    except duckdb.OutOfMemoryException as error:
        # The engine's own advice names settings that only this project's code can reach.
        needed = str(error).partition("\n")[0]
        if "max_temp_directory_size" in str(error):
            raise dg.Failure(
                description="the warehouse's engine needs more room on the disk of the home than "
                "is free: make room there, or set COCCINELLE_HOME to a larger disk, and run again "
                f"({needed})",
                allow_retries=False,
            ) from error
        raise dg.Failure(
            description="the warehouse's engine needs more memory than it may use: raise "
            f"COCCINELLE_MEMORY_LIMIT_MB and run again ({needed})",
            allow_retries=False,
        ) from error
