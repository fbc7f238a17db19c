"""Labels become data sets, and data sets become models.

    datasets      labels, wherever they come from ─► an immutable snapshot with splits
    training      a snapshot ─► a network, fine-tuned from a pretrained backbone
    export        a network ─► the bundle that workers serve
    evaluation    a bundle and a snapshot ─► figures and a report
    tracking      a training ─► its run in MLflow

``python -m loupe_training`` is the command. Only ``backbones``, ``training`` and the tracing in ``export`` need torch.
"""
