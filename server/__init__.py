"""The application: an MCP server for patients, their summaries, and a local language model."""
