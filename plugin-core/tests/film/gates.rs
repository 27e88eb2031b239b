//! Films that are not measured, by what their headers say.

use super::film_file::FilmFile;
use super::header;
use dicom_core::VR;
use dicom_dictionary_std::tags;
use plugin_core::anatomy::Side;
use plugin_core::report::{GateCode, Severity};
use plugin_core::segmentation::film::{Film, Hips, film};

fn pelvis() -> FilmFile {
    let mut film = FilmFile::new([4, 4], 12, |row, column| (row + column) as u16);
    film.text(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, VR::DS, "1.15");
    film.text(tags::DISTANCE_SOURCE_TO_DETECTOR, VR::DS, "1150").text(tags::DISTANCE_SOURCE_TO_PATIENT, VR::DS, "1100");
    film
}

fn judged(change: impl Fn(&mut FilmFile)) -> Result<Film, Vec<(GateCode, String)>> {
    let mut file = pelvis();
    change(&mut file);
    film(&header(&file)).map_err(|blocks| blocks.into_iter().map(|block| (block.code, block.reason)).collect())
}

/// The only reason.
fn refused(change: impl Fn(&mut FilmFile)) -> (GateCode, String) {
    let mut blocks = judged(change).expect_err("refused");
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    blocks.remove(0)
}

#[test]
fn an_ap_pelvis_of_an_adult_shows_both_hips_without_remark() {
    let film = judged(|_| {}).expect("nothing against it");
    assert_eq!((film.hips, film.quality.len()), (Hips::Both, 0), "{:?}", film.quality);
}

#[test]
fn other_views_and_parts_are_refused() {
    for (tag, vr, value) in [
        (tags::VIEW_POSITION, VR::CS, "LL"),
        (tags::VIEW_POSITION, VR::CS, "PA"),
        (tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
        (tags::BODY_PART_EXAMINED, VR::CS, "KNEE"),
        (tags::SERIES_DESCRIPTION, VR::LO, "Hip frog-leg"),
        (tags::SERIES_DESCRIPTION, VR::LO, "L HIP LAT"),
        (tags::SERIES_DESCRIPTION, VR::LO, "PELVIS AP FROG LEG"),
        (tags::SERIES_DESCRIPTION, VR::LO, "Hip cross table"),
        (tags::PROTOCOL_NAME, VR::LO, "HIP X-TABLE"),
        (tags::PROTOCOL_NAME, VR::LO, "Hip axial (cross-table)"),
        (tags::PATIENT_ORIENTATION, VR::CS, "A\\F"),
    ] {
        let (code, reason) = refused(|film| {
            film.text(tag, vr, value);
        });
        assert_eq!(code, GateCode::View, "{value}");
        assert!(reason.contains(value), "{reason}");
    }
    let japanese = |film: &mut FilmFile| {
        film.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192").text(tags::SERIES_DESCRIPTION, VR::LO, "右股関節 軸位");
    };
    assert_eq!(refused(japanese).0, GateCode::View);
    let lateral = |film: &mut FilmFile| {
        film.code(tags::VIEW_CODE_SEQUENCE, "399067008", "lateral projection");
    };
    assert!(refused(lateral).1.contains("399067008 \"lateral projection\""));
}

#[test]
fn words_of_ap_films_are_not_taken_for_other_views() {
    for text in ["Hip AP + LAT", "Bilateral hips", "PELVIS AP", "Latitude 55"] {
        judged(|film| {
            film.text(tags::SERIES_DESCRIPTION, VR::LO, text);
        })
        .expect(text);
    }
    judged(|film| {
        film.code(tags::VIEW_CODE_SEQUENCE, "399348003", "antero-posterior");
    })
    .expect("AP by its code");
    let remarks = |text: &str| {
        let film = judged(|film| {
            film.text(tags::SERIES_DESCRIPTION, VR::LO, text);
        });
        film.expect(text).quality.into_iter().map(|remark| remark.code).collect::<Vec<_>>()
    };
    assert_eq!((remarks("PELVIS AP"), remarks("Hip AP + LAT")), (vec![], vec![GateCode::View]));
}

#[test]
fn a_spacing_that_no_detector_has_is_refused() {
    let spaced = |spacing: &'static str| {
        move |film: &mut FilmFile| {
            film.text(tags::IMAGER_PIXEL_SPACING, VR::DS, spacing);
        }
    };
    assert!(judged(spaced("2\\2")).is_ok());
    let (code, reason) = refused(spaced("4\\4"));
    assert_eq!(code, GateCode::SpacingUnknown);
    assert!(reason.contains("pixels are 3.5 mm long"), "{reason}");
    let mut long = FilmFile::new([1800, 2], 12, |row, column| (row + column) as u16);
    long.text(tags::IMAGER_PIXEL_SPACING, VR::DS, "1\\1");
    let blocks = film(&header(&long)).expect_err("1565 mm");
    assert!(blocks[0].code == GateCode::SpacingUnknown && blocks[0].reason.contains("film is 1565.2 mm"), "{blocks:?}");
}

