"""Parts of a command line that any service needs: standard streams that never raise, commands imported by need."""
