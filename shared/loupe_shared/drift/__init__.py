"""What images are compared with later, to see whether they are still such as a model was trained for."""
