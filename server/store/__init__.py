"""What `SummaryStore` is made of: the history, the CSV file, and the index that joins them."""
