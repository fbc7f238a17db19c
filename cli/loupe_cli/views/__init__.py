"""What people see. A view makes text or tables of what it is given, and asks nobody."""
