"""Joins by too little: which tables of a DuckDB statement its optimiser could join, and by what.

The optimiser may take any two tables first that an equality connects, also one that follows from
others (a.x = b.x and b.x = c.x). It looks through views, subqueries and common table expressions,
but not through a materialised one or what aggregates. So a pair that has only the tenant in common
is a join that size and statistics may bring about, whatever plan a small database gets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import sqlglot
from sqlglot import exp

# Columns that many rows share: a join by them alone multiplies rows.
SHARED_BY_MANY = {
    "tenant_id", "source_table", "source_order", "kind", "run_id", "reason", "channel", "usable",
}  # fmt: skip
# Tables of a few rows, or of one row for each tenant.
SMALL = {"promoted.last", "promoted.tenants", "source.tenants", "source.wave"}

Column = tuple[int, str]


@dataclass
class Region:
    """Tables that the optimiser may join in any order, numbered, and the columns it may join by.

    `keys`: the columns by which a table that is grouped holds one row each.
    """

    tables: dict[int, str] = field(default_factory=dict)
    keys: dict[int, set[str]] = field(default_factory=dict)
    equal: list[tuple[Column, Column]] = field(default_factory=list)

    def pairs(self) -> Iterator[str]:
        """Each pair of tables that have only columns in common which many rows share."""
        classes = _classes(self.equal)
        for left, right in combinations(self.tables, 2):
            if SMALL & {self.tables[left], self.tables[right]}:
                continue
            common = [
                (name, other)
                for members in classes
                for table, name in members
                for another, other in members
                if table == left and another == right
            ]
            unique = any(
                key and key <= {pair[side] for pair in common}
                for side, key in enumerate((self.keys.get(left), self.keys.get(right)))
            )
            if common and not unique and all(set(pair) <= SHARED_BY_MANY for pair in common):
                by = ", ".join(sorted({name for name, _ in common}))
                yield f"{self.tables[left]} and {self.tables[right]} by {by}"


def _classes(equal: list[tuple[Column, Column]]) -> list[set[Column]]:
    classes: list[set[Column]] = []
    for pair in equal:
        touched = [members for members in classes if members & set(pair)]
        classes = [members for members in classes if members not in touched]
        classes.append(set(pair).union(*touched))
    return classes


class Reader:
    """Reads one statement; `views` has the query of each view by its qualified name."""

    def __init__(self, views: Mapping[str, str]) -> None:
        self.views = views
        self.regions: list[Region] = []
        self.tables = 0

    def read(self, statement: str) -> list[str]:
        """The joins by too little that the statement leaves to the optimiser."""
        for tree in sqlglot.parse(statement, read="duckdb"):
            for query in _outermost(tree):
                self._separate(query, {})
        return sorted({pair for region in self.regions for pair in region.pairs()})

    def _separate(self, query: exp.Expression, known: Mapping[str, exp.CTE]) -> None:
        """A query that is computed on its own: its tables are joined with no others."""
        known = _with(query, known)
        for cte in query.ctes:
            if _is_materialized(cte):
                self._separate(cte.this, known)
        if isinstance(query, exp.SetOperation):
            self._separate(query.left, known)
            self._separate(query.right, known)
        elif isinstance(query, exp.Select):
            region = Region()
            self._flatten(query, known, region)
            self.regions.append(region)
        elif isinstance(query, exp.Subquery):
            self._separate(query.this, known)

    def _flatten(
        self, select: exp.Select, known: Mapping[str, exp.CTE], region: Region
    ) -> dict[str, Mapping[str, Column]]:
        """Add the tables of a query to a region; gives the columns of each by its alias."""
        known = _with(select, known)
        sources: dict[str, Mapping[str, Column]] = {}
        first = select.args.get("from_") or select.args.get("from")
        parts = [(first.this, None)] if first else []
        parts += [(join.this, join) for join in select.args.get("joins") or []]
        conditions: list[exp.Expression] = []
        for source, join in parts:
            outer = join is not None and join.side in ("LEFT", "RIGHT", "FULL")
            sources[source.alias_or_name] = self._source(source, known, region, alone=outer)
            if join is None or join.args.get("on") is None:
                continue
            if outer:
                self._outer(join.args["on"], sources, region)
            else:
                conditions.append(join.args["on"])
        if select.args.get("where"):
            conditions.append(select.args["where"].this)
        for condition in conditions:
            region.equal += _equalities(condition, sources)
        for nested in select.find_all(exp.Subquery, exp.In, exp.Exists):
            query = nested.args.get("query") if isinstance(nested, exp.In) else nested.this
            if nested.find_ancestor(exp.From, exp.Join, exp.CTE) is None and query is not None:
                self._separate(query.unnest() if hasattr(query, "unnest") else query, known)
        return sources

    def _outer(
        self, on: exp.Expression, sources: Mapping[str, Mapping[str, Column]], region: Region
    ) -> None:
        """An outer join is one step: nothing follows from its equalities for other tables."""
        step = Region(dict(region.tables), region.keys, _equalities(on, sources))
        self.regions.append(step)

    def _source(
        self, source: exp.Expression, known: Mapping[str, exp.CTE], region: Region, *, alone: bool
    ) -> Mapping[str, Column]:
        if isinstance(source, exp.Table) and not source.db and source.name in known:
            cte = known[source.name]
            inner = None if _is_materialized(cte) else cte.this
            name = source.name
        elif isinstance(source, exp.Table):
            name = f"{source.db}.{source.name}".lstrip(".")
            view = self.views.get(name)
            inner = sqlglot.parse_one(view, read="duckdb") if view else None
            known = {} if view else known
        else:
            inner, name = source.this, source.alias_or_name
        if inner is not None and not alone and _is_simple(inner):
            return _Derived(inner, self._flatten(inner, known, region))
        if inner is not None:
            self._separate(inner, known)
        self.tables += 1
        region.tables[self.tables] = name
        if isinstance(inner, exp.Select) and (key := _grouped_by(inner)):
            region.keys[self.tables] = key
        return _Table(self.tables)


class _Table(dict[str, Column]):
    """Any column of one table."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __missing__(self, name: str) -> Column:
        return self.number, name


