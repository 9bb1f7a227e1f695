//! Drives `fuzz::key_schema`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::key_schema(data));
