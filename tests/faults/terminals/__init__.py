"""What commands print, to people, pipes and files."""
