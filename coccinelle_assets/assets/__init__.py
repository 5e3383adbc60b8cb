"""The lineage graph, one module per layer, in the order data flows."""
