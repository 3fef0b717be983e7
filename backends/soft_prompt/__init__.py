"""A frozen encoder that all bots share, and a trained prompt of some tens of kilobytes for each of them."""
