"""Images that look alike: an index on one machine, and what a picture looks like to the model."""
