//! Logins, tokens and machine identities.
