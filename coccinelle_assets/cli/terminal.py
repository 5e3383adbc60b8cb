"""What the command line shows: progress and messages on stderr, tables on stdout."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from coccinelle_assets.cli.shown import printable, shown, shown_lines
from coccinelle_assets.progress import heard_by
from coccinelle_assets.warehouse.summary import describe_changes

if TYPE_CHECKING:
    from coccinelle_assets.live.history import History
    from coccinelle_assets.live.tenant_ranges import TenantRange
    from coccinelle_assets.live.verify import Verification
    from coccinelle_assets.local_runs.run_job import RunOutcome
    from coccinelle_assets.predicates.predicate import Finding
    from coccinelle_assets.resolution.explain import Explanation
    from coccinelle_assets.resolution.questions import Answer
    from coccinelle_assets.warehouse.summary import Summary


class Terminal(Console):
    """A console that leaves it to the command what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Rich would end the process with exit code 1, whatever was done before."""
        raise BrokenPipeError(errno.EPIPE, "the reader has gone")


output = Terminal(highlight=False)
errors = Terminal(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line for the reader, never folded: it may hold a command to copy."""
    output.print(shown_lines(text), soft_wrap=True)


def complain(text: str) -> None:
    """The same on stderr."""
    errors.print(shown_lines(text), soft_wrap=True)


@contextmanager
def steps() -> Iterator[Callable[[str, int], None]]:
    """A progress bar over the steps of a run; yields what is called as each starts.

    On a terminal the share of the statement, or the part of the promotion, is shown beside it.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        started, step_name = 0, "starting"

        def hear(what: str, share: float) -> None:
            doing = f"{step_name}: {what}" if what else step_name
            progress.update(task, description=f"{doing} {share:4.0%}")

        def report(step: str, total: int) -> None:
            nonlocal started, step_name
            step_name = step.replace("_", " ")
            progress.update(task, description=step_name, completed=started, total=total)
            started += 1

        with heard_by(hear) if errors.is_terminal else nullcontext():
            yield report


def outcome_as_dict(
    outcome: RunOutcome, summary: Summary | None, *, dry_run: bool
) -> dict[str, Any]:
    """A run's outcome as JSON takes it."""
    done = "dry_run" if dry_run else "promoted"
    return {
        "run_id": outcome.run_id,
        "status": done if outcome.is_done else outcome.status,
        "dry_run": dry_run,
        "refused_by": outcome.refused,
        "error": outcome.error,
        "promotion": outcome.reported,
        "summary": summary.as_dict() if summary else None,
        "checks": [
            {
                "asset": check.asset,
                "name": check.name,
                "passed": check.passed,
                "severity": check.severity,
                "offenders": check.offenders,
            }
            for check in outcome.checks
        ],
    }


def range_as_dict(taken: TenantRange, outcome: RunOutcome) -> dict[str, Any]:
    """How the promotion of one range of tenants ended, as JSON takes it."""
    return {
        "run_id": outcome.run_id,
        "promoted": outcome.is_done,
        "tenants": list(taken.tenants),
        "records": taken.records,
        "lock_seconds": outcome.reported.get("lock_seconds"),
    }


def show_ranges(ranges: Sequence[dict[str, Any]]) -> None:
    """A line for each range of tenants, where there are several."""
    for taken in ranges if len(ranges) > 1 else ():
        first, last = taken["tenants"][0], taken["tenants"][-1]
        ended = "promoted" if taken["promoted"] else "held"
        locked = f", {taken['lock_seconds']:.1f} s of lock" if taken["lock_seconds"] else ""
        say(
            f"{ended}: {len(taken['tenants']):,} tenants from {first} to {last}, "
            f"{taken['records']:,} records{locked} (run {taken['run_id']})"
        )


def show_outcome(outcome: RunOutcome, summary: Summary | None, *, dry_run: bool) -> None:
    """The summary of a run, or why it was held."""
    show_trouble(outcome)
    if summary is not None:
        output.print(summary_table(summary))
        output.print(_changes(outcome, dry_run=dry_run), soft_wrap=True)


def show_trouble(outcome: RunOutcome) -> None:
    """Checks that failed and errors of a run."""
    for check in outcome.checks:
        if not check.passed:
            color = "red" if check.severity == "ERROR" else "yellow"
            errors.print(
                f"[{color}]{check.severity}[/] {check.asset} {check.name}: "
                f"{check.offenders} offending rows"
            )
    if outcome.refused:
        errors.print(
            "[red]Held:[/] a gate refused, nothing was written. "
            f"The offenders are in the run's checks in the UI (run {outcome.run_id})."
        )
    if outcome.error:
        errors.print(f"[red]Error:[/] {shown_lines(outcome.error)}")


def show_change(outcome: RunOutcome) -> None:
    """What a run reported of the live database, a line for each thing."""
    show_trouble(outcome)
    for name, value in outcome.reported.items():
        if value not in ([], 0, "", None) and not name.startswith("dagster/"):
            say(f"{name.replace('_', ' ')}: {_readable(value)}")


