"""Score reports made from marks and sheets: terminal and JSON."""
