#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| roomd::fuzzing::signalling(input));
