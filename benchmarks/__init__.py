"""Ratios side by side with what a user would use instead; `make bench` prints them."""
