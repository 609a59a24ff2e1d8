//! The JSON Schemas in `schemas/` are those of the types.

use std::{env, fs};

use refit::{cli::config, report};
use schemars::Schema;

use crate::support::source::root;

fn is_current(name: &str, schema: &Schema) {
    let path = root().join("schemas").join(name);
    let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, text, "UPDATE=1 cargo test --test suite schemas writes it");
}

#[test]
fn the_schema_of_reports_is_current() {
    is_current("report.json", &report::schema());
}

#[test]
fn the_schema_of_audits_is_current() {
    is_current("audit.json", &report::audit::schema());
}

#[test]
fn the_schema_of_settings_is_current_and_has_every_option() {
    let schema = config::schema();
    let properties = schema.get("properties").and_then(|it| it.as_object()).unwrap();
    for transform in refit::transforms::ALL.iter().filter(|it| it.options.is_some()) {
        let options = properties[transform.name]["properties"].as_object().unwrap();
        for (name, option) in options {
            assert!(option["description"].is_string(), "{}: {name} says nothing", transform.name);
        }
        assert!(!options.is_empty(), "{}", transform.name);
    }
    is_current("refit.json", &schema);
}