class _Derived(dict[str, Column]):
    """The columns of a query that the optimiser looks through."""

    def __init__(self, select: exp.Select, sources: Mapping[str, Mapping[str, Column]]) -> None:
        self.stars: list[Mapping[str, Column]] = []
        for selected in select.expressions:
            inner = selected.unalias()
            if isinstance(inner, exp.Star):
                self.stars += sources.values()
            elif isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
                self.stars.append(sources[inner.table])
            elif (column := _resolve(inner, sources)) is not None:
                self[selected.alias_or_name] = column

    def __missing__(self, name: str) -> Column:
        for source in self.stars:
            return source[name]
        raise KeyError(name)


def _resolve(
    expression: exp.Expression, sources: Mapping[str, Mapping[str, Column]]
) -> Column | None:
    """The column of a table that an expression is, or is made of."""
    if not isinstance(expression, exp.Column):
        of = {
            column
            for node in expression.find_all(exp.Column)
            if (column := _resolve(node, sources))
        }
        return (min(of)[0], expression.sql()) if of else None
    if expression.table:
        source = sources.get(expression.table)
    else:
        source = next(iter(sources.values())) if len(sources) == 1 else None
    try:
        return None if source is None else source[expression.name]
    except KeyError:
        return None


def _equalities(
    condition: exp.Expression, sources: Mapping[str, Mapping[str, Column]]
) -> list[tuple[Column, Column]]:
    conjuncts = condition.flatten() if isinstance(condition, exp.And) else [condition]
    sides = [
        (_resolve(part.this, sources), _resolve(part.expression, sources))
        for part in conjuncts
        if isinstance(part, exp.EQ | exp.NullSafeEQ)
    ]
    return [(left, right) for left, right in sides if left and right and left[0] != right[0]]


def _grouped_by(select: exp.Select) -> set[str]:
    """The names of the columns by which a query is grouped."""
    group = select.args.get("group")
    if group is None:
        return set()
    if group.args.get("all"):
        plain = [part for part in select.expressions if not part.find(exp.AggFunc)]
        return {part.alias_or_name for part in plain}
    named = {part.unalias().sql(): part.alias_or_name for part in select.expressions}
    return {named.get(part.sql(), part.sql()) for part in group.expressions}


def _with(query: exp.Expression, known: Mapping[str, exp.CTE]) -> dict[str, exp.CTE]:
    return {**known, **{cte.alias: cte for cte in query.ctes}}


def _is_materialized(cte: exp.CTE) -> bool:
    return bool(cte.args.get("materialized"))


def _is_simple(query: exp.Expression) -> bool:
    """Whether the optimiser looks through a query: it selects, joins and filters, and no more."""
    if not isinstance(query, exp.Select):
        return False
    clauses = ("group", "having", "distinct", "limit", "order", "qualify")
    if any(query.args.get(clause) for clause in clauses):
        return False
    computed = (node for selected in query.expressions for node in selected.walk())
    return not any(isinstance(node, exp.AggFunc | exp.Window | exp.Unnest) for node in computed)


def _outermost(tree: exp.Expression | None) -> Iterator[exp.Expression]:
    """The queries of a statement that no other query holds."""
    if tree is None or isinstance(tree, exp.Command):
        return
    if isinstance(tree, exp.Query):
        yield tree
        return
    held = tree.args.get("expression") or tree.args.get("this")
    if isinstance(held, exp.Query):
        yield held.unnest() if isinstance(held, exp.Subquery) else held
    else:
        yield from (
            query for query in tree.find_all(exp.Select) if query.find_ancestor(exp.Select) is None
        )


def joins_by_too_little(statement: str, views: Mapping[str, str]) -> list[str]:
    """Pairs of tables that an optimiser may join by columns alone that many rows share.

    `views` has the query of each view by its qualified name.
    """
    return Reader(views).read(statement)
