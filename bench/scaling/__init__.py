"""How many workers there should be at which moment, on a model of the cluster, and what a number of images costs."""
