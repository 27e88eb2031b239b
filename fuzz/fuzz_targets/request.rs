//! The body of a POST. What the plugin lets through, the core must understand.
#![no_main]

use OrthancBoneMuscle::config::{Config, Section};
use OrthancBoneMuscle::request::Request;
use libfuzzer_sys::fuzz_target;
use plugin_core::settings::Settings;
use std::sync::LazyLock;

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let section = Section::read(r#"{"BoneMuscle": {"Enable": true}}"#).expect("a configuration");
    section.config.expect("the plugin is enabled")
});

fuzz_target!(|data: &[u8]| {
    let Ok(request) = Request::read(data) else { return };
    let settings = request.settings((Some("1.2"), Some("1.3")), &CONFIG, serde_json::json!({}));
    serde_json::from_value::<Settings>(settings).expect("a request that was accepted becomes settings of the core");
    let _ = request.canonical();
});
