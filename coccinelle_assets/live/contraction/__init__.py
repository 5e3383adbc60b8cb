"""The contract half of expand/contract: details go, links become strict; and back."""
