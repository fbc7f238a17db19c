"""Links to the pictures themselves: to their bytes, to thumbnails, and for uploading more."""
