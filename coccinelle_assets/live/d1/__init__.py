"""Cloudflare D1 as the live database, through wrangler: change a mirror, send the change as a script."""
