"""The training line of the hip X-ray: a simulated cohort with its films and its truth."""
