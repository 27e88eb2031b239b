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
/// Words of free text that name another view than AP of the pelvis or hip.
const OTHER_VIEWS: [&str; 14] = [
    "AXIAL",
    "AXIOLATERAL",
    "CROSSTABLE",
    "DUNN",
    "FROG",
    "FROGLEG",
    "INLET",
    "JUDET",
    "LAT",
    "LATERAL",
    "LAUENSTEIN",
    "OBLIQUE",
    "OUTLET",
    "PROFILE",
];
/// The same in Japanese, where words are not parted: lateral, axial, oblique, Lauenstein, abducted.
const OTHER_VIEWS_JAPANESE: [&str; 5] = ["側面", "軸", "斜位", "ラウエン", "開排"];
/// Parts of Body Part Examined (0018,0015) that can show a hip, by what the value contains: makers join words and add their own.
const HIP_PARTS: [&str; 4] = ["PELVI", "HIP", "FEMUR", "THIGH"];
/// Those of them that come in pairs.
const PAIRED_PARTS: &[&str] = HIP_PARTS.split_at(1).1;

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
    let scale = scale(&header.geometry);
    let judged = [judge_view(&header.view), judge_age(&header.context)];
    match (orientation, hips, scale, judged) {
        (Ok(orientation), Ok(hips), Ok((scale, of_scale)), [Ok(of_view), Ok(of_age)]) => {
            let assumed = orientation.is_none().then(orientation_assumed);
            Ok(Film {
                orientation: orientation.unwrap_or(Orientation::STANDARD),
                hips,
                scale,
                quality: [of_view, assumed, of_scale, of_age].into_iter().flatten().collect(),
            })
        }
        (orientation, hips, scale, judged) => {
            let [view, age] = judged.map(Result::err);
            Err([view, orientation.err(), hips.err(), scale.err(), age].into_iter().flatten().collect())
        }
    }
}

pub(super) fn view_block(reason: String) -> Block {
    Block { code: GateCode::View, reason, found: None }
}

/// AP of the hip or pelvis, as far as the header says anything. What a network sees in the film is asked as well.
fn judge_view(view: &RadiographView) -> Result<Option<Quality>, Block> {
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
    let texts = view.meanings.iter().chain(&view.series_description).chain(&view.protocols);
    if let Some(text) = texts.into_iter().find(|text| names_another_view(text)) {
        return Err(view_block(format!("its description is \"{text}\"; accepted: an AP film of pelvis or hip")));
    }
    let unknown = view.position.is_none() && view.code.is_none();
    Ok(unknown.then(|| {
        let message = "View Position (0018,5101) and View Code Sequence (0054,0220) are absent: that this is an AP film is judged by \
                       its content only";
        Quality::warning(GateCode::View, message.to_owned(), None)
    }))
}

/// Names a view that is not AP, and not AP beside it: a series may be named after all its films.
fn names_another_view(text: &str) -> bool {
    let upper = text.to_uppercase();
    let mut words = upper.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_ap = upper.contains("正面") || words.clone().any(|word| word == "AP");
    let is_other =
        words.any(|word| OTHER_VIEWS.contains(&word)) || OTHER_VIEWS_JAPANESE.iter().any(|word| upper.contains(word));
    is_other && !is_ap
}

/// Sides are told by Patient Orientation where both hips are shown, by a laterality where one is. A film of one hip without a
/// laterality is refused: nothing in its place on the film tells the side.
fn hips(view: &RadiographView, has_orientation: bool) -> Result<Hips, Block> {
    let block = |reason: String| Err(Block { code: GateCode::Laterality, reason, found: None });
    let part = view.body_part.as_deref().unwrap_or_default().to_ascii_uppercase();
    let is_pelvis = part.contains("PELVI");
    match (view.lateralities.as_slice(), has_orientation) {
        ([Laterality::One(_)], _) if is_pelvis => {
            block(format!("Body Part Examined (0018,0015) is {part} and one side is named; accepted: both sides, or another part"))
        }
        (&[Laterality::One(side)], _) => Ok(Hips::One(side)),
        ([_, _, ..], _) => block(
            "Image Laterality (0020,0062), Laterality (0020,0060) and Anatomic Region Modifier Sequence (0008,2220) name different \
             sides; accepted: one"
                .to_owned(),
        ),
        (_, false) => block(
            "Patient Orientation (0020,0020) is absent and Image Laterality (0020,0062) names no side; accepted: one of them"
                .to_owned(),
        ),
        ([Laterality::Both], true) => Ok(Hips::Both),
        ([], true) if is_pelvis || !PAIRED_PARTS.iter().any(|paired| part.contains(paired)) => Ok(Hips::Both),
        ([], true) => block(format!(
            "Body Part Examined (0018,0015) is {part} and Image Laterality (0020,0062) names no side; accepted: L, R or B"
        )),
    }
}

fn orientation_assumed() -> Quality {
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
