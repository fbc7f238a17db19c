"""What operators do: look after dead letters, and have images classified anew."""
