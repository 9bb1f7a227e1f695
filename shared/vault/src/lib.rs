//! Secrets with their values.
