"""A change as one SQL file: what differs between two copies of a database, and the statements
that make the first into the second, wherever they are run."""
