"""Cloudflare D1 through wrangler: change a mirror, send the change as a script."""
