"""What every measurement needs: load, servers, a database, a connected org."""
