"""A finished model's file, whoever made it, against what a shop asks for."""
