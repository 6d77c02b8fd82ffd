"""Long lists for people, page by page: each by an index, each with a time limit.

A page is what comes behind a key, never what comes behind a number of rows, so that the hundredth page costs what the
first does. Nothing is sorted that an index does not have in order already.
"""
