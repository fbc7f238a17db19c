"""The templates of Azure's resources, and Skaffold's file."""
