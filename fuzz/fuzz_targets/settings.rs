//! The JSON that crosses the C interface.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugin_core::pipeline::check;
use plugin_core::settings::Settings;

fuzz_target!(|data: &[u8]| {
    let Ok(mut settings) = serde_json::from_slice::<Settings>(data) else { return };
    // Folders of this machine are no part of the input.
    settings.site.models.clear();
    let _ = check(&settings);
    let _ = settings.identity();
});
