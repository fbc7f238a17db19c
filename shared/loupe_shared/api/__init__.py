"""What the query API takes and gives: the service and its clients have this in common."""
