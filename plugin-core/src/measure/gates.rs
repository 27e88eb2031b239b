//! What stops a value from being printed.
