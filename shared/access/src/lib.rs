//! The way into AWS: role chains, External ID, sessions, trust probe.
