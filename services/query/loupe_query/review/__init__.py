"""What people say of images, and which images they are asked about."""
