"""The people's edge: REST, live streams and what an operator looks at."""
