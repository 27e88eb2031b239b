//! The phantoms that the program knows by published numbers.

use super::PhantomDefinition;

const FILES: [&str; 7] = [
    include_str!("../../../assets/phantoms/b-mas200.json"),
    include_str!("../../../assets/phantoms/mindways-model3-ct.json"),
    include_str!("../../../assets/phantoms/mindways-model3-qa.json"),
    include_str!("../../../assets/phantoms/qrm-bdc-3.json"),
    include_str!("../../../assets/phantoms/qrm-bdc-6.json"),
    include_str!("../../../assets/phantoms/image-analysis-qct-3d-plus.json"),
    include_str!("../../../assets/phantoms/siemens-osteo.json"),
];

/// The templates. None has a certificate: densities differ from serial to serial, and a site confirms its own.
pub fn templates() -> Vec<PhantomDefinition> {
    FILES.iter().map(|file| serde_json::from_str(file).expect("the test below reads every file")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_valid_and_confirmed_by_nobody() {
        for template in templates() {
            assert_eq!(template.validate(), Ok(()));
            assert_eq!((&template.serial, &template.certificate, &template.confirmed_by), (&None, &None, &None));
        }
    }

    #[test]
    fn ids_are_unique_and_are_the_names_of_the_files() {
        let mut ids: Vec<String> = templates().into_iter().map(|template| template.id).collect();
        ids.sort();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/phantoms");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("assets")
            .map(|entry| entry.expect("readable").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(ids, files);
    }
}
