//! The proximal femur and the muscles around it on a plain AP film of the hip (`hip-xray/1`).
//!
//! The model gives images of the hip at the depth of the femoral head's centre: areal density `d` of the proximal femur (g/cm2), its
//! thickness `t` (mm), thickness and lean mass `l` (g/cm2) of each muscle, and the probabilities of the femoral neck and the total hip,
//! all the mean of T passes with dropout. With `p` the pixel's area at that depth (cm2):
//!
//! 1. A region is where its mean probability is above one half. Withheld is a region of which nothing was found, that is in pieces
//!    (its largest has less than 95 %), that touches the border of the crop or lies outside of the exposed field, or whose area no adult
//!    hip has.
//! 2. Areal density, DXA-like: `aBMD = slope * mean(d') + intercept`, the line of the model's manifest, which was fitted on simulated
//!    hips; `d'` is the density as it would be in the pose of a DXA scan where the model has an image of that, else `d`. That a mean
//!    over the region tells DXA's aBMD by a line is BMD-GAN's finding (Gu 2022, arXiv 2207.03210).
//! 3. Area: `p` times the number of pixels. It rests on the magnification that the report states. Mineral content: `p * sum(d)`, the
//!    mass along the rays through the region, whatever the pose. It is not aBMD by area: a neck that points out of the film's plane has
//!    less area on the film than in a DXA scan, so that DXA's density by that area is not its mass (`tests/drr.rs` has both of a rod).
//! 4. Volumetric density: mass by volume, `sum(d) / sum(t)`, from the images as they are, without the line (after the lumbar
//!    spine's in the same group's work).
//! 5. Muscles, as far as they lie in the field of the crop: volume `p * sum(t)`, lean mass `p * sum(l)`, over the exposed pixels
//!    (MSKdeX, Gu 2023, arXiv 2305.19920). They are no volumes of whole muscles.
//! 6. Beside every value stands by how much such values of the model were off on simulated films of makers that it had not seen (root
//!    mean square; the manifest's `errors`), where its makers say so. What the passes differ by is no such error: on films it hardly
//!    went with it (rank correlations below 0.1, see the card of the reference model), so that it withholds nothing and stands beside
//!    no value.
//!
//! The densities are in hydroxyapatite, which the simulated hips were made of. No T-score, percentage or category follows: the model
//! has seen simulated films only, and no reference value holds for it.

mod gates;
mod on_film;
#[cfg(test)]
mod tests;
mod values;

use crate::anatomy::{Side, Structure};
use crate::report::{Block, Criterion, Finding, GateCode, NotMeasured, Quality, Quantity, Region, Uncertainty, six_digits};
use crate::segmentation::StructureMask;
use crate::segmentation::decomposition::{ChannelKind, Decomposed, HipManifest, Subject};
use crate::segmentation::film::{Crop, Mapping};
use gates::Found;
use ndarray::Array2;

/// Name and version of the recipe.
const METHOD: &str = "hip-xray/1";
/// Regions of the proximal femur.
const REGIONS: [Region; 2] = [Region::FemoralNeck, Region::TotalHip];
/// Muscles that a film may tell of.
const MUSCLES: [Subject; 4] = [Subject::GluteusMaximus, Subject::GluteusMedius, Subject::GluteusMinimus, Subject::Iliopsoas];
/// What is given of a region.
const OF_REGION: [Quantity; 4] = [Quantity::ArealDensity, Quantity::MineralContent, Quantity::Area, Quantity::DensityMean];
/// What is given of a muscle.
const OF_MUSCLE: [Quantity; 2] = [Quantity::Volume, Quantity::LeanMass];
/// What no film gives until the model has been compared with DXA.
const SCORES: [Quantity; 3] = [Quantity::TScore, Quantity::ZScore, Quantity::PercentYoungAdultMean];
const CRITERIA: [Criterion; 2] = [Criterion::Who, Criterion::Jsbmr];

/// One hip as the model sees it, for pictures and segmentations.
#[derive(Debug, Clone)]
pub struct HipOnFilm {
    /// Which.
    pub side: Side,
    /// Centre of the femoral head, row and column of the film.
    pub head_centre: [f64; 2],
    /// Where pixels of [`HipOnFilm::density`] lie on the film.
    pub mapping: Mapping,
    /// Areal density of the proximal femur in g/cm2, mean over the passes; the canonical left hip, `[row, column]`.
    pub density: Array2<f32>,
    /// What was found, on the film.
    pub regions: Vec<FilmRegion>,
}

