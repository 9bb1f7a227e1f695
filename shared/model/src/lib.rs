//! Pure rules: ids, ARNs, partitions and every noun's fields and state.