def _readable(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def summary_table(summary: Summary) -> Table:
    """Records, links and customers before and after, per source."""
    table = Table(title="Records and customers", title_justify="left")
    for name, justify in (
        ("source", "left"),
        ("records", "right"),
        ("before", "right"),
        ("linked", "right"),
        ("share", "right"),
        ("unlinked", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for source in summary.sources:
        before = "-" if source.source_table == "prospects" else f"{source.linked_before:,}"
        table.add_row(
            source.source_table,
            f"{source.records:,}",
            before,
            f"{source.linked:,}",
            f"{source.linked_share:.1%}",
            f"{source.unlinked:,}",
        )
    table.add_section()
    table.add_row(
        "customers",
        f"{summary.customers:,}",
        f"{summary.customers_before:,}",
        f"{summary.customers:,}",
        "",
        "",
    )
    reasons = ", ".join(f"{name} {count:,}" for name, count in summary.unlinked_by_reason.items())
    table.caption = (
        f"{summary.duplicates:,} duplicate records found their customer; "
        f"unlinked: {reasons or 'none'}"
    )
    table.caption_justify = "left"
    return table


def _changes(outcome: RunOutcome, *, dry_run: bool) -> str:
    if "unchanged_since" in outcome.reported:
        since = outcome.reported["unchanged_since"]
        return f"Skipped: nothing changed since run {since} was promoted."
    lines = [describe_changes(outcome.reported, dry_run=dry_run)]
    lines += [
        f"{name.capitalize()}: {shown(outcome.reported[name])}"
        for name in ("backup", "report")
        if name in outcome.reported
    ]
    return "\n".join(lines)


def show_verification(verification: Verification) -> None:
    """The plan's five queries and the checks, as tables."""
    table = Table(title="Verification of the live database", title_justify="left")
    table.add_column("query")
    table.add_column("answer")
    for name, (columns, rows) in verification.answers.items():
        answer = "\n".join(
            ", ".join(
                f"{column} {printable(str(value))}"
                for column, value in zip(columns, row, strict=True)
            )
            for row in rows
        )
        table.add_row(name.replace("_", " "), shown_lines(answer) or "none")
    output.print(table)
    show_findings(verification.findings)


def show_findings(findings: Sequence[Finding]) -> None:
    """Each check on one line, with an offender where it fails."""
    for finding in findings:
        mark = "[green]ok[/]" if finding.holds else "[red]FAILED[/]"
        note = "" if finding.applicable else " (not applicable: no such table)"
        if not finding.holds:
            note = f" {finding.offenders:,} offending rows, such as {finding.sample[0]}"
        output.print(f"{mark}  {finding.predicate.description}{shown(note)}", soft_wrap=True)


def show_answer(
    question: str, survivor: str, answer: Answer, customers: Sequence[Explanation]
) -> None:
    """Each customer that was meant, and each record or value that has none."""
    if question != survivor:
        say(f"{question} was merged into {survivor}.")
    for explanation in customers:
        show_explanation(explanation)
    for record in answer.unlinked:
        values = " and ".join(filter(None, (record.raw_email, record.raw_phone))) or "no details"
        say(f"{record.record} of {record.tenant_id} has no customer: {record.reason} ({values})")
    for rejected in answer.rejected:
        say(
            f"{rejected.kind} {rejected.value} ties nobody in {rejected.tenant_id}: "
            f"{rejected.reason} ({rejected.records:,} records hold it, "
            f"under {rejected.people:,} names)"
        )


def show_explanation(explanation: Explanation) -> None:
    """The records of a customer as a table, and its chain as sentences."""
    table = Table(
        title=shown(f"{explanation.customer_id} of {explanation.tenant_id}"), title_justify="left"
    )
    for name in ("seen", "record", "name", "e-mail as written", "phone as written"):
        table.add_column(name)
    for row in explanation.records:
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        table.add_row(
            shown(row["observed_at"] or ""),
            shown(f"{row['source_table']}/{row['source_id']}"),
            shown(name),
            shown(row["raw_email"] or ""),
            shown(row["raw_phone"] or ""),
        )
    output.print(table)
    for tie in explanation.ties:
        if tie.reached_from:
            say(f"{tie.record} is tied to {tie.reached_from} by {tie.kind} {tie.value}")


def show_history(history: History) -> None:
    """Receipts and backups, newest first."""
    table = Table(title="Promotions", title_justify="left")
    for name in ("promoted (UTC)", "run", "tenants", "customers", "written", "deferred", "undone"):
        table.add_column(name, justify="right" if name in ("customers", "written") else "left")
    for receipt in history.receipts:
        table.add_row(
            shown(receipt.promoted_at),
            shown(receipt.run_id),
            "all" if receipt.tenants is None else shown(", ".join(receipt.tenants)),
            f"{receipt.counts.get('customers', 0):,}",
            f"{receipt.counts.get('rows_written', 0):,}",
            f"{receipt.counts.get('deferred', 0):,}",
            shown(receipt.undone_at or ""),
        )
    output.print(table)
    if history.contracted_at:
        say(f"Contracted at {history.contracted_at}; the dropped columns are in {history.archive}")
    for backup in history.backups:
        say(f"backup {backup.path}  {backup.size / 1e6:,.1f} MB")
    say(f"{len(history.backups)} backups, {history.backup_bytes / 1e6:,.1f} MB")
