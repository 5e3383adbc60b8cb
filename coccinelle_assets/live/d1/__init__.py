"""Cloudflare D1 as the live database, through wrangler: change a mirror, replay the change."""
