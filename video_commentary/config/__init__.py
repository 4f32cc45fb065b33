"""What configures a node: its settings and their rules, launch plan, paths, process environment."""
