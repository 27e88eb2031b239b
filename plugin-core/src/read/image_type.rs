//! What an image shows, by Image Type (0008,0008) or Frame Type (0008,9007).

use super::ct_image::sentence;
use super::elements::DataSet;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Images that are no slices: PS3.3 C.7.6.1.1.2, C.8.2.1.1.1, C.8.15.2.1, and flavours that vendors write. Written as
/// [`words`] gives them: `_` at an end stands for the end of a word.
const NOT_A_SLICE: [&str; 11] = [
    "_LOCALIZER_",
    "_SCOUT_",
    "_MIP_",
    "_MINIP_",
    "_MAX_IP_",
    "_MIN_IP_",
    "_MAXIMUM_",
    "_MINIMUM_",
    "_PROJECTION_IMAGE_",
    "_VOLUME_RENDER",
    "_SCREEN_SAVE_",
];
/// Slices whose values are not the Hounsfield units of the scan, because a substance, an energy, a time or another image was
/// computed into or out of them. The terms of multi-energy CT (C.8.2.1.1.1, values 4: VMI, MAT_..., EFF_ATOMIC_NUM,
/// ELECTRON_DENSITY) and vendors' own. Both tubes mixed are plain CT: none of DE, DUAL, GSI, SPECTRAL stands here.
const NOT_HU: [&str; 31] = [
    "_ATTENUATION_",
    "_CALCIUM_",
    "DECOMPOS",
    "_DIFFERENCE_",
    "_EFF_ATOMIC",
    "_EFF_Z_",
    "_EFFECTIVE_ATOMIC",
    "_EFFECTIVE_Z_",
    "_ELECTRON_DENSITY_",
    "IODINE",
    "_KEV_",
    "_MAT_FRACTIONAL_",
    "_MAT_MODIFIED_",
    "_MAT_REMOVED_",
    "_MAT_SPECIFIC_",
    "_MAT_VALUE_BASED_",
    "_MATERIAL_",
    "_MONO_",
    "_MONOE",
    "_MONOPLUS_",
    "_PERFUSION_",
    "_RHO_",
    "_RHOZ_",
    "SUBTRACT",
    "_URIC_ACID_",
    "_VIRTUAL",
    "_VMI_",
    "VNC",
    "_VUE_",
    "_WATER_",
    "_Z_EFF",
];
/// Scans for calcium scoring are plain CT.
const CALCIUM_SCORING: &str = "_CALCIUM_SCOR";

/// The values of Image Type.
pub(super) fn image_type(data_set: &DataSet<'_>) -> Vec<String> {
    values(data_set, tags::IMAGE_TYPE)
}

/// The values of a code string.
pub(super) fn values(data_set: &DataSet<'_>, tag: Tag) -> Vec<String> {
    let values = data_set.ascii(tag).map(|value| value.split('\\').map(|part| part.trim().to_owned()));
    values.map_or(Vec::new(), Iterator::collect)
}

/// Refuses what is not a slice with CT numbers.
pub(super) fn judge(values: &[String], keyword: &str, tag: Tag) -> Result<(), String> {
    let is = |index: usize, word: &str| values.get(index).is_some_and(|value| value == word);
    let refuse = |accepted| Err(sentence(keyword, tag, values.join("\\"), accepted));
    let flavours: Vec<String> = values.iter().skip(2).map(|value| words(value)).collect();
    let any = |terms: &[&str]| flavours.iter().any(|words| terms.iter().any(|term| words.contains(term)));
    if any(&NOT_A_SLICE) || (is(0, "DERIVED") && is(1, "SECONDARY")) {
        return refuse("slices as the scanner reconstructed them, such as ORIGINAL\\PRIMARY\\AXIAL");
    }
    if any(&NOT_HU) {
        return refuse("slices whose values are the Hounsfield units of the scan, such as ORIGINAL\\PRIMARY\\AXIAL");
    }
    Ok(())
}

