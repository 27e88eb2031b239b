//! Manifests of models, of CT and of films.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugin_core::segmentation::Manifest;
use plugin_core::segmentation::decomposition::HipManifest;

fuzz_target!(|data: &[u8]| {
    let plain = |file: &str| assert!(!file.contains(['/', '\\', '\0']) && file != "..", "{file} leaves the folder of its model");
    if let Ok(manifest) = Manifest::parse("fuzz", data) {
        manifest.networks.iter().for_each(|network| plain(&network.file));
    }
    if let Ok(manifest) = HipManifest::parse("fuzz", data) {
        plain(&manifest.locator.network.file);
        plain(&manifest.decomposition.network.file);
    }
});
