//! What the header says against measuring a film.

use super::{Orientation, Scale, scale};
use crate::anatomy::Side;
use crate::read::{Laterality, RadiographHeader, RadiographView, StudyContext};
use crate::report::{Block, GateCode, Quality};

/// Years below which a patient is refused: the age of majority, a choice of this program and no published cut. Growth plates of the
/// proximal femur close in the years before; whether they are open cannot be judged from the film by this program, which knows adult
/// hips only.
const LEAST_AGE: f64 = 18.0;
/// Antero-posterior in CID 4010 (PS3.16), SNOMED CT and the SNOMED RT form of older files.
const ANTERO_POSTERIOR: [&str; 2] = ["399348003", "R-10206"];
/// Words of free text that name another view than AP of the pelvis or hip. A series may be named after all its films, and so hold an
/// AP film of which these are said too.
const BESIDE_AP: [&str; 8] = ["AXIAL", "AXIOLATERAL", "CROSSTABLE", "XTABLE", "LAT", "LATERAL", "OBLIQUE", "PROFILE"];
/// The same in Japanese, where words are not parted: lateral, axial, oblique.
const BESIDE_AP_JAPANESE: [&str; 3] = ["側面", "軸", "斜位"];
/// Words of views in which thigh or beam is turned, but which are taken from the front and called AP by some: `AP FROG LEG`.
const TURNED: [&str; 7] = ["DUNN", "FROG", "FROGLEG", "INLET", "JUDET", "LAUENSTEIN", "OUTLET"];
/// The same in Japanese: Lauenstein, abducted.
const TURNED_JAPANESE: [&str; 2] = ["ラウエン", "開排"];
/// Parts of Body Part Examined (0018,0015) that can show a hip, by what the value contains: makers join words and add their own.
const HIP_PARTS: [&str; 4] = ["PELVI", "HIP", "FEMUR", "THIGH"];
/// Those of them that come in pairs.
const PAIRED_PARTS: &[&str] = HIP_PARTS.split_at(1).1;
/// Pixels at the hip in millimetres, and sides of a film: a stitched film of both legs has 1.3 m, and detectors have a tenth of these
/// pixels. What is beyond was written by a converter that knew no spacing.
const LARGEST_PIXEL_MM: f64 = 2.0;
const LONGEST_SIDE_MM: f64 = 1500.0;

/// A film whose header says nothing against measuring it.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    /// How it lies on the patient.
    pub orientation: Orientation,
    /// Which hips it may show.
    pub hips: Hips,
    /// Millimetres at the hip.
    pub scale: Scale,
    /// What the reader of the report must know.
    pub quality: Vec<Quality>,
}

/// Which hips a film shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hips {
    /// Both; the side of each follows from where it lies.
    Both,
    /// One, of this side, wherever it lies.
    One(Side),
}

/// Judges a header; refused with every reason that was found.
pub fn film(header: &RadiographHeader) -> Result<Film, Vec<Block>> {
    let orientation = Orientation::of(&header.view);
    let hips = hips(&header.view, !matches!(orientation, Ok(None)));
    let scale = scale(&header.geometry).and_then(|scale| judge_size(header.size, scale));
    let (view, age) = (judge_view(&header.view), judge_age(&header.context));
    match (orientation, hips, scale, view, age) {
        (Ok(orientation), Ok((hips, of_hips)), Ok((scale, of_scale)), Ok(of_view), Ok(of_age)) => {
            let assumed = orientation.is_none().then(orientation_assumed);
            Ok(Film {
                orientation: orientation.unwrap_or(Orientation::STANDARD),
                hips,
                scale,
                quality: of_view.into_iter().chain([of_hips, assumed, of_scale, of_age].into_iter().flatten()).collect(),
            })
        }
        (orientation, hips, scale, view, age) => {
            Err([view.err(), orientation.err(), hips.err(), scale.err(), age.err()].into_iter().flatten().collect())
        }
    }
}

/// A film has the size of a detector, or of a few.
fn judge_size(size: [usize; 2], (scale, remark): (Scale, Option<Quality>)) -> Result<(Scale, Option<Quality>), Block> {
    let refused = |what: &str, found: f64, most: f64| {
        let reason = format!("by its spacing the {what} {found:.1} mm long at the hip; accepted: up to {most} mm");
        Err(Block { code: GateCode::SpacingUnknown, reason, found: Some(found) })
    };
    let largest = scale.pixel_mm[0].max(scale.pixel_mm[1]);
    let longest = (size[0] as f64 * scale.pixel_mm[0]).max(size[1] as f64 * scale.pixel_mm[1]);
    match (largest > LARGEST_PIXEL_MM, longest > LONGEST_SIDE_MM) {
        (true, _) => refused("pixels are", largest, LARGEST_PIXEL_MM),
        (_, true) => refused("film is", longest, LONGEST_SIDE_MM),
        _ => Ok((scale, remark)),
    }
}

pub(super) fn view_block(reason: String) -> Block {
    Block { code: GateCode::View, reason, found: None }
}

