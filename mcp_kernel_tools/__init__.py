"""Summaries of patient records, streamed from a local language model into a notebook."""
