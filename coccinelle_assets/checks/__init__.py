"""The asset checks, one module per layer they guard. Blocking ERROR checks are the first lock."""
