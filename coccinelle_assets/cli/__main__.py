"""`python -m coccinelle_assets.cli`."""

from coccinelle_assets.cli import main

main()
