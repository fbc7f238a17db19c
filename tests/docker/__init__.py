"""Container images, as people build them and Kubernetes runs them. Needs Docker: ``make docker-test``."""
