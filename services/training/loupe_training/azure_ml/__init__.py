"""A bundle as a batch deployment of Azure Machine Learning: ``python -m loupe_training azure-ml BUNDLE FOLDER``.

deployment    a bundle ─► a folder with the model, the scoring code, the environment and the descriptions for `az ml`
sources       which code goes with it, as it is here, with hashes
score         the scoring script: what Azure ML calls
scoring       what it does: the bundle's answers to files, as rows
"""
