"""The formats that patients come in, one module each: from a file or folder to a table of text."""
