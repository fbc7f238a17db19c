"""The commands of ``python -m loupe_training``: a module for each, whose ``add`` gives the command line its options.

``add`` also says what the command does, as ``do``: a function of the options and of the bars that show how far it is.
"""
