"""The scripted journey of the demo, over HTTP alone."""
