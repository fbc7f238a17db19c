"""The figures. Each module has ``run``, which measures and returns the rows of the table."""
