"""Why something was not done, as one sentence for the person at the panel."""


class Refused(Exception):
    """Its text says what was found and what would do; the panel shows it as it stands."""
