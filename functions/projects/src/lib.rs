//! Projects, environments and memberships.
