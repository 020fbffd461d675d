"""One YAML file becomes one validated Settings object."""
