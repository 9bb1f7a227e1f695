//! The table: keys, items, access patterns, versions.
