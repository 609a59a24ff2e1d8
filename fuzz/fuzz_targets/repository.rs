#![no_main]

#[path = "../../tests/support/properties.rs"]
#[allow(dead_code, unreachable_pub, reason = "each target uses its part")]
mod properties;

libfuzzer_sys::fuzz_target!(|text: &str| properties::repository(text));
