"""The kinds of places that the path is walked in, a module each: what a salesperson does there, and what the lead then holds."""