/// Pixels of the film that are a structure, or a part of one in which values were taken.
#[derive(Debug, Clone)]
pub struct FilmRegion {
    /// Which part of the structure; [`Region::Whole`] for all of it.
    pub region: Region,
    /// Structure, side and pixels: a mask of one slice, whose rows and columns are the film's.
    pub mask: StructureMask,
}

/// A hip that was taken apart.
pub struct DecomposedHip<'a> {
    /// Which.
    pub side: Side,
    /// Centre of the femoral head, row and column of the film.
    pub head_centre: [f64; 2],
    /// What the network was shown.
    pub crop: &'a Crop,
    /// What it said.
    pub images: &'a Decomposed,
    /// What its images mean.
    pub manifest: &'a HipManifest,
}

/// What the measuring of one hip gives.
#[derive(Debug, Clone)]
pub struct MeasuredHip {
    /// The femur, then the muscles.
    pub findings: Vec<Finding>,
    /// Gates that spoke about the hip as a whole.
    pub quality: Vec<Quality>,
    /// For pictures and segmentations.
    pub on_film: HipOnFilm,
}

/// Measures one hip. `film` has as many rows and columns.
pub fn measure_hip(hip: &DecomposedHip<'_>, film: [usize; 2]) -> MeasuredHip {
    let regions: Vec<(Region, Result<Found, Block>)> =
        REGIONS.iter().filter_map(|region| Some((*region, gates::found(hip, *region)?))).collect();
    let mut findings = vec![femur(hip, &regions)];
    findings.extend(MUSCLES.iter().filter_map(|muscle| muscle_of(hip, *muscle)));
    let found: Vec<(Region, &Found)> =
        regions.iter().filter_map(|(region, found)| Some((*region, found.as_ref().ok()?))).collect();
    MeasuredHip { findings, quality: gates::quality(hip), on_film: on_film::of(hip, &found, film) }
}

/// The findings of a hip of which `block` withholds everything.
pub fn withheld_hip(side: Side, block: &Block) -> Vec<Finding> {
    let mut femur = Finding::new(Structure::Femur, side);
    femur.not_measured = REGIONS.map(|region| NotMeasured::values(region, &OF_REGION, block.clone())).to_vec();
    let muscle = |subject: &Subject| {
        let mut finding = Finding::new(subject.structure()?, side);
        finding.not_measured = vec![NotMeasured::values(Region::Whole, &OF_MUSCLE, block.clone())];
        Some(finding)
    };
    std::iter::once(femur).chain(MUSCLES.iter().filter_map(muscle)).collect()
}

fn femur(hip: &DecomposedHip<'_>, regions: &[(Region, Result<Found, Block>)]) -> Finding {
    let mut finding = Finding::new(Structure::Femur, hip.side);
    for (region, found) in regions {
        match found {
            Ok(found) => {
                finding.measurements.extend(values::of_region(hip, *region, found));
                finding.not_measured.push(no_category(*region));
            }
            Err(block) => finding.not_measured.push(NotMeasured::values(*region, &OF_REGION, block.clone())),
        }
    }
    let variances =
        regions.iter().filter_map(|(region, found)| values::predictive_variance(hip, *region, found.as_ref().ok()?));
    finding.uncertainty = variances.reduce(f64::max).map_or(Uncertainty::None, |variance| Uncertainty::MonteCarloDropout {
        predictive_variance: six_digits(variance),
        predicted_dice: None,
    });
    finding
}

fn no_category(region: Region) -> NotMeasured {
    NotMeasured {
        region,
        quantities: SCORES.to_vec(),
        criteria: CRITERIA.to_vec(),
        code: GateCode::SimulatedOnly,
        reason:
            "the model has seen simulated films only, so that no reference value holds for its areal density; accepted: DXA"
                .to_owned(),
        found: None,
    }
}

/// None where the model has no images of the muscle.
fn muscle_of(hip: &DecomposedHip<'_>, muscle: Subject) -> Option<Finding> {
    let thickness = hip.manifest.channel(ChannelKind::Thickness, muscle)?;
    let lean = hip.manifest.channel(ChannelKind::Lean, muscle);
    let mut finding = Finding::new(muscle.structure()?, hip.side);
    match values::of_muscle(hip, muscle, thickness, lean) {
        Some(measurements) => finding.measurements = measurements,
        None => {
            let reason = format!("nothing of the {} was found in the field", finding.structure.english());
            let block = Block { code: GateCode::NotLabelled, reason, found: Some(0.0) };
            finding.not_measured = vec![NotMeasured::values(Region::Whole, &OF_MUSCLE, block)];
        }
    }
    Some(finding)
}
