"""What the Python test runners share. Standard library only."""
