//! What only a file can show: opening it again, sharing it, failing half-way.
