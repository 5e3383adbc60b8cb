"""The definitions of the environment as it is when this module is imported."""

from coccinelle_assets.definitions import build_defs

defs = build_defs()
