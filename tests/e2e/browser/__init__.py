"""What a person does with the pages, in a real browser against the running system."""
