"""The Helm chart, and what makes the parts of it that follow from code."""
