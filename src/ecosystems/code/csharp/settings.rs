//! The settings of .NET, as source names them: keys of sections, whatever their case.
//!
//! After learn.microsoft.com: "Configuration in ASP.NET Core", "Options pattern in .NET".

use super::super::Value;

/// How the names of classes end that settings are bound to.
pub(super) const ENDINGS: [&str; 6] =
    ["Config", "Configuration", "Configurations", "Options", "Setting", "Settings"];

/// The mark of a setting whose section is not known.
const ANY: &str = "*:";

/// The value of a setting: the variable `${section:key}`, as those of other languages have it.
pub(in super::super) fn setting(section: &str, key: &Value) -> Value {
    let Some(key) = key.text().filter(|it| !it.contains(['$', '{', '}'])) else {
        return Value::Unknown;
    };
    let whole = if section.is_empty() { key.to_owned() } else { format!("{section}:{key}") };
    Value::Variable { name: format!("${{{}}}", whole.to_lowercase()), default: None }
}

/// The value of a property that settings are bound to, in whatever section.
pub(super) fn bound(property: &str) -> Value {
    setting("", &Value::Text(format!("{ANY}{property}")))
}

/// The value of a key in a section; `None` if the value is no section.
pub(in super::super) fn inside(section: &Value, key: &Value) -> Option<Value> {
    let Value::Variable { name, .. } = section else { return None };
    let section = name.strip_prefix("${")?.strip_suffix('}')?;
    Some(setting(section, key))
}

/// Whether a value is that of a setting or section.
pub(in super::super) fn is_setting(value: &Value) -> bool {
    matches!(value, Value::Variable { name, .. } if name.starts_with("${"))
}
