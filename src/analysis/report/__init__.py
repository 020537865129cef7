"""Running notebooks and publishing what they say."""