/// AP of the hip or pelvis, as far as the header says anything. What a network sees in the film is asked as well.
fn judge_view(view: &RadiographView) -> Result<Vec<Quality>, Block> {
    if let Some(part) = &view.body_part
        && !HIP_PARTS.iter().any(|hip| part.to_ascii_uppercase().contains(hip))
    {
        return Err(view_block(format!("Body Part Examined (0018,0015) is {part}; accepted: PELVIS, HIP, FEMUR or THIGH")));
    }
    match (view.position.as_deref(), view.code.as_deref()) {
        (Some("AP"), None) => {}
        (Some("AP") | None, Some(code)) if ANTERO_POSTERIOR.contains(&code) => {}
        (Some("AP") | None, Some(code)) => {
            let meaning = view.meanings.first().map_or("", String::as_str);
            return Err(view_block(format!(
                "View Code Sequence (0054,0220) is {code} \"{meaning}\"; accepted: antero-posterior, {}",
                ANTERO_POSTERIOR[0]
            )));
        }
        (Some(other), _) => return Err(view_block(format!("View Position (0018,5101) is {other}; accepted: AP"))),
        (None, None) => {}
    }
    let mut remarks = Vec::new();
    for text in view.meanings.iter().chain(&view.series_description).chain(&view.protocols) {
        match named_view(text) {
            NamedView::Another => {
                return Err(view_block(format!("its description is \"{text}\"; accepted: an AP film of pelvis or hip")));
            }
            NamedView::ApAndAnother => {
                let message = format!(
                    "its description is \"{text}\", of several views: that this is the AP film is judged by its content"
                );
                remarks.push(Quality::warning(GateCode::View, message, None));
            }
            NamedView::NotAnother => {}
        }
    }
    if view.position.is_none() && view.code.is_none() {
        let message = "View Position (0018,5101) and View Code Sequence (0054,0220) are absent: that this is an AP film is judged by \
                       its content only";
        remarks.push(Quality::warning(GateCode::View, message.to_owned(), None));
    }
    Ok(remarks)
}

/// What a free text says of the view.
enum NamedView {
    NotAnother,
    ApAndAnother,
    Another,
}

fn named_view(text: &str) -> NamedView {
    let upper = text.to_uppercase();
    // "X-TABLE" and "CROSS TABLE" are one word.
    let upper = ["CROSS", "X"].iter().fold(upper, |text, word| {
        ["-", " ", "_"]
            .iter()
            .fold(text, |text, between| text.replace(&format!("{word}{between}TABLE"), &format!("{word}TABLE")))
    });
    let words: Vec<&str> = upper.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let says = |named: &[&str], japanese: &[&str]| {
        words.iter().any(|word| named.contains(word)) || japanese.iter().any(|word| upper.contains(word))
    };
    match (says(&TURNED, &TURNED_JAPANESE), says(&BESIDE_AP, &BESIDE_AP_JAPANESE), says(&["AP"], &["正面"])) {
        (true, _, _) | (false, true, false) => NamedView::Another,
        (false, true, true) => NamedView::ApAndAnother,
        (false, false, _) => NamedView::NotAnother,
    }
}

/// Sides are told by Patient Orientation where both hips are shown, by a laterality where one is. A film of one hip without a
/// laterality is refused: nothing in its place on the film tells the side.
fn hips(view: &RadiographView, has_orientation: bool) -> Result<(Hips, Option<Quality>), Block> {
    let block = |reason: String| Err(Block { code: GateCode::Laterality, reason, found: None });
    let region = view.anatomic_region.as_ref().map(|(_, meaning)| meaning);
    let (tag, part) = match (&view.body_part, region) {
        (None, Some(region)) => ("Anatomic Region Sequence (0008,2218)", region.to_ascii_uppercase()),
        (part, _) => ("Body Part Examined (0018,0015)", part.as_deref().unwrap_or_default().to_ascii_uppercase()),
    };
    let is_pelvis = part.contains("PELVI");
    match (view.lateralities.as_slice(), has_orientation) {
        (&[Laterality::One(side)], _) => {
            let message = format!("{tag} is {part} and one side is named: only the {} hip was looked for", side.name());
            Ok((Hips::One(side), is_pelvis.then(|| Quality::warning(GateCode::Laterality, message, None))))
        }
        ([_, _, ..], _) => block(
            "Image Laterality (0020,0062), Laterality (0020,0060) and Anatomic Region Modifier Sequence (0008,2220) name different \
             sides; accepted: one"
                .to_owned(),
        ),
        (_, false) => block(
            "Patient Orientation (0020,0020) is absent and Image Laterality (0020,0062) names no side; accepted: one of them, or the \
             statement that it shows both hips, lying as an AP film is read"
                .to_owned(),
        ),
        ([Laterality::Both], true) => Ok((Hips::Both, None)),
        ([], true) if is_pelvis || !PAIRED_PARTS.iter().any(|paired| part.contains(paired)) => Ok((Hips::Both, None)),
        ([], true) => block(format!("{tag} is {part} and Image Laterality (0020,0062) names no side; accepted: L, R or B")),
    }
}

/// The remark where [`Orientation::STANDARD`] was taken because nothing says how the film lies.
pub fn orientation_assumed() -> Quality {
    let message = "Patient Orientation (0020,0020) is absent: the film was taken to lie as an AP film is read, with feet down and the \
                   patient's left at the right";
    Quality::warning(GateCode::Laterality, message.to_owned(), None)
}

fn judge_age(context: &StudyContext) -> Result<Option<Quality>, Block> {
    match context.age_in_years() {
        Some(age) if age < LEAST_AGE => {
            let reason = format!(
                "the patient is {age} years old, and growth plates that are open cannot be told; accepted: {LEAST_AGE} and older, because \
                 the model knows adult hips only"
            );
            Err(Block { code: GateCode::Child, reason, found: Some(age) })
        }
        Some(_) => Ok(None),
        None => {
            let message = "Patient's Age (0010,1010) and Patient's Birth Date (0010,0030) are absent: whether the patient is an adult, \
                           the only ones that the model knows, is not known";
            Ok(Some(Quality::warning(GateCode::Age, message.to_owned(), None)))
        }
    }
}
