"""The lists: each is declared once, with its filters and columns, and becomes a page, JSON, CSV and its description."""
