"""Many pictures on their way: which there are, which are in the container already, and what becomes of them."""
