//! Single moments, each with its rule.
