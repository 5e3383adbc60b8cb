"""The customers' statistics: counted from the links, kept true by triggers."""
