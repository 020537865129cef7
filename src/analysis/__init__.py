"""Customer analysis for e-commerce shops."""
