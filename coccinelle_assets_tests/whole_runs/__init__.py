"""Whole runs, mixed and interfered with, against what one run after another would have made."""
