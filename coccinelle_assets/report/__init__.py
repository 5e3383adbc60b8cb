"""The report of a run as a page to look at: gathered from the warehouse, drawn, kept. No Dagster.

It holds counts, tenant ids and source names only, nothing personal.
"""