#[test]
fn a_film_that_names_no_view_is_flagged() {
    let film = judged(|film| {
        film.without(tags::VIEW_POSITION).without(tags::BODY_PART_EXAMINED);
    })
    .expect("may be AP");
    let found: Vec<_> = film.quality.iter().map(|quality| (quality.code, quality.severity)).collect();
    assert_eq!(found, [(GateCode::View, Severity::Warning)]);
}

#[test]
fn sides_are_told_by_tags_or_refused() {
    let one = |film: &mut FilmFile, value: &str| {
        film.text(tags::BODY_PART_EXAMINED, VR::CS, "HIP").text(tags::IMAGE_LATERALITY, VR::CS, value);
    };
    let hips = |change: &dyn Fn(&mut FilmFile)| judged(change).expect("side is known").hips;
    assert_eq!(hips(&|film| one(film, "L")), Hips::One(Side::Left));
    assert_eq!(hips(&|film| one(film, "R")), Hips::One(Side::Right));
    assert_eq!(hips(&|film| one(film, "B")), Hips::Both);
    let without = |film: &mut FilmFile| {
        one(film, "R");
        film.without(tags::PATIENT_ORIENTATION);
    };
    let film = judged(without).expect("the side is named");
    assert_eq!((film.hips, film.quality[0].code), (Hips::One(Side::Right), GateCode::Laterality));

    let pelvis_of_one = judged(|film| {
        film.text(tags::IMAGE_LATERALITY, VR::CS, "L");
    })
    .expect("the side is named");
    assert_eq!((pelvis_of_one.hips, pelvis_of_one.quality[0].code), (Hips::One(Side::Left), GateCode::Laterality));

    let refusals: [fn(&mut FilmFile); 4] = [
        |film| {
            film.without(tags::PATIENT_ORIENTATION);
        },
        |film| {
            film.text(tags::BODY_PART_EXAMINED, VR::CS, "HIP");
        },
        |film| {
            film.without(tags::BODY_PART_EXAMINED).code(tags::ANATOMIC_REGION_SEQUENCE, "24136001", "Hip joint");
        },
        |film| {
            film.text(tags::BODY_PART_EXAMINED, VR::CS, "HIP").text(tags::IMAGE_LATERALITY, VR::CS, "L");
            film.text(tags::LATERALITY, VR::CS, "R");
        },
    ];
    for change in refusals {
        assert_eq!(refused(change).0, GateCode::Laterality);
    }
}

#[test]
fn children_are_refused_by_age_or_birth_date() {
    for (tag, vr, value) in [(tags::PATIENT_AGE, VR::AS, "017Y"), (tags::PATIENT_AGE, VR::AS, "200M")] {
        assert_eq!(
            refused(|film| {
                film.text(tag, vr, value);
            })
            .0,
            GateCode::Child,
            "{value}"
        );
    }
    let born = |date: &'static str| {
        move |film: &mut FilmFile| {
            film.without(tags::PATIENT_AGE).text(tags::PATIENT_BIRTH_DATE, VR::DA, date);
        }
    };
    assert_eq!(refused(born("20100101")).1.split(" years").next(), Some("the patient is 15"));
    assert!(judged(born("19500101")).expect("an adult").quality.is_empty());
    assert!(
        judged(|film| {
            film.text(tags::PATIENT_AGE, VR::AS, "018Y");
        })
        .is_ok()
    );
    let unknown = judged(|film| {
        film.without(tags::PATIENT_AGE);
    })
    .expect("flagged only");
    assert_eq!(unknown.quality[0].code, GateCode::Age);
}

#[test]
fn all_reasons_are_given_at_once() {
    let blocks = judged(|film| {
        film.text(tags::VIEW_POSITION, VR::CS, "LL").text(tags::PATIENT_AGE, VR::AS, "012Y");
        film.without(tags::IMAGER_PIXEL_SPACING).without(tags::PATIENT_ORIENTATION);
    });
    let codes: Vec<GateCode> = blocks.expect_err("refused").into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [GateCode::View, GateCode::Laterality, GateCode::SpacingUnknown, GateCode::Child]);
}
