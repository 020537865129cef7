"""Telling what the columns of a file that nobody described mean: by their names and contents."""
