"""What MLflow keeps of a training: its run, and versions in MLflow's registry of models.

place       which store is meant, on this machine or elsewhere
ports       what a training tells while it runs
contents    what is kept of a training: parameters, metrics, tags, files
recorder    tells it while the training runs, and completes it from what the training has left on the disk
runs        the only module that knows MLflow, which takes seconds to import
commands    ``record`` and ``register``
"""
