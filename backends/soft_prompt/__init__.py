"""A frozen encoder that all bots share, and a trained prompt of a few kilobytes for each of them."""
