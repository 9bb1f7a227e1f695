//! Envelope encryption of secret values.
