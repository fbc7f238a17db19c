"""How good a bundle is, and how much better than another: figures and a report.

What is judged is the bundle that workers serve, run by ONNX Runtime over pictures that are decoded as workers decode
them. Nothing here needs torch.
"""
