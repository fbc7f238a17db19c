"""From a network, or from a head alone, to the bundle that workers serve."""
