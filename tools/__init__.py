"""Scripts that write files of this project: neither product nor test, and in no package."""
