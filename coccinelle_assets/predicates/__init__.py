"""What must hold of a customer database, asked of both engines in one text."""
