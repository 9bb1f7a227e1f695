//! AWS connections: definition, validation, trust probe, policies.
