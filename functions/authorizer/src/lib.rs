//! Lambda authorizer: who is calling.