/// The words of a value in capitals, each between `_`: vendors part them by blanks, underscores and signs, or write a number right
/// behind a word (`MONO_40KEV` is `_MONO_40_KEV_`).
fn words(value: &str) -> String {
    let mut words = String::from("_");
    for character in value.chars().map(|character| character.to_ascii_uppercase()) {
        let part = |character: char| (character.is_ascii_alphabetic(), character.is_ascii_digit());
        let is_new = words.chars().last().is_some_and(|last| last != '_' && part(last) != part(character));
        if is_new {
            words.push('_');
        }
        if character.is_ascii_alphanumeric() {
            words.push(character);
        }
    }
    if !words.ends_with('_') {
        words.push('_');
    }
    words.replace(CALCIUM_SCORING, "_SCOR")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(value: &str) -> Result<(), String> {
        let values: Vec<String> = value.split('\\').map(str::to_owned).collect();
        judge(&values, "Image Type", tags::IMAGE_TYPE)
    }

    #[test]
    fn plain_ct_of_all_makers_is_accepted() {
        for value in [
            "ORIGINAL\\PRIMARY\\AXIAL",
            "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI",
            "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SEQ",
            "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 MON",
            "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI DUAL\\STD\\SNRG\\DET_AB",
            "DERIVED\\PRIMARY\\AXIAL\\CT_SOM7 SPI DE",
            "DERIVED\\PRIMARY\\MPR\\NONE",
            "ORIGINAL\\PRIMARY\\AXIAL\\ADD",
            "ORIGINAL\\PRIMARY\\AXIAL\\HELIX",
            "ORIGINAL\\PRIMARY\\AXIAL\\CALCIUM_SCORE",
            "ORIGINAL\\PRIMARY\\AXIAL\\CALCIUM SCORING",
            "ORIGINAL\\PRIMARY\\VOLUME\\ENERGY_PROP_WT",
            "ORIGINAL\\SECONDARY\\AXIAL",
            "",
        ] {
            assert_eq!(judged(value), Ok(()), "{value}");
        }
    }

    #[test]
    fn what_is_no_slice_or_not_in_hounsfield_units_is_refused_with_tag_and_value() {
        for value in [
            "ORIGINAL\\PRIMARY\\LOCALIZER",
            "DERIVED\\SECONDARY\\AXIAL",
            "DERIVED\\PRIMARY\\AXIAL\\MIP",
            "DERIVED\\PRIMARY\\AXIAL\\CT_SOM5 MIP",
            "DERIVED\\PRIMARY\\AXIAL\\SCREEN SAVE",
            "DERIVED\\PRIMARY\\AXIAL\\IODINE",
            "DERIVED\\PRIMARY\\AXIAL\\IODINE_NO_WATER",
            "DERIVED\\PRIMARY\\AXIAL\\MONO_40KEV",
            "DERIVED\\PRIMARY\\AXIAL\\MONO+ 70 keV",
            "DERIVED\\PRIMARY\\AXIAL\\MONOENERGETIC",
            "DERIVED\\PRIMARY\\AXIAL\\MONOE_40",
            "DERIVED\\PRIMARY\\AXIAL\\VMI\\70KEV",
            "DERIVED\\PRIMARY\\AXIAL\\DE\\RHO_Z",
            "DERIVED\\PRIMARY\\AXIAL\\Z_EFFECTIVE",
            "DERIVED\\PRIMARY\\AXIAL\\EFFECTIVE_Z",
            "DERIVED\\PRIMARY\\AXIAL\\EFF_ATOMIC_NUM",
            "DERIVED\\PRIMARY\\AXIAL\\ELECTRON_DENSITY",
            "DERIVED\\PRIMARY\\AXIAL\\MAT_SPECIFIC",
            "DERIVED\\PRIMARY\\AXIAL\\DE_LIVERVNC",
            "DERIVED\\PRIMARY\\AXIAL\\VIRTUAL_NON_CONTRAST",
            "DERIVED\\PRIMARY\\AXIAL\\VUE",
            "DERIVED\\PRIMARY\\AXIAL\\WATER",
            "DERIVED\\PRIMARY\\AXIAL\\CALCIUM",
            "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI DUAL\\DET_AB MATERIAL DECOMPOSITION",
            "ORIGINAL\\PRIMARY\\CALCIUM_SCORE\\SUBTRACTION",
            "DERIVED\\PRIMARY\\PERFUSION\\RCBF",
        ] {
            let refused = judged(value).expect_err(value);
            assert!(refused.contains(&format!("Image Type (0008,0008) is {value}; accepted: slices")), "{refused}");
        }
    }
}
