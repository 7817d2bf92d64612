"""The checks of the doctor, for the deployment and for each tenant, and what becomes of their findings."""
