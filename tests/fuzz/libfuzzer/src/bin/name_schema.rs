//! Drives `fuzz::name_schema`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::name_schema(data));
