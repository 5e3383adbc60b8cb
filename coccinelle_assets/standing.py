"""What this process has changed in the live database: nothing, perhaps something, or for certain.

Whatever goes wrong is told along with it: after a commit "nothing was written" is not true.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

State = Literal["untouched", "changing", "changed"]
_state: State = "untouched"
_what = ""


def begin_anew() -> None:
    """A run begins: what the process changed before is not its own."""
    global _state, _what
    _state, _what = "untouched", ""


@contextmanager
def changing(what: str) -> Iterator[None]:
    """In the block a change is made, which is whole or not there; `what` names it.

    An exception rolls it back; what interrupts the process may come a moment after the commit.
    """
    global _state, _what
    before = _state, _what
    _state, _what = "changing", what
    try:
        yield
    except Exception:
        if _state == "changing":
            _state, _what = before
        raise
    committed()


def committed() -> None:
    """The change under way is real now; what still fails in its block comes afterwards."""
    global _state
    _state = "changed"


def has_changed() -> bool:
    """Whether a change was committed."""
    return _state == "changed"


def afterwards(reason: str) -> str:
    """A failure that came once a change was committed, told along with what stands."""
    return f"{sentence()}, but afterwards: {reason}"


def sentence() -> str:
    """What became of the live database, to end a message with."""
    if _state == "changed":
        return f"{_what} was made and stands"
    if _state == "changing":
        return f"{_what} was under way: all of it was written or nothing (see `coccinelle history`)"
    return "nothing was written"
