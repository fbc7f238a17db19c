"""What can be said of the templates without Azure."""
