//! Text in any DICOM character set to UTF-8 (PS3.3 C.12.1.1.2, PS3.5 6.1).

/// Decodes `bytes` by Specific Character Set (0008,0005) `character_sets` (empty: the default repertoire).
pub fn decode_text(_bytes: &[u8], _character_sets: &[&str]) -> String {
    unimplemented!()
}
