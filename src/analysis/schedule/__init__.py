"""Running what is due for every shop, and telling people how it went."""
