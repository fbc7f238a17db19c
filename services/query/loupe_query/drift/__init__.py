"""Whether the images of these days are still such as a model was trained for."""
