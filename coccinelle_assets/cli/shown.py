"""Values as they may be printed: nothing of theirs steers the terminal or counts as markup."""

from __future__ import annotations

from rich.markup import escape


def printable(text: str) -> str:
    """Text without control characters and invisible marks, which are written out instead."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def shown(value: object) -> str:
    """A value for rich: a name may hold an escape sequence, and a tenant be called [/red]."""
    return escape(printable(str(value)))


def shown_lines(text: str) -> str:
    """The same of a message of ours, whose lines stay lines."""
    return "\n".join(shown(line) for line in text.splitlines())
